"""A date-field job when its time has come: is the row still due, what is handed over, what follows."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from .. import lateness
from ..errors import ModelError
from ..lateness import Refusal
from ..models.normal import NormalModel
from ..models.rows import plain_member
from ..models.writing import plain_values
from ..moments import instant_of, local_text
from ..schedule import Schedule
from ..schedule.civil import FIRST_INSTANT
from ..scopes import current_job_scope, current_scope
from ..store import datefields as store
from ..store.records import Status
from ..transactions import joined
from .planning import apply, is_slot, job_for, look_at
from .rules import Rule, Slots, Values
from .saving import read_again

if TYPE_CHECKING:
    from ..tasks import BaseTask

_logger = logging.getLogger(__name__)


def row_of(rule: Rule, subject: str) -> NormalModel:
    """The row as it is now. ModelError if it is gone."""
    values = _values_of(rule, subject)
    if values is None:
        raise ModelError(rule.model.name, f"row {subject} is gone")
    return rule.model.row(values)


def report(task: BaseTask, row: NormalModel) -> None:
    """Say in the log that the task runs, and for which row."""
    _logger.log(task.loudness, "DateFieldTask execution: %s, row %s", task.fullName, row.model().subject(row.toDict()))


def instant(rule: Rule, value: Any) -> int:
    """The instant of a moment as users write it."""
    return instant_of(value, zone=rule.app.timezone, where=rule.task)


def next_of(rule: Rule, row: Any, after: int) -> int | None:
    """The first moment of a row later than `after`."""
    schedule = rule.slots(plain_values(row))
    return None if schedule is None else schedule.next_instant(after)


def next_after(rule: Rule, subject: str, after: int) -> int | None:
    """The same for a row by its key; None if the row is gone."""
    values = _values_of(rule, subject)
    return None if values is None else next_of(rule, values, after)


def admit(rule: Rule, task: Any, now: int) -> Refusal | None:
    """Why a claimed job must not run: its row asks for another moment, or for none, or it comes too late."""
    subject, slot = str(plain_member(task, "rowId")), instant(rule, plain_member(task, "dueTime"))
    values = _values_of(rule, subject)
    schedule = None if values is None else rule.slots(values)
    if schedule is None or not is_slot(schedule, slot):
        _give_back(rule, subject, slot, values)
        return Refusal(status=Status.SKIPPED, reason=_reason(rule, values, schedule))
    return _too_late(rule, schedule, slot, now)


def follow(rule: Rule, task: Any) -> None:
    """Plan the next moment of a series, unless the row waits for one already."""
    if rule.repeat == "normal":
        return
    subject, slot = str(plain_member(task, "rowId")), instant(rule, plain_member(task, "dueTime"))
    now = rule.app.database.now()
    found = next_after(rule, subject, max(slot, now - rule.grace))
    if found is None or _waits(rule, subject):
        return
    successor = job_for(rule, subject, found)
    running = current_job_scope()
    if running is not None and (running.job.task, running.job.subject) == (rule.task, subject):
        running.successor = successor
        return
    with joined(rule.app) as connection:
        store.plan(connection, [successor], now=now)


def _too_late(rule: Rule, schedule: Slots, slot: int, now: int) -> Refusal | None:
    """The one run of a value is worth having however late it comes; one of a series may be missed."""
    if not isinstance(schedule, Schedule) or rule.repeat == "normal":
        return None
    return lateness.too_late(schedule, rule.config, slot, now, planned=slot)


def _reason(rule: Rule, values: Values | None, schedule: Slots | None) -> str:
    if values is None:
        return "the row is gone"
    if schedule is None:
        return f"the row has no {rule.timer.start_field} any more, or does not pass the filter"
    moved = schedule.next_instant(FIRST_INSTANT - 1)
    to = f" to {local_text(moved, rule.app.timezone)}" if moved is not None else ""
    return f"superseded: {rule.timer.start_field} of the row was moved{to}"


def _give_back(rule: Rule, subject: str, slot: int, values: Values | None) -> None:
    """The moment did not come to a run: it may be planned again; and the row's present date gets its job."""
    with rule.app.database.begin() as connection:
        store.forget(connection, rule.task, subject, slot)
        now = rule.app.database.now()
        apply(connection, rule, [(subject, values)], look_at(connection, rule.task, now=now, sweep=True))


def _values_of(rule: Rule, subject: str) -> Values | None:
    """The row: as the transaction around sees it if there is one in use, else as it is committed."""
    scope = current_scope.get()
    key = [subject]
    if scope is not None and scope.used and rule.model.database is rule.app.database:
        scope.session.flush()
        return _only(read_again(scope.session.connection(), rule.model, key), rule, subject)
    with rule.model.database.read() as connection:
        return _only(read_again(connection, rule.model, key), rule, subject)


def _only(rows: list[tuple[str, Values | None]], rule: Rule, subject: str) -> Values | None:
    if not rows:
        raise ModelError(rule.model.name, f"row {subject} cannot be read; see the log")
    return rows[0][1]


def _waits(rule: Rule, subject: str) -> bool:
    scope = current_scope.get()
    if scope is not None and scope.used:
        live = store.live(scope.session.connection(), rule.task, [subject])
    else:
        with rule.app.database.read() as connection:
            live = store.live(connection, rule.task, [subject], lock=False)
    return any(job.waiting for job in live.get(subject, []))
