"""Backfilled moments and alarms, on every database: once each, whoever comes first."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from jitai_tasks.store import Database, alarms, backfilling, jobs
from jitai_tasks.store.records import Outcome, Status
from tests.store.made import call, new


def test_a_moment_is_backfilled_once(database: Database) -> None:
    assert call(database, backfilling.create, new(task="tasks.A", slot=7, manual=True))
    assert not call(database, backfilling.create, new(task="tasks.A", slot=7, manual=True))
    with database.read() as connection:
        assert backfilling.taken(connection, "tasks.A", [6, 7, 8]) == {7}
        assert jobs.count(connection, task="tasks.A") == 1


@pytest.mark.parametrize("status", [Status.SKIPPED, Status.CANCELED])
def test_a_moment_that_was_skipped_or_canceled_is_free_again(database: Database, status: Status) -> None:
    first = new(task="tasks.A", slot=7)
    call(database, jobs.create_occurrence, first)
    with database.begin() as connection:
        if status is Status.SKIPPED:
            job = jobs.get(connection, first.id)
            assert job is not None
            jobs.skip(connection, job, Outcome(status=status, ended=9))
        else:
            jobs.cancel(connection, first.id, now=9)
    with database.read() as connection:
        assert backfilling.taken(connection, "tasks.A", [7]) == set()
    assert call(database, backfilling.create, new(task="tasks.A", slot=7, manual=True))
    assert not call(database, backfilling.create, new(task="tasks.A", slot=7, manual=True))


def test_a_moment_whose_job_was_ended_by_force_stays_taken(database: Database) -> None:
    first = new(task="tasks.A", slot=7)
    call(database, jobs.create_occurrence, first)
    call(database, jobs.terminate, first.id, now=9)
    assert not call(database, backfilling.create, new(task="tasks.A", slot=7, manual=True))


def test_two_that_backfill_at_once_create_one_job_per_moment(database: Database, again: Callable[[], Database]) -> None:
    several, start = [database, again()], threading.Barrier(2)
    created: list[bool] = []

    def fill(on: Database) -> None:
        start.wait()
        for slot in range(1, 21):
            with on.begin() as connection:
                created.append(backfilling.create(connection, new(task="tasks.A", slot=slot, manual=True)))

    threads = [threading.Thread(target=fill, args=(on,)) for on in several]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(created), sum(created)) == (40, 20)


def test_an_alarm_is_raised_once_and_moves_no_watermark(database: Database) -> None:
    assert call(database, alarms.raise_once, "tasks.A", alarms.BY, 7)
    assert not call(database, alarms.raise_once, "tasks.A", alarms.BY, 7)
    assert call(database, alarms.raise_once, "tasks.A", alarms.DURATION, 7)
    assert call(database, alarms.raise_once, "tasks.A", alarms.BY, 8)
    with database.read() as connection:
        assert alarms.is_raised(connection, "tasks.A", alarms.BY, 8)
        assert not alarms.is_raised(connection, "tasks.A", alarms.BY, 9)
        assert jobs.count(connection) == 0
