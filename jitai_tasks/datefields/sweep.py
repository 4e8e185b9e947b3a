"""The sweep: finds what happened behind the ORM's back. Rows are gone through in the order of their date, in portions.

Nothing is locked while rows are read. A row whose job is not right is looked at again in a short transaction of its own
portion, locked, and only then planned; so a save at the same moment and a second sweep change nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import cast

import sqlalchemy as sa

from ..app import App
from ..clock import moment
from ..errors import JitaiTasksError
from ..models.kinds import Kind
from ..models.tables import ensure
from ..newjobs import is_on
from ..plansteps import DISABLED, OFF, PAUSED
from ..store import datefields as store
from ..store import jobs as stored
from ..store import occurrences
from ..store.datefields import LiveJob
from .comparing import Comparison
from .planning import Look, Result, apply
from .rules import Rule, Values, rules
from .saving import read_again
from .walking import Walk

_logger = logging.getLogger(__name__)

#: Rows read with one statement, and rows planned in one transaction: short enough that nobody waits for it.
PORTION = 2_000
_MENDED_AT_ONCE = 300
EVERY = 600.0


def sweep(app: App, *, stopping: Callable[[], bool] = lambda: False) -> Result:
    """Bring the jobs of all rows of all date-field tasks in step. A task that fails is logged, the others go on.

    `stopping` is asked between portions; when it says so, the rest is left for another time.
    """
    total = Result()
    for task in rules(app).tasks():
        try:
            total.add(sweep_task(app, task, stopping=stopping))
        except (JitaiTasksError, sa.exc.DBAPIError):
            _logger.exception("%s: its rows could not be gone through", task)
    return total


def sweep_task(app: App, task: str, *, stopping: Callable[[], bool] = lambda: False) -> Result:
    """The same for one task; nothing for a task that is broken, or no date-field task."""
    rule = rules(app).of_task(task)
    return Result() if rule is None else _sweep(rule, stopping)


def _sweep(rule: Rule, stopping: Callable[[], bool]) -> Result:
    """While a task is switched off nothing is planned, and nothing will be caught up on."""
    database = rule.app.database
    began = database.now()
    with database.read() as connection:
        state = store.states(connection, [rule.task])[rule.task]
    result = Result()
    if rule.model.table in rule.model.unsure:
        ensure(rule.model.database, cast(sa.Table, rule.model.table), rule.model.unsure)
    if rule.is_enabled(state):
        _let_go(rule)
        look = Look(now=began, state=state, sweep=True)
        matched = _rows_without_job(rule, look, result, stopping)
        if not stopping():
            _jobs_without_row(rule, look, result, matched)
    else:
        _hold(rule, PAUSED if state.paused and is_on(rule.definition, state) else DISABLED)
    if not stopping():
        with database.begin() as connection:
            occurrences.advance(connection, rule.task, began)
    return result


def _rows_without_job(rule: Rule, look: Look, result: Result, stopping: Callable[[], bool]) -> int:
    """Go through the rows that may be due; answers how many waiting jobs are as they should be."""
    matched = 0
    compare = Comparison(rule, look)
    for portion in Walk(rule, _lowest(rule, look), PORTION):
        result.bad += portion.bad
        wrong, right = compare(portion.rows, result)
        matched += right
        _mend(rule, look, wrong, result)
        if stopping():
            break
    return matched


def _mend(rule: Rule, look: Look, subjects: Sequence[str], result: Result) -> None:
    for start in range(0, len(subjects), _MENDED_AT_ONCE):
        some = subjects[start : start + _MENDED_AT_ONCE]
        with _both(rule) as (jobs, rows):
            # locked, so that nobody moves a date until the jobs are planned; on SQLite nobody else writes
            lock = rows is jobs and rule.app.database.dialect != "sqlite"
            done = apply(jobs, rule, read_again(rows, rule.model, some, result.bad, lock=lock), look)
        result.add(done)


@contextmanager
def _both(rule: Rule) -> Iterator[tuple[sa.Connection, sa.Connection]]:
    """A transaction where the jobs are, and a connection where the rows are: the same, if they share a database."""
    with rule.app.database.begin() as jobs:
        if rule.model.database is rule.app.database:
            yield jobs, jobs
        else:
            with rule.model.database.read() as rows:
                yield jobs, rows


def _jobs_without_row(rule: Rule, look: Look, result: Result, matched: int) -> None:
    """Go through the waiting jobs, if there are more than rows were found for: their rows are gone, or due no more."""
    with rule.app.database.read() as connection:
        if store.count_waiting(connection, rule.task) <= matched + result.saved:
            return
    after: str | None = None
    while True:
        with rule.app.database.read() as connection:
            waiting = store.waiting(connection, rule.task, after=after, limit=PORTION)
        if not waiting:
            return
        after = waiting[-1].subject
        wrong = _unfounded(rule, look, waiting, result)
        _mend(rule, look, wrong, result)


def _unfounded(rule: Rule, look: Look, waiting: Sequence[LiveJob], result: Result) -> list[str]:
    """The subjects of jobs whose rows do not ask for them."""
    with rule.model.database.read() as connection:
        rows = read_again(connection, rule.model, list(dict.fromkeys(job.subject for job in waiting)), result.bad)
    there = [
        (subject, [values[name] for name in rule.fields])
        for subject, values in rows
        if values is not None and values[rule.timer.start_field] is not None and rule_passes(rule, values)
    ]
    wrong, _ = Comparison(rule, look)(there, result)
    return [*wrong, *({subject for subject, _ in rows} - {subject for subject, _ in there})]


def rule_passes(rule: Rule, values: Values) -> bool:
    """Whether the filter lets a row through; a row with values that make no sense does not pass."""
    try:
        return rule.passes(values)
    except ValueError:
        return False


def _lowest(rule: Rule, look: Look) -> date | datetime | None:
    """The earliest date that can still be due, with a margin for zones; None if the series of old dates go on."""
    if rule.repeat != "normal" or rule.own_time is not None or rule.timer.resting is not None:
        return None
    offset = rule.timer.start_offset
    margin = timedelta(days=2 + abs(offset.days)) + timedelta(microseconds=abs(offset.elapsed))
    try:
        lowest = moment(look.floor(rule)) - margin
    except OverflowError:
        return None
    field = rule.model.fields[rule.timer.start_field]
    if field.kind is Kind.DATE:
        return lowest.date()
    return lowest if field.aware else lowest.astimezone(UTC).replace(tzinfo=None)


def _hold(rule: Rule, reason: str) -> None:
    with rule.app.database.begin() as connection:
        stored.hold(connection, task=rule.task, reason=reason)


def _let_go(rule: Rule) -> None:
    with rule.app.database.begin() as connection:
        for reason in OFF:
            stored.release(connection, task=rule.task, reason=reason)
