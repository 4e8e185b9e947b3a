"""The threaded form: the same work, without killing."""

from __future__ import annotations

import logging
import signal
import sqlite3
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from jitai_tasks.runner.capture import StreamCapture
from jitai_tasks.runner.keeper import Keeper
from jitai_tasks.runner.ledger import Ledger
from jitai_tasks.runner.performing import Performed
from jitai_tasks.runner.plan import Plan
from jitai_tasks.runner.seats import Phase
from jitai_tasks.runner.threads import Runner
from jitai_tasks.store import claims
from jitai_tasks.store.records import Status

from .conftest import Shop, eventually


@pytest.fixture
def threads(shop: Shop) -> Iterator[Runner]:
    runner = Runner(shop.app, Plan(app_path="", runner=7, workers=2))
    runner.start()
    yield runner
    if not runner.is_stopped:
        runner.stop()


def test_jobs_run_in_threads_of_this_process(shop: Shop, threads: Runner) -> None:
    import os

    shop.done(shop.create("note", path=shop.path("log"), line="x"))
    assert shop.lines("log") == [f"x {os.getpid()}"]
    assert shop.done(shop.create("later", number=2)).outcome.result == "4"


def test_each_thread_keeps_the_output_of_its_own_run(shop: Shop) -> None:
    runner = Runner(shop.app, Plan(app_path="", runner=7, workers=2))
    runner.start()  # here and not in the fixture: pytest puts its own streams in place between the two
    talking = [shop.create("talk") for _ in range(4)]
    for job in talking:
        log = shop.done(job).outcome.log
        assert log.count("from Python") == 1
        assert log.count("from logging") == 1
    assert shop.done(shop.create("nothing")).outcome.log == ""
    assert runner.stop()


def test_writes_are_committed_with_the_completion_also_in_threads(shop: Shop, threads: Runner) -> None:
    jobs = [shop.create("insert", name=str(n)) for n in range(20)]
    failing = shop.create("insert_and_fail", name="no")
    for job in jobs:
        assert shop.done(job).outcome.status is Status.SUCCESS
    assert shop.done(failing).outcome.status is Status.ERROR
    assert shop.effects() == sorted(str(n) for n in range(20))


def test_a_job_over_its_limit_is_recorded_as_expired_and_its_late_result_ignored(shop: Shop, threads: Runner) -> None:
    job = shop.create("insert_slowly", name="late", seconds=1.0, options={"timeout": 0.2})
    insert = shop.create("note", path=shop.path("log"), line="x", seconds=1.0, options={"timeout": 0.2})
    assert shop.done(insert).outcome.status is Status.EXPIRED
    assert shop.done(job).outcome.status is Status.EXPIRED
    shop.done(shop.create("nothing"))
    assert shop.effects() == []


def test_a_function_that_runs_again_after_a_conflict_is_watched_as_the_first_time(
    shop: Shop, threads: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Performed.commit
    tried: list[int] = []

    def conflict_once(performed: Performed) -> bool:
        tried.append(performed.job.id)
        if len(tried) == 1:
            locked = sqlite3.OperationalError("database is locked")
            locked.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise sa.exc.OperationalError("", None, locked)
        return whole(performed)

    monkeypatch.setattr(Performed, "commit", conflict_once)
    job = shop.create("insert_slowly", name="again", seconds=0.3)
    eventually(lambda: tried)
    glances = threads._shared.seats.glances
    eventually(lambda: (Phase.PERFORMING, job) in [(glance.phase, glance.job) for glance in glances()])
    assert shop.done(job).outcome.status is Status.SUCCESS
    assert len(tried) == 2
    assert shop.effects() == ["again"]


def test_stopping_waits_for_what_runs(shop: Shop, threads: Runner) -> None:
    job = shop.create("note", path=shop.path("log"), line="x", seconds=0.5)
    eventually(lambda: shop.lines("log"))
    assert threads.stop()
    run = shop.find(job)
    assert run is not None
    assert run.outcome.status is Status.SUCCESS
    assert shop.runners() == 0


def test_what_does_not_end_is_handed_back_when_the_threads_stop(shop: Shop, threads: Runner) -> None:
    job = shop.create("note", path=shop.path("log"), line="x", seconds=2)
    eventually(lambda: shop.lines("log"))
    assert not threads.stop(0.2)
    assert [(left.id, left.status, left.interruptions) for left in shop.live()] == [(job, Status.WAITING, 0)]


def test_a_job_left_running_by_a_thread_that_broke_down_runs_again_in_another_one(
    shop: Shop, threads: Runner, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = Ledger.add
    broken: list[int] = []

    def break_down_once(ledger: Ledger, performed: Performed) -> None:
        if not broken:
            broken.append(performed.job.id)
            raise RuntimeError("a fault of our own")
        whole(ledger, performed)

    monkeypatch.setattr(Ledger, "add", break_down_once)
    before = [member.worker for member in threads.members]
    run = shop.done(shop.create("note", path=shop.path("log"), line="x"))
    assert (run.outcome.status, run.job.interruptions) == (Status.SUCCESS, 1)
    assert len(shop.lines("log")) == 2
    assert len({*before} - {member.worker for member in threads.members}) == 1
    (said,) = [record for record in caplog.records if record.name == "jitai_tasks.runner.threads"]
    assert said.exc_info is not None
    assert "a fault of our own" in str(said.exc_info[1])


def test_a_keeper_that_broke_down_is_replaced(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = Keeper.keep
    begun: list[Keeper] = []

    def keep(keeper: Keeper) -> None:
        begun.append(keeper)
        if len(begun) == 1:
            raise RuntimeError("a fault of our own")
        whole(keeper)

    monkeypatch.setattr(Keeper, "keep", keep)
    runner = Runner(shop.app, Plan(app_path="", runner=7, workers=1))
    runner.start()
    eventually(lambda: len(begun) == 2)
    assert runner.stop()
    assert "a fault of our own" in caplog.text


def test_a_claim_whose_answer_was_lost_is_handed_back_also_in_threads(shop: Shop, threads: Runner) -> None:
    later = shop.create("nothing", options={"delay": 3600})
    with shop.app.database.begin() as connection:
        claimed = claims.claim(
            connection, limit=1, runner=threads.plan.runner, worker=threads.members[1].worker, token=99,
            now=shop.app.database.now() + 7_200_000_000,
        )  # fmt: skip
    assert [job.id for job in claimed] == [later]
    eventually(lambda: [(job.id, job.status) for job in shop.live()] == [(later, Status.WAITING)])


def test_the_program_runs_in_threads_on_request(shop: Shop) -> None:
    runner = shop.run(threads=True)
    assert shop.done(shop.create("add", a=1, b=1)).outcome.result == "2"
    assert runner.stop(signal.SIGINT) == 0
    assert shop.runners() == 0
    waiting = shop.create("insert", name="x")
    assert shop.run(threads=True, drain=True).process.wait(20) == 0
    assert shop.find(waiting) is not None


def test_what_libraries_log_for_the_sake_of_runs_does_not_reach_the_handlers_of_the_program() -> None:
    heard: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: heard.append(record.getMessage())  # type: ignore[method-assign]
    root, asked = logging.getLogger(), logging.getLogger("asked_for")
    before, asked.level = root.level, logging.INFO
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    try:
        with StreamCapture.installed() as capture:
            capture.begin()
            logging.getLogger("a_library").info("chatter")
            logging.getLogger("asked_for.part").info("wanted")
            logging.getLogger("a_library").warning("trouble")
            text = capture.end()
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
    assert heard == ["wanted", "trouble"]
    assert "chatter" in text
    assert handler.filters == []
