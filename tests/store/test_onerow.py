"""One row alone: the statement that plans or moves its job makes sure that things are as usual, or changes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from jitai_tasks.ids import new_id
from jitai_tasks.store import Database, datefields, onerow, schedules, statements
from jitai_tasks.store.datefields import Moment
from tests.store.made import call, claim, create, finish, new
from tests.store.made import done as finished

TASK = "tasks.Remind"
LIKE = new(task=TASK, queue="a", priority=3)
DUE, LATER = 10, 20


def plan(database: Database, slot: int = DUE, subject: str = "7") -> bool:
    return bool(call(database, onerow.plan, LIKE, (new_id(), subject, slot), now=0))


def move(database: Database, was: int = DUE, slot: int = LATER) -> bool:
    return bool(call(database, onerow.move, LIKE, "7", was, slot, now=0))


def stored(database: Database) -> tuple[list[Any], list[Any]]:
    """What stands in the tables of jobs and of occurrences."""
    with database.read() as connection:
        jobs = "SELECT task, subject, due, slot, status, queue, priority FROM jitai_jobs ORDER BY id"
        remembered = "SELECT task, subject, slot FROM jitai_occurrences ORDER BY task, subject, slot"
        return tuple([tuple(row) for row in connection.execute(sa.text(text))] for text in (jobs, remembered))


def waits_at(slot: int) -> tuple[list[Any], list[Any]]:
    return [(TASK, "7", slot, slot, "waiting", "a", 3)], [(TASK, "7", slot)]


def test_a_new_row_gets_its_job_and_the_memory_of_it(database: Database) -> None:
    assert plan(database)
    assert stored(database) == waits_at(DUE)


def test_a_moved_date_moves_the_job_and_the_memory_of_it(database: Database) -> None:
    plan(database)
    assert move(database)
    assert stored(database) == waits_at(LATER)
    assert move(database, LATER, DUE), "what did not run may be planned again"
    assert stored(database) == waits_at(DUE)


def test_the_planned_job_is_one_like_the_others(database: Database) -> None:
    plan(database, DUE, "7")
    call(database, datefields.plan_rows, LIKE, [(new_id(), "8", DUE)], now=0)
    one, other = claim(database, now=DUE)
    assert one == replace(other, id=one.id, subject="7")


def _switched_off(database: Database) -> None:
    call(database, schedules.save_override, TASK, enabled=False)


def _paused(database: Database) -> None:
    call(database, schedules.save_override, TASK, paused=True)


def _planned_otherwise(database: Database) -> None:
    call(database, datefields.plan_rows, LIKE, [(new_id(), "7", 5)], now=0)


def _running(database: Database) -> None:
    _planned_otherwise(database)
    claim(database, now=5)


def _run_before(database: Database) -> None:
    plan(database)
    finish(database, *map(finished, claim(database, now=DUE)))


@pytest.mark.parametrize("unusual", [_switched_off, _paused, _planned_otherwise, _running, _run_before])
def test_a_row_where_something_is_unusual_is_left_to_a_closer_look(database: Database, unusual: Any) -> None:
    unusual(database)
    before = stored(database)
    assert not plan(database)
    assert stored(database) == before


def _nothing_planned(database: Database) -> None:
    call(database, datefields.drop, TASK, _live(database))


def _claimed(database: Database) -> None:
    claim(database, now=DUE)


def _ran_at_the_new_moment(database: Database) -> None:
    call(database, datefields.consume, TASK, "7", LATER)


@pytest.mark.parametrize("unusual", [_nothing_planned, _switched_off, _paused, _claimed, _ran_at_the_new_moment])
def test_a_move_where_something_is_unusual_is_left_to_a_closer_look(database: Database, unusual: Any) -> None:
    plan(database)
    unusual(database)
    before = stored(database)
    assert not move(database)
    assert stored(database) == before


@pytest.mark.parametrize("make", ["mysql"], indirect=True)
def test_a_job_that_is_claimed_between_the_statements_of_its_move_keeps_its_moment(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Elsewhere nobody comes between: SQLite has one writer, and on PostgreSQL it is one statement."""
    plan(database)
    change, changed = statements.change, []

    def change_and_claim(connection: sa.Connection, text: str, values: Any = ()) -> int:
        changed.append(change(connection, text, values))
        if len(changed) == 1:
            claim(database, now=DUE)
        return changed[-1]

    monkeypatch.setattr(onerow, "change", change_and_claim)
    assert not move(database)
    assert changed == [1, 0, 1], "remembered, not moved, forgotten"
    jobs, remembered = stored(database)
    assert ([job[3:5] for job in jobs], remembered) == ([(DUE, "running")], [(TASK, "7", DUE)])


def _live(database: Database) -> list[datefields.LiveJob]:
    with database.begin() as connection:
        return datefields.live(connection, TASK, ["7"])["7"]


def test_a_task_that_was_switched_on_by_hand_is_usual(database: Database) -> None:
    call(database, schedules.save_override, TASK, enabled=True)
    assert plan(database)
    assert move(database)


def test_a_job_that_others_have_is_not_in_the_way(database: Database) -> None:
    create(database, new(task="tasks.Other", subject="7", slot=DUE), new(task=TASK, subject="7", retry_of=1))
    assert plan(database)


@pytest.mark.parametrize("make", ["postgresql"], indirect=True)
def test_postgresql_looks_by_indexes_even_while_it_knows_nothing_of_the_tables(database: Database) -> None:
    moment: Moment = (new_id(), "7", DUE)
    seen: list[str] = []
    for text, values in (
        (onerow._PLAN_AT_ONCE, onerow._planned_values(LIKE, moment, 0)),
        (onerow._MOVE_AT_ONCE, onerow._moved_values(TASK, "7", DUE, LATER)),
    ):
        with database.begin() as connection:
            spelt = statements.spelt(f"EXPLAIN {text}", "pyformat")
            seen += connection.exec_driver_sql(spelt, values).scalars().all()
    assert not [step for step in seen if "Seq Scan on jitai" in step], seen
    assert [step for step in seen if "jitai_jobs_task" in step]
