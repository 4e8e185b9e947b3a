"""History that is thinned out disturbs nobody: no statement takes longer than 200 ms, however many runs there are."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from jitai_tasks.store import Database, history, pruning
from jitai_tasks.store.tables import logs, runs
from tests.store.made import claimed, done, finish

MANY = 20_000
LARGE = 150
LONGEST = 0.2


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


@contextmanager
def timed(database: Database) -> Iterator[list[float]]:
    """How long each statement took, COMMIT left out."""
    taken: list[float] = []
    began = [0.0]

    def before(*_: object) -> None:
        began[0] = time.process_time() if database.dialect == "sqlite" else time.monotonic()

    def after(*_: object) -> None:
        taken.append((time.process_time() if database.dialect == "sqlite" else time.monotonic()) - began[0])

    sa.event.listen(database.engine, "before_cursor_execute", before)
    sa.event.listen(database.engine, "after_cursor_execute", after)
    yield taken
    sa.event.remove(database.engine, "before_cursor_execute", before)
    sa.event.remove(database.engine, "after_cursor_execute", after)


@pytest.mark.parametrize(("count", "log"), [(MANY, ""), (LARGE, "l" * 1_000_000)], ids=["many runs", "large logs"])
def test_no_statement_of_pruning_takes_long(database: Database, count: int, log: str) -> None:
    fill(database, count, log)
    with timed(database) as taken:
        gone = sum(pruning.prune(database, before=count + 1))
    assert gone == count + 1
    assert max(taken) < LONGEST, f"of {len(taken)} statements the slowest took {max(taken):.3f} s"
    with database.read() as connection:
        assert history.count(connection) == 0


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
