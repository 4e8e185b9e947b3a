"""A supervisor killed: its workers go with it at once, and a peer takes its jobs over when its lease is over."""

from __future__ import annotations

import os
import signal
import time

import psutil
import pytest

from jitai_tasks import jobs
from jitai_tasks.runner.plan import Plan
from jitai_tasks.store.records import Status
from tests.chaos import invariants
from tests.runner.conftest import Shop, eventually

SHORT = {"lease": 3.0, "beat": 0.5}
#: The bound for the default times: 36 s = lease + beat + 1 s; with shortened ones in proportion.
SPARE = 1.0
HELD = 3

pytestmark = pytest.mark.chaos


def bound(times: dict[str, float]) -> float:
    plan = Plan(app_path="", runner=0)
    return times.get("lease", plan.lease) + times.get("beat", plan.beat) + SPARE


def take_over(shop: Shop, times: dict[str, float]) -> float:
    """Kill one of two supervisors while it holds jobs; answers how long it took until they began elsewhere."""
    victim = shop.ready(workers=HELD, times=times)
    family = victim.family()
    given = {"path": shop.path("log"), "seconds": 60.0}
    slow = "services.Patient.slow_at_first"
    wanted = [jobs.create_temporary(shop.app, slow, {"name": str(n), **given}) for n in range(HELD)]
    eventually(lambda: len(shop.lines("log")) == HELD, say=shop.logs)
    peer = shop.run(workers=HELD, times=times)
    eventually(lambda: len(peer.workers()) > HELD, say=shop.logs)  # past its start, where it looks for the dead itself
    pause(1.0)
    writing = [shop.create("insert", name=str(n), options={"delay": 1}) for n in range(10)]
    os.kill(victim.pid, signal.SIGKILL)
    victim.process.wait()
    killed = time.monotonic()
    left = psutil.wait_procs(family, timeout=1.0)[1]
    assert not [one for one in left if invariants.lives(one)], "I8: workers outlived their supervisor by a second"
    took = invariants.recovered(killed, bound(times), lambda: len(shop.lines("log")) == 2 * HELD, say=shop.logs)
    assert took > times.get("lease", 30.0) / 2, "taken over before its lease was over"
    for job in (*wanted, *writing):
        assert shop.done(job, seconds=30).outcome.status is Status.SUCCESS
    invariants.effects_are_exactly_once(shop.effects(), map(str, range(10)))
    assert {run.job.interruptions for run in map(shop.done, wanted)} <= {0, 1}
    others = peer.family()
    assert peer.stop() == 0
    invariants.nothing_is_left_over(shop.app.database, others)
    invariants.store_is_sound(shop.app.database, [*wanted, *writing])
    print(f"workers gone within 1 s; taken over after {took:.1f} s of {bound(times):.1f}")
    return took


def pause(seconds: float) -> None:
    with pytest.raises(AssertionError):
        eventually(lambda: False, seconds=seconds)


@pytest.mark.timeout(120)
def test_a_peer_takes_over_within_the_lease_a_beat_and_a_second(shop: Shop) -> None:
    take_over(shop, SHORT)


@pytest.mark.long
@pytest.mark.timeout(240)
@pytest.mark.parametrize("make", ["postgresql"], indirect=True)
def test_a_peer_takes_over_within_36_seconds(shop: Shop) -> None:
    assert bound({}) == 36.0
    take_over(shop, {})


@pytest.mark.timeout(120)
def test_a_runner_that_starts_on_the_same_machine_takes_over_at_once(shop: Shop) -> None:
    victim = shop.ready(workers=1)
    job = shop.create("note", path=shop.path("log"), line="x", seconds=1.0)
    eventually(lambda: shop.lines("log"))
    os.kill(victim.pid, signal.SIGKILL)
    victim.process.wait()
    shop.run(workers=1)
    eventually(lambda: len(shop.lines("log")) == 2, seconds=10, say=shop.logs)
    assert shop.done(job).outcome.status is Status.SUCCESS
