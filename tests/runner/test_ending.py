"""What really ends a function, and what becomes of the processes and the other jobs."""

from __future__ import annotations

import os
import signal

import psutil
import pytest

from jitai_tasks import jobs
from jitai_tasks.store.records import Status

from .conftest import Shop, eventually


def lives(process: psutil.Process) -> bool:
    """Whether it still runs; what only waits for its new parent to notice its end does not."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_time_limit_ends_a_loop_in_c_that_ignores_signals(shop: Shop) -> None:
    shop.ready(workers=1)
    run = shop.done(shop.create("stubborn", path=shop.path("log"), options={"timeout": 0.5}))
    assert run.outcome.status is Status.EXPIRED
    assert run.outcome.started is not None
    assert run.outcome.ended >= run.outcome.started + 500_000, "not before its limit"
    shop.done(shop.create("nothing"))
    assert len(shop.lines("log")) == 1


def test_a_time_limit_holds_also_for_a_job_behind_quick_ones(shop: Shop) -> None:
    shop.ready(workers=1)
    for _ in range(8):
        shop.done(shop.create("nothing"))
    with shop.app.transaction():
        quick = [shop.create("nothing", options={"priority": 9}) for _ in range(20)]
        stubborn = shop.create("stubborn", path=shop.path("log"), options={"timeout": 0.5})
    assert shop.done(stubborn).outcome.status is Status.EXPIRED
    assert {shop.done(one).outcome.status for one in quick} == {Status.SUCCESS}


def test_a_forced_end_ends_a_loop_in_c_that_ignores_signals(shop: Shop) -> None:
    shop.ready(workers=1)
    job = shop.create("stubborn", path=shop.path("log"))
    eventually(lambda: shop.lines("log"))
    pid = int(shop.lines("log")[0].split()[1])
    assert jobs.end(shop.app, job)
    eventually(lambda: not psutil.pid_exists(pid))
    assert shop.done(job).outcome.status is Status.TERMINATED
    shop.done(shop.create("nothing"))
    assert len(shop.lines("log")) == 1


@pytest.mark.parametrize("options", [{"timeout": 0.5}, {}], ids=["at its time limit", "by force"])
def test_a_run_that_is_ended_takes_along_what_it_has_started_elsewhere(shop: Shop, options: dict[str, object]) -> None:
    shop.ready(workers=1)
    job = shop.create("leaver", path=shop.path("log"), options=options)
    eventually(lambda: shop.lines("log"))
    child = psutil.Process(int(shop.lines("log")[0].split()[0]))
    if not options:
        assert jobs.end(shop.app, job)
    shop.done(job)
    eventually(lambda: not lives(child))


def test_the_other_jobs_of_a_batch_survive_the_end_of_their_worker_uncounted(shop: Shop) -> None:
    shop.ready(workers=1)
    for _ in range(8):
        shop.done(shop.create("nothing"))
    stubborn = shop.create("stubborn", path=shop.path("log"), options={"timeout": 0.5, "priority": 9})
    others = [shop.create("note", path=shop.path("others"), line=str(n)) for n in range(20)]
    assert shop.done(stubborn).outcome.status is Status.EXPIRED
    for other in others:
        run = shop.done(other)
        assert (run.outcome.status, run.job.interruptions) == (Status.SUCCESS, 0)
    assert len(shop.lines("others")) == 20


def test_leaving_without_a_word_is_a_death_and_not_a_success(shop: Shop) -> None:
    shop.ready(workers=1)
    outcome = shop.done(shop.create("leave")).outcome
    assert (outcome.status, outcome.error_type) == (Status.ERROR, "zombieTaskCleaned")
    shop.done(shop.create("nothing"))


def test_a_job_that_kills_its_worker_costs_three_workers_and_no_more(shop: Shop) -> None:
    shop.ready(workers=2)
    outcome = shop.done(shop.create("die", path=shop.path("log"))).outcome
    assert (outcome.status, outcome.error_type) == (Status.ERROR, "zombieTaskCleaned")
    assert len(shop.lines("log")) == 3
    shop.done(shop.create("nothing"))


def test_a_job_that_must_not_run_twice_is_not_run_again_when_its_worker_dies(shop: Shop) -> None:
    from jitai_tasks.ids import new_id
    from jitai_tasks.payload import dumps
    from jitai_tasks.store import jobs as stored
    from jitai_tasks.store.records import NewJob, OnInterrupt

    shop.ready(workers=1)
    once = NewJob(
        id=new_id(), task_type="tasks.TemporaryType", func="services.Shop.die", due=0, on_interrupt=OnInterrupt.ERROR,
        args=dumps({"path": shop.path("log")}, where="args"),
    )  # fmt: skip
    with shop.app.database.begin() as connection:
        stored.create(connection, [once])
    assert shop.done(once.id).outcome.error_type == "zombieTaskCleaned"
    assert len(shop.lines("log")) == 1


def test_a_killed_worker_is_replaced_and_its_job_runs_again_at_once(shop: Shop) -> None:
    runner = shop.ready(workers=1)
    job = shop.hold()
    eventually(lambda: len(shop.lines("log")) == 1)
    os.kill(int(shop.lines("log")[0].split()[1]), signal.SIGKILL)
    # a fraction of a second on a quiet machine; waiting for a lease would take 30 s
    eventually(lambda: len(shop.lines("log")) == 2, say=runner.text)
    shop.let_go()
    run = shop.done(job)
    assert (run.outcome.status, run.job.interruptions) == (Status.SUCCESS, 1)


def test_what_a_killed_function_has_started_ends_with_it(shop: Shop) -> None:
    shop.ready(workers=1)
    job = shop.create("child", path=shop.path("log"))
    eventually(lambda: shop.lines("log"))
    child = int(shop.lines("log")[0].split()[0])
    jobs.end(shop.app, job)
    eventually(lambda: not psutil.pid_exists(child))


def test_a_killed_template_is_replaced_and_the_work_goes_on(shop: Shop) -> None:
    runner = shop.ready(workers=2)
    job = shop.hold()
    eventually(lambda: shop.lines("log"))
    psutil.Process(runner.pid).children()[0].kill()
    eventually(lambda: len(shop.lines("log")) == 2, say=runner.text)
    shop.let_go()
    run = shop.done(job)
    assert (run.outcome.status, len(shop.lines("log"))) == (Status.SUCCESS, 2)
    shop.done(shop.create("nothing"))
    assert runner.stop() == 0


def test_when_the_supervisor_is_killed_nothing_of_it_is_left(shop: Shop) -> None:
    runner = shop.ready(workers=3)
    shop.create("stubborn", path=shop.path("log"))
    child = shop.create("child", path=shop.path("child"))
    eventually(lambda: shop.lines("log") and shop.lines("child"))
    family = [*runner.family(), psutil.Process(int(shop.lines("child")[0].split()[0]))]
    assert len(family) >= 6, child
    runner.process.kill()
    eventually(lambda: not [process for process in family if lives(process)])


def test_a_new_runner_on_the_same_host_takes_over_from_a_dead_one_at_once(shop: Shop) -> None:
    dead = shop.ready(workers=1)
    job = shop.hold()
    eventually(lambda: shop.lines("log"))
    dead.process.kill()
    dead.process.wait()
    shop.run()
    shop.let_go()
    # waiting for a lease would take 30 s
    assert shop.done(job).outcome.status is Status.SUCCESS


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_waits_for_what_runs_and_leaves_nothing_running(shop: Shop, number: int) -> None:
    runner = shop.ready(workers=2)
    running = [shop.hold(line=str(n)) for n in range(2)]
    eventually(lambda: len(shop.lines("log")) == 2)
    waiting = [shop.create("note", path=shop.path("log"), line=str(n)) for n in range(5)]
    family = runner.family()
    runner.process.send_signal(number)
    eventually(lambda: "stopping" in runner.text())
    shop.let_go()
    assert runner.process.wait(40) == 0
    assert not [process for process in family if process.is_running()]
    assert [shop.find(job).outcome.status for job in running] == [Status.SUCCESS] * 2  # type: ignore[union-attr]
    left = {job.id: job for job in shop.live()}
    assert shop.running() == []
    assert all(left[job].interruptions == 0 for job in waiting)
    assert shop.runners() == 0


def test_what_outlives_the_grace_is_handed_back_uncounted(shop: Shop) -> None:
    runner = shop.ready(workers=1, settings={"drain_seconds": 0.5})
    job = shop.create("stubborn", path=shop.path("log"))
    eventually(lambda: shop.lines("log"))
    assert runner.stop() == 0
    assert [(left.id, left.status, left.interruptions) for left in shop.live()] == [(job, Status.WAITING, 0)]


def test_a_second_signal_stops_at_once_and_hands_back(shop: Shop) -> None:
    runner = shop.ready(workers=1)
    job = shop.create("note", path=shop.path("log"), line="x", seconds=60)
    eventually(lambda: shop.lines("log"))
    runner.process.send_signal(signal.SIGTERM)

    def asked_again() -> bool:
        runner.process.send_signal(signal.SIGTERM)
        return "asked twice to stop" in runner.text()

    eventually(asked_again)
    runner.process.wait(20)  # the grace is 25 s
    assert [(left.id, left.status, left.interruptions) for left in shop.live()] == [(job, Status.WAITING, 0)]


def test_signals_that_come_together_are_one_wish(shop: Shop) -> None:
    runner = shop.ready(workers=1)
    job = shop.hold()
    eventually(lambda: shop.lines("log"))
    for number in (signal.SIGTERM, signal.SIGINT):  # `timeout` and terminals tell the process and its whole group
        runner.process.send_signal(number)
    eventually(lambda: "stopping" in runner.text())
    shop.let_go()
    assert runner.process.wait(20) == 0
    assert "asked twice" not in runner.text()
    assert shop.done(job).outcome.status is Status.SUCCESS


def test_a_worker_held_up_by_one_job_does_not_hold_up_its_batch(shop: Shop) -> None:
    shop.ready(workers=2)
    jobs_ = [shop.create("note", path=shop.path("log"), line=str(n)) for n in range(40)]
    for job in jobs_:
        shop.done(job)
    slow = shop.hold(path="slow", options={"priority": 1})
    quick = [shop.create("note", path=shop.path("quick"), line=str(n)) for n in range(40)]
    for job in quick:
        shop.done(job)
    assert len(shop.lines("quick")) == 40
    assert shop.find(slow) is None
    shop.let_go()
    assert shop.done(slow).outcome.status is Status.SUCCESS
