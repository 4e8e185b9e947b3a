"""Workers killed at random while they perform, claim and finish: nothing is lost, nothing is done twice."""

from __future__ import annotations

import random
import time

import psutil
import pytest

from jitai_tasks.ids import new_ids
from jitai_tasks.payload import dumps
from jitai_tasks.store import jobs
from jitai_tasks.store.records import NewJob
from tests.chaos import invariants
from tests.chaos.conftest import MAKES
from tests.runner.conftest import Runner, Shop, eventually

JOBS = 2_000
EVERY = 0.2
SECONDS_EACH = 0.004
MOST_PER_WORKER = 100


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    "make", [pytest.param(make, marks=[pytest.mark.chaos] * (make != "sqlite")) for make in MAKES], indirect=True
)
def test_of_2000_jobs_with_a_worker_killed_every_200_ms_none_is_lost_and_none_finished_twice(shop: Shop) -> None:
    runner = shop.ready(workers=4)
    supervisor = psutil.Process(runner.pid)
    descriptors = supervisor.num_fds()
    wanted = create(shop)
    kills = kill_workers_until(runner, lambda: not [job for job in shop.live() if job.id in wanted])
    invariants.all_have_ended(shop.app.database, wanted)
    invariants.effects_are_exactly_once(shop.effects(), [str(n) for n in range(1, JOBS, 2)])
    starts = [line.split()[0] for line in shop.lines("log")]
    plain = [str(n) for n in range(0, JOBS, 2)]
    extra = invariants.extra_executions_are_few(starts, plain, kills=kills, slots=MOST_PER_WORKER)
    invariants.descriptors_are_no_more(descriptors, supervisor)
    assert kills >= 5
    family = runner.family()
    assert runner.stop() == 0
    invariants.nothing_is_left_over(shop.app.database, family)
    invariants.store_is_sound(shop.app.database, wanted)
    print(f"{shop.app.database.dialect}: {kills} kills, {extra} functions started once more")


def create(shop: Shop) -> list[int]:
    """Half of them leave a line in a file, half write through the session."""
    ids = new_ids(JOBS)
    log = shop.path("log")
    now = shop.app.database.now()
    new = [
        NewJob(
            id=one, task_type="tasks.TemporaryType", due=now,
            func="services.Shop.insert" if n % 2 else "services.Shop.note",
            args=dumps({"name": str(n)} if n % 2 else {"path": log, "line": str(n), "seconds": SECONDS_EACH}, where=""),
        )
        for n, one in enumerate(ids)
    ]  # fmt: skip
    with shop.app.database.begin() as connection:
        jobs.create(connection, new)
    return ids


def kill_workers_until(runner: Runner, over: object) -> int:
    """SIGKILL a random worker (or the keeper) every 200 ms; answers how many."""
    assert callable(over)
    kills = 0
    deadline = time.monotonic() + 120
    while not over():
        assert time.monotonic() < deadline, runner.text()[-3000:]
        if victims := runner.workers():
            kills += killed(random.choice(victims))
        pause(EVERY)
    return kills


def killed(victim: psutil.Process) -> int:
    try:
        victim.kill()
    except psutil.NoSuchProcess:
        return 0
    return 1


def pause(seconds: float) -> None:
    with pytest.raises(AssertionError):
        eventually(lambda: False, seconds=seconds)
