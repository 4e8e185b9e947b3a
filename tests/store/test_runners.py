from __future__ import annotations

from datetime import timedelta

from jitai_tasks.clock import SECOND, ManualClock
from jitai_tasks.store import Database, claims, runners
from jitai_tasks.store.records import RunnerRecord, Status
from tests.store.made import RUNNER, call, claimed, done, finish, live

LEASE = 30 * SECOND


def register(database: Database, runner: int = RUNNER, **fields: object) -> RunnerRecord:
    record = RunnerRecord(**{"id": runner, "host": "ada", "pid": 7, "started": 5} | fields)
    call(database, runners.register, record)
    return record


def reap(database: Database) -> list[int]:
    return [released.runner for released in call(database, runners.reap, lease_us=LEASE)]


def test_a_runner_is_listed_with_what_it_said_about_itself(database: Database) -> None:
    record = register(
        database, boot_id="b", app_id="org.App", generation="g1", queues=("mail", "ü"), doorbell="/tmp/x.bell"
    )
    with database.read() as connection:
        (found,) = runners.all(connection)
    assert found.heartbeat == database.now()
    assert [getattr(found, name) for name in ("host", "boot_id", "app_id", "generation", "queues", "doorbell")] == [
        getattr(record, name) for name in ("host", "boot_id", "app_id", "generation", "queues", "doorbell")
    ]


def test_a_runner_lives_as_long_as_it_beats(database: Database, clock: ManualClock) -> None:
    register(database)
    for _ in range(3):
        clock.advance(timedelta(seconds=20))
        assert call(database, runners.beat, RUNNER)
        assert reap(database) == []
        assert call(database, runners.is_alive, RUNNER, lease_us=LEASE)
    clock.advance(timedelta(seconds=31))
    assert not call(database, runners.is_alive, RUNNER, lease_us=LEASE)
    assert reap(database) == [RUNNER]
    assert not call(database, runners.beat, RUNNER), "it learns that a peer took it for dead"
    assert not call(database, runners.is_alive, RUNNER, lease_us=LEASE)


def test_the_jobs_of_a_dead_runner_run_again(database: Database, clock: ManualClock) -> None:
    register(database)
    job = claimed(database)
    clock.advance(timedelta(seconds=31))
    register(database, 12)
    (released,) = call(database, runners.reap, lease_us=LEASE)
    assert [freed.id for freed in released.rerun] == [job.id]
    assert finish(database, done(job)) == set(), "the zombie comes too late"
    found = live(database, job.id)
    assert found is not None
    assert (found.status, found.interruptions) == (Status.WAITING, 1)
    with database.read() as connection:
        assert [runner.id for runner in runners.all(connection)] == [12]


def test_jobs_of_a_runner_that_nobody_knows_are_released_after_a_lease(database: Database, clock: ManualClock) -> None:
    job = claimed(database)
    assert reap(database) == []
    clock.advance(timedelta(seconds=31))
    assert reap(database) == [RUNNER]
    found = live(database, job.id)
    assert found is not None
    assert found.status is Status.WAITING


def test_setting_the_wall_clock_forward_kills_nobody(make: str, database: Database, clock: ManualClock) -> None:
    register(database)
    clock._now += 3600 * SECOND
    assert reap(database) == []


def test_a_reaped_runner_may_register_again(database: Database, clock: ManualClock) -> None:
    register(database)
    clock.advance(timedelta(seconds=31))
    reap(database)
    register(database)
    assert call(database, runners.beat, RUNNER)


def test_a_retiring_runner_leaves_nothing_running(database: Database) -> None:
    register(database)
    job = claimed(database)
    released = call(database, runners.retire, RUNNER)
    assert [freed.id for freed in released.rerun] == [job.id]
    with database.read() as connection:
        assert runners.all(connection) == []
        assert claims.live_ids(connection, RUNNER) == {}
