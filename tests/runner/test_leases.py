"""Runners that fall silent: when others take over, and when they must not."""

from __future__ import annotations

import os
import signal

from jitai_tasks.ids import new_id, new_token
from jitai_tasks.runner.pulse import QuietPeriod
from jitai_tasks.store import claims, runners
from jitai_tasks.store.records import RunnerRecord, Status

from .conftest import Shop, eventually

TIMES: dict[str, float] = {"lease": 1.5, "beat": 0.2}


def test_the_jobs_of_a_runner_on_another_host_run_again_when_its_lease_is_over(shop: Shop) -> None:
    elsewhere = RunnerRecord(id=new_id(), host="elsewhere", pid=1, started=0)
    job = shop.create("note", path=shop.path("log"), line="x")
    with shop.app.database.begin() as connection:
        runners.register(connection, elsewhere)
        now = shop.app.database.now()
        claims.claim(connection, limit=1, runner=elsewhere.id, worker=new_id(), token=new_token(), now=now)
    runner = shop.run(times=TIMES)
    run = shop.done(job)
    assert (run.outcome.status, run.job.interruptions) == (Status.SUCCESS, 1)
    assert "gave no sign of life" in runner.text()


def test_a_frozen_runner_that_wakes_after_its_lease_writes_nothing_stale(shop: Shop) -> None:
    frozen = shop.ready(workers=1, times=TIMES)
    job = shop.create("insert_slowly", name="x", seconds=0.0)
    shop.done(job)
    job = shop.hold()
    eventually(lambda: shop.lines("log"))
    tree = [process.pid for process in frozen.family()] + [frozen.pid]
    for pid in tree:
        os.kill(pid, signal.SIGSTOP)
    shop.run(times=TIMES, workers=1)
    eventually(lambda: len(shop.lines("log")) == 2, say=shop.logs)
    shop.let_go()
    run = shop.done(job)
    for pid in tree:
        os.kill(pid, signal.SIGCONT)
    eventually(lambda: "took this one for dead" in frozen.text())
    shop.done(shop.create("nothing"))
    again = shop.find(job)
    assert again is not None
    assert again.outcome == run.outcome
    assert len(shop.lines("log")) == 2
    assert frozen.stop() == 0


def test_nobody_is_reaped_before_a_full_lease_of_uninterrupted_contact() -> None:
    quiet = QuietPeriod(lease=30, beat=5)
    for second in range(0, 30, 5):
        quiet.answered(asked=second, now=second + 0.01, wall=1000 + second)
        assert not quiet.is_over(second + 0.01)
    quiet.answered(asked=30, now=30.02, wall=1030)
    assert quiet.is_over(30.02)


def test_a_failed_query_starts_the_quiet_period_anew() -> None:
    quiet = long_contact()
    quiet.broken()
    quiet.answered(asked=45, now=45, wall=1045)
    assert not quiet.is_over(60)


def test_a_slow_query_starts_the_quiet_period_anew() -> None:
    quiet = long_contact()
    quiet.answered(asked=45, now=46.5, wall=1046.5)
    assert not quiet.is_over(60)


def test_a_suspended_process_starts_the_quiet_period_anew() -> None:
    quiet = long_contact()
    quiet.answered(asked=60, now=60, wall=1060)
    assert not quiet.is_over(60)


def test_a_set_clock_starts_the_quiet_period_anew() -> None:
    quiet = long_contact()
    quiet.answered(asked=45, now=45, wall=1145)
    assert not quiet.is_over(60)


def long_contact() -> QuietPeriod:
    quiet = QuietPeriod(lease=30, beat=5)
    for second in range(0, 41, 5):
        quiet.answered(asked=second, now=second, wall=1000 + second)
    assert quiet.is_over(40)
    return quiet
