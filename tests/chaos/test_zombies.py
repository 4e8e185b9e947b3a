"""Runners frozen past their lease, which then wake and go on where they were: nothing of theirs counts any more."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

import pytest

from jitai_tasks import jobs
from jitai_tasks.store.records import Status
from tests.chaos import invariants
from tests.runner.conftest import Runner, Shop, eventually

TIMES = {"lease": 1.5, "beat": 0.2}
EACH = 4

pytestmark = pytest.mark.chaos


def freeze(runner: Runner) -> list[int]:
    """SIGSTOP to the supervisor, then to everything below it."""
    tree = [runner.pid, *(process.pid for process in runner.family())]
    for pid in tree:
        os.kill(pid, signal.SIGSTOP)
    return tree


def thaw(tree: list[int]) -> None:
    for pid in reversed(tree):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def begin(shop: Shop, func: str, names: list[str], seconds: float) -> list[int]:
    """Jobs that leave a line when they begin, and are in the hands of workers when this returns."""
    log, before = shop.path("log"), len(shop.lines("log"))
    wanted = [
        jobs.create_temporary(shop.app, f"services.Patient.{func}", {"name": name, "path": log, "seconds": seconds})
        for name in names
    ]
    eventually(lambda: len(shop.lines("log")) == before + len(names), say=shop.logs)
    return wanted


@pytest.mark.timeout(120)
def test_zombies_that_wake_after_their_lease_write_nothing(shop: Shop) -> None:
    frozen = shop.ready(workers=EACH, times=TIMES)
    names = [str(n) for n in range(EACH)]
    wanted = begin(shop, "insert_late", names, 2.0)
    tree = freeze(frozen)
    shop.run(workers=EACH, times=TIMES)
    runs = {job: shop.done(job, seconds=30) for job in wanted}
    assert {run.outcome.status for run in runs.values()} == {Status.SUCCESS}
    thaw(tree)
    eventually(lambda: "took this one for dead" in frozen.text(), seconds=20)
    shop.done(shop.create("nothing"))
    assert {job: shop.find(job) for job in wanted} == runs
    invariants.effects_are_exactly_once(shop.effects(), names)
    end(shop, wanted)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("make", ["postgresql", "mysql"], indirect=True)
def test_a_zombie_in_the_middle_of_its_transaction_is_rolled_back(shop: Shop) -> None:
    frozen = shop.ready(workers=1, times=TIMES)
    wanted = begin(shop, "insert_and_wait", ["x"], 2.0)
    tree = freeze(frozen)
    shop.run(workers=1, times=TIMES)
    run = shop.done(wanted[0], seconds=30)
    assert run.outcome.status is Status.SUCCESS, run.outcome
    thaw(tree)
    eventually(lambda: "took this one for dead" in frozen.text(), seconds=20)
    shop.done(shop.create("nothing"))
    assert shop.find(wanted[0]) == run
    invariants.effects_are_exactly_once(shop.effects(), ["x"])
    end(shop, wanted)


@pytest.mark.timeout(120)
def test_a_worker_frozen_alone_loses_its_job_when_its_time_is_over_and_writes_nothing_later(shop: Shop) -> None:
    runner = shop.ready(workers=2)
    (job,) = [
        jobs.create_temporary(
            shop.app, "services.Patient.insert_late", {"name": "x", "path": shop.path("log"), "seconds": 0.3}, timeout=1
        )
    ]
    eventually(lambda: shop.lines("log"))
    seats = [one.pid for one in runner.workers()]
    for pid in seats:
        os.kill(pid, signal.SIGSTOP)
    run = shop.done(job, seconds=20)
    thaw(seats)
    assert run.outcome.status is Status.EXPIRED
    shop.done(shop.create("nothing"))
    assert shop.effects() == []
    invariants.store_is_sound(shop.app.database, [job])


def end(shop: Shop, wanted: list[int]) -> None:
    """Stop everybody; then every invariant."""
    family = [process for runner in shop.started for process in runner.family()]
    assert [runner.stop() for runner in shop.started] == [0] * len(shop.started), shop.logs()
    invariants.nothing_is_left_over(shop.app.database, family)
    invariants.store_is_sound(shop.app.database, wanted)
