"""What a worker asks the database while it has nothing to do."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from jitai_tasks.clock import ManualClock
from jitai_tasks.ids import new_id
from jitai_tasks.runner.ahead import Ahead
from jitai_tasks.runner.capture import StreamCapture
from jitai_tasks.runner.plan import Plan
from jitai_tasks.runner.seats import Seats
from jitai_tasks.runner.shared import Shared
from jitai_tasks.runner.signals import Signals
from jitai_tasks.runner.wake import WakePipe
from jitai_tasks.runner.worker import Worker
from jitai_tasks.store import Database, jobs
from jitai_tasks.store.records import NewJob, Status
from jitai_tasks.store.sqlite import READ_ONLY

from .conftest import Shop


def test_a_worker_that_slept_until_a_job_is_due_claims_it_without_looking_again(shop: Shop) -> None:
    database = shop.app.database
    due = database.now() + 200_000
    job = NewJob(id=new_id(), task_type="tasks.TemporaryType", func="services.Shop.nothing", due=due)
    with database.begin() as connection:
        jobs.create(connection, [job])
    asked: list[str] = []

    def note(connection: sa.Connection) -> None:
        asked.append("look" if connection.info.get(READ_ONLY) else "work")

    sa.event.listen(database.engine, "begin", note)
    _work_until_one_is_done(shop)
    sa.event.remove(database.engine, "begin", note)
    assert asked.count("look") <= 1, asked
    run = shop.find(job.id)
    assert run is not None
    assert run.outcome.status is Status.SUCCESS


def test_timed_jobs_are_claimed_a_moment_ahead_and_never_begun_early(shop: Shop) -> None:
    shop.ready(workers=2)
    first = shop.app.database.now() + 300_000
    made = [
        NewJob(id=new_id(), task_type="tasks.TemporaryType", func="services.Shop.nothing", due=first + n * 50_000)
        for n in range(20)
    ]
    with shop.app.database.begin() as connection:
        jobs.create(connection, made)
    runs = [shop.done(job.id) for job in made]
    assert all(run.outcome.started is not None and run.outcome.started >= run.job.due for run in runs)
    assert any(run.job.claimed == run.job.due for run in runs), "not one was claimed ahead"


def test_a_job_whose_moment_does_not_come_is_handed_back(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def comes_at_the_second_time(ahead: Ahead, due: int) -> bool:
        asked.append(due)
        return len(asked) > 1

    monkeypatch.setattr(Ahead, "comes", comes_at_the_second_time)
    job = shop.create("nothing")
    _work_until_one_is_done(shop)
    run = shop.done(job)
    assert (run.outcome.status, run.job.interruptions, len(asked)) == (Status.SUCCESS, 0, 2)


def test_a_clock_that_was_set_back_is_not_waited_for(tmp_path: Path) -> None:
    clock = ManualClock(datetime(2026, 3, 2, tzinfo=UTC))
    database = Database.open(f"sqlite:///{tmp_path}/x.db", clock=clock)
    ahead = Ahead(database)
    assert ahead.comes(database.now())
    assert not ahead.comes(database.now() + 3_600_000_000)
    database.dispose()


def test_a_claim_begins_earlier_after_one_that_took_long_and_never_by_more_than_its_limit(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path}/x.db", clock=ManualClock(datetime(2026, 3, 2, tzinfo=UTC)))
    ahead = Ahead(database)
    in_a_second = database.now() + 1_000_000
    assert ahead.seconds_until(in_a_second, early=False) == 1.0
    usual = ahead.seconds_until(in_a_second, early=True)
    ahead._begins -= 5.0
    ahead.claimed()
    assert pytest.approx(ahead.seconds_until(in_a_second, early=True)) == 1.0 - 0.02
    for _ in range(50):
        ahead.seconds_until(database.now() + 60_000_000, early=True)
        ahead.claimed()
    assert usual - 0.001 < ahead.seconds_until(in_a_second, early=True) <= 1.0
    database.dispose()


def _work_until_one_is_done(shop: Shop) -> None:
    shared = Shared(plan=Plan(app_path="", runner=7, workers=1), seats=Seats(2), wake=WakePipe())
    seat, signals = shared.seats.seat(0), Signals()
    with StreamCapture.installed() as capture:
        Worker(
            shop.app, shared, seat, 5, capture=capture, signals=signals, stopping=lambda: seat.done > 0
        ).work()  # fmt: skip
    signals.close()
    shared.wake.close()
