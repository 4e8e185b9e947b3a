"""History that is thinned out disturbs nobody: no statement is about more than a thousand runs, or for long."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa

from jitai_tasks.ids import first_id
from jitai_tasks.store import Database, alarms, history, pruning
from jitai_tasks.store.occurrences import advance
from jitai_tasks.store.tables import logs, occurrences, runs
from tests.store.made import claimed, done, finish

MANY = 4_000
#: Thousands of instructions of SQLite for the largest portion.
MOST_STEPS = 40
LATE = 4_000_000_000_000_000  # in 2096


def fill(database: Database, count: int, log: str = "") -> None:
    """So many runs from the past, made from one."""
    job = claimed(database)
    finish(database, done(job, ended=1))
    with database.begin() as connection:
        row = dict(connection.execute(sa.select(runs)).mappings().one())
        for start in range(0, count, 500):
            some = range(start + 1, min(start + 500, count) + 1)
            connection.execute(runs.insert(), [row | {"id": n, "ended": n} for n in some])
            if log:
                connection.execute(logs.insert(), [{"run_id": n, "log": log} for n in some])


@dataclass
class Costs:
    """In the place of `time`: no time passes but for the rows that a statement deletes or reads."""

    per_row: float
    #: Rows of each statement that deletes.
    deleted: list[int] = field(default_factory=list)
    now: float = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, _seconds: float) -> None:
        """Others have their turn."""

    def after(self, _connection: object, cursor: sa.engine.interfaces.DBAPICursor, statement: str, *_: object) -> None:
        if statement.startswith("DELETE"):
            self.deleted.append(cursor.rowcount)
            self.now += cursor.rowcount * self.per_row


@pytest.fixture
def costs(database: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], Costs]:
    """Let every row that is deleted cost so many seconds."""

    def cost(per_row: float) -> Costs:
        made = Costs(per_row)
        monkeypatch.setattr(pruning, "time", made)
        sa.event.listen(database.engine, "after_cursor_execute", made.after)
        return made

    return cost


@pytest.fixture
def steps(database: Database) -> Iterator[list[int]]:
    """How many thousand instructions SQLite takes for each statement; other databases do not tell."""
    taken: list[int] = []

    def before(connection: sa.Connection, *_: object) -> None:
        taken.append(0)
        raw = connection.connection.driver_connection
        if isinstance(raw, sqlite3.Connection):
            raw.set_progress_handler(one_more, 1000)

    def one_more() -> int:
        taken[-1] += 1
        return 0

    sa.event.listen(database.engine, "before_cursor_execute", before)
    yield taken
    sa.event.remove(database.engine, "before_cursor_execute", before)


def test_portions_grow_to_a_thousand_where_runs_are_cheap(
    database: Database, costs: Callable[[float], Costs], steps: list[int]
) -> None:
    fill(database, MANY)
    cheap = costs(0.000_01)
    del steps[:]
    assert list(pruning.prune(database, before=LATE)) == [5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000, 726]
    assert max(cheap.deleted) == 1000
    assert max(steps) < MOST_STEPS
    with database.read() as connection:
        assert history.count(connection) == 0


def test_portions_shrink_to_one_where_runs_have_large_logs(database: Database, costs: Callable[[float], Costs]) -> None:
    fill(database, 12, "l" * 1_000)
    costs(0.03)
    assert list(pruning.prune(database, before=LATE)) == [5, 1, 1, 1, 1, 1, 1, 1, 1, 0]
    with database.read() as connection:
        assert history.count(connection) == 0


def remember(database: Database, slots: Iterable[int], job_id: int, subject: str = "") -> None:
    """Planned moments of a task whose watermark lies behind them all."""
    with database.begin() as connection:
        rows = [{"task": "tasks.T", "subject": subject, "slot": slot, "job_id": job_id} for slot in slots]
        for start in range(0, len(rows), 500):
            connection.execute(occurrences.insert(), rows[start : start + 500])
        advance(connection, "tasks.T", MANY)


def remembered(database: Database) -> list[tuple[str, int]]:
    with database.read() as connection:
        found = connection.execute(sa.select(occurrences.c.subject, occurrences.c.slot))
        return sorted((subject, slot) for subject, slot in found)


def test_many_planned_moments_are_forgotten_in_portions(
    database: Database, costs: Callable[[float], Costs], steps: list[int]
) -> None:
    remember(database, range(MANY), 1)
    cheap = costs(0.000_01)
    del steps[:]
    assert sum(pruning.prune_occurrences(database, before=LATE)) == MANY
    assert max(cheap.deleted) == 1000
    assert max(steps) < MOST_STEPS
    assert remembered(database) == []


def test_planned_moments_that_may_still_be_asked_for_are_remembered(database: Database) -> None:
    live = claimed(database)
    remember(database, range(40), 1)
    remember(database, range(40, 50), live.id)
    remember(database, range(50, 60), first_id(LATE))  # backfilled later
    remember(database, range(MANY, MANY + 2), 1)  # the watermark, and what lies ahead
    remember(database, range(3), 1, subject="a row")
    assert sum(pruning.prune_occurrences(database, before=LATE)) == 40
    left = [*range(40, 60), MANY, MANY + 1]
    assert remembered(database) == [*(("", slot) for slot in left), *(("a row", slot) for slot in range(3))]


def test_old_alarms_are_forgotten_but_those_of_jobs_that_run(database: Database) -> None:
    live = claimed(database)
    for subject in (alarms.BY, alarms.DURATION):
        remember(database, range(30), 1, subject=subject)
        remember(database, range(30, 33), live.id, subject=subject)
        remember(database, [LATE], 0, subject=subject)
    assert sum(pruning.prune_occurrences(database, before=LATE)) == 60
    left = [*range(30, 33), LATE]
    kept = [(subject, slot) for subject, slot in remembered(database) if subject]
    assert kept == [(subject, slot) for subject in (alarms.BY, alarms.DURATION) for slot in left]


def test_what_is_younger_stays(database: Database) -> None:
    fill(database, 50)
    assert sum(pruning.prune(database, before=31)) == 31
    with database.read() as connection:
        assert history.count(connection) == 20


def test_portions_shrink_when_they_take_long_and_grow_when_they_do_not() -> None:
    portion = pruning.Portion()
    sizes = []
    for seconds in (0.01, 0.01, 0.3, 0.03, 0.3, 0.3, 0.3, 0.3):
        portion.took(seconds)
        sizes.append(portion.size)
    assert sizes == [10, 20, 5, 5, 1, 1, 1, 1]


def test_pruning_stops_when_it_is_asked_to(database: Database) -> None:
    fill(database, 50)
    assert list(pruning.prune(database, before=100, stopping=lambda: True)) == []
