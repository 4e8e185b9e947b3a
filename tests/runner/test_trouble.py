"""When the database is locked, gone, or disagrees; and when several runners share it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from jitai_tasks.runner.ear import Ear
from jitai_tasks.runner.plan import Plan
from jitai_tasks.runner.seats import Phase, Seats
from jitai_tasks.runner.shared import Shared
from jitai_tasks.runner.signals import Signals
from jitai_tasks.runner.wake import WakePipe, Woken
from jitai_tasks.store import runners
from jitai_tasks.store.records import Status
from jitai_tasks.testing import write_files
from tests import servers

from .conftest import Runner, Shop, eventually, shop_at

SWAP = '''
import time
import sqlalchemy as sa


def swap(first, second, path):
    """Two of these in opposite order dead-lock."""
    with open(path, "a") as file:
        file.write(f"{first}\\n")
    with app.transaction() as session:
        for name in (first, second):
            session.execute(sa.text("UPDATE counters SET value = value + 1 WHERE name = :name"), {"name": name})
            time.sleep(0.3)
'''
EXTRA: dict[str, object] = {
    "services/Swap/e.json": {"title": "Swap", "type": "services.NormalType"},
    "services/Swap/__init__.py": SWAP,
}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[servers.Server, Shop]]:
    """A PostgreSQL of this test's own, and the shop on it."""
    server = servers.start_postgres()
    try:
        for shop in shop_at(tmp_path, server.fresh_database(), EXTRA):
            yield server, shop
    finally:
        server.close()


def test_a_locked_sqlite_file_stops_nobody(shop: Shop) -> None:
    runner = shop.ready(workers=2)
    family = {process.pid for process in runner.family()}
    blocker = sqlite3.connect(shop.folder / "jobs.sqlite3", isolation_level=None)
    begun = shop.hold()
    eventually(lambda: shop.lines("log"))
    blocker.execute("BEGIN IMMEDIATE")
    shop.let_go()
    with pytest.raises(AssertionError):
        eventually(lambda: shop.find(begun) is not None, seconds=1)
    blocker.close()
    assert shop.done(begun).outcome.status is Status.SUCCESS
    assert {process.pid for process in runner.family()} == family
    assert len(shop.lines("log")) == 1
    assert runner.stop() == 0


def test_a_server_that_restarts_stops_nobody_and_the_work_resumes(served: tuple[servers.Server, Shop]) -> None:
    server, shop = served
    runner = shop.ready(workers=2)
    family = {process.pid for process in runner.family()}
    begun = [shop.hold(line=str(n)) for n in range(2)]
    writing = shop.create("insert_slowly", name="x", seconds=0.5, options={"priority": -1})
    eventually(lambda: len(shop.lines("log")) == 2)
    server.stop()
    shop.let_go()
    eventually(lambda: len(silences(runner)) > 2, say=runner.text)
    said = silences(runner)
    server.start()
    shop.app.database.dispose()
    later = shop.create("nothing")
    shop.done(later, seconds=30)
    for job in begun:
        assert shop.done(job).outcome.status is Status.SUCCESS
    assert shop.done(writing).outcome.status is Status.SUCCESS
    assert shop.effects() == ["x"]
    assert len(shop.lines("log")) == 2
    assert {process.pid for process in runner.family()} == family
    assert len(said) <= said[-1] - said[0] + 2, "at most a line a second, whichever process writes it"
    assert runner.stop() == 0


def test_a_schedule_goes_on_though_the_server_was_away_when_its_run_ended(served: tuple[servers.Server, Shop]) -> None:
    """What follows a run is planned as soon as the database answers again, not when the keeper comes by."""
    server, shop = served
    timer = {"startTime": "2026-01-01 00:00:00", "repeat": {"repeatType": "second", "period": 1}}
    arguments = {"path": shop.path("log"), "line": "tick", "until": shop.path("go")}
    tick = {
        "title": "Tick", "type": "tasks.NormalType", "enable": 1, "funcType": "Global", "func": "services.Shop.hold",
        "argDict": arguments, "timerCfg": timer,
    }  # fmt: skip
    write_files(shop.folder, {"tasks/Tick/e.json": tick})
    runner = shop.run(workers=1)
    eventually(lambda: shop.lines("log"), say=shop.logs)
    server.stop()
    shop.let_go()
    eventually(lambda: silences(runner), say=runner.text)
    server.start()
    shop.app.database.dispose()
    eventually(lambda: len(shop.lines("log")) > 2, seconds=20, say=runner.text)
    assert runner.stop() == 0


def silences(runner: Runner) -> list[float]:
    """When (s) it was said that the database does not answer."""
    return [float(line.split()[0]) for line in runner.text().splitlines() if "does not answer" in line]


def test_functions_that_dead_lock_run_again_uncounted(served: tuple[servers.Server, Shop]) -> None:
    _, shop = served
    with shop.app.database.begin() as connection:
        connection.execute(sa.text("CREATE TABLE counters (name VARCHAR(10), value INTEGER)"))
        connection.execute(sa.text("INSERT INTO counters VALUES ('a', 0), ('b', 0)"))
    shop.ready(workers=2)
    from jitai_tasks import jobs

    both = [
        jobs.create_temporary(shop.app, "services.Swap.swap", {"first": one, "second": other, "path": shop.path("log")})
        for one, other in (("a", "b"), ("b", "a"))
    ]
    for job in both:
        run = shop.done(job)
        assert (run.outcome.status, run.job.attempt, run.job.interruptions) == (Status.SUCCESS, 1, 0)
    with shop.app.database.read() as connection:
        assert list(connection.scalars(sa.text("SELECT value FROM counters"))) == [2, 2]
    assert len(shop.lines("log")) > 2, "they did not dead-lock, so nothing was tested"


def test_jobs_run_on_postgresql_and_are_started_by_notify(served: tuple[servers.Server, Shop]) -> None:
    _, shop = served
    shop.ready(workers=2)
    for number in range(20):
        shop.done(shop.create("insert", name=str(number)))
    assert len(shop.effects()) == 20
    with listening(shop) as rested:
        assert rested() is Woken.JOB, "once by itself"
        shop.done(shop.create("nothing"))
        assert rested() is Woken.JOB


def test_a_new_runner_looks_once_more_for_those_who_did_not_know_its_doorbell(shop: Shop) -> None:
    with listening(shop) as rested:
        assert rested() is Woken.JOB


@contextmanager
def listening(shop: Shop) -> Iterator[Callable[[], Woken]]:
    """An ear at work for a worker that idles; the callable rests as that worker would, up to 10 s."""
    shared = Shared(plan=Plan(app_path="", runner=7, workers=1), seats=Seats(2), wake=WakePipe())
    shared.seats.seat(0).say(Phase.IDLE)
    signals, ear = Signals(), Ear(shop.app.database, shared, heard=lambda: None)
    ear.start()
    yield lambda: shared.wake.rest(10.0, signals.fileno())
    ear.close()
    signals.close()
    shared.wake.close()


def test_two_runners_share_one_database(shop: Shop) -> None:
    runners = [shop.run(workers=2), shop.run(workers=2)]
    eventually(lambda: shop.runners() == 2)
    jobs = [shop.create("note", path=shop.path("log"), line=str(n), seconds=0.01) for n in range(200)]
    for job in jobs:
        assert shop.done(job).outcome.status is Status.SUCCESS
    assert sorted(int(line.split()[0]) for line in shop.lines("log")) == list(range(200))
    assert len({line.split()[1] for line in shop.lines("log")}) > 2
    assert [runner.stop() for runner in runners] == [0, 0]
    assert shop.runners() == 0


def test_eight_processes_on_one_sqlite_file_never_hear_that_it_is_locked(shop: Shop) -> None:
    runners = [shop.run(workers=4) for _ in range(2)]
    eventually(lambda: shop.runners() == 2)
    jobs = [shop.create("insert", name=str(n)) for n in range(300)]
    jobs += [shop.create("note", path=shop.path("log"), line=str(n)) for n in range(300)]
    for job in jobs:
        assert shop.done(job, seconds=30).outcome.status is Status.SUCCESS
    assert len(shop.effects()) == 300
    assert len(shop.lines("log")) == 300
    assert not [line for runner in runners for line in runner.text().splitlines() if "locked" in line]


def test_a_runner_that_cannot_open_the_app_says_why(shop: Shop) -> None:
    code = "import sys; from jitai_tasks.runner import run; run(sys.argv[1], database=sys.argv[2])"
    gone = subprocess.run(
        [sys.executable, "-c", code, str(shop.folder), "postgresql+psycopg://nobody:secret@127.0.0.1:1/none"],
        check=False, capture_output=True, text=True, timeout=20, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert "DatabaseUnreachable" in gone.stderr
    assert "secret" not in gone.stderr


def test_draining_ends_when_nothing_is_due(shop: Shop) -> None:
    now = [shop.create("insert", name=str(n)) for n in range(30)]
    later = shop.create("nothing", options={"delay": 3600})
    assert shop.run(drain=True).process.wait(20) == 0
    assert all(shop.find(job) for job in now)
    assert [job.id for job in shop.live()] == [later]


def test_an_idle_runner_costs_next_to_nothing(shop: Shop) -> None:
    runner = shop.ready(workers=2, times={"beat": 0.1})
    family = [runner.pid, *(process.pid for process in runner.family())]
    beats = beats_of(shop)
    eventually(lambda: beats_of(shop) != beats)
    end, before = beats_of(shop) + 2_000_000, sum(map(wakings, family))
    eventually(lambda: beats_of(shop) >= end)
    assert sum(map(wakings, family)) - before <= 120, "20 beats, 8 looks of the supervisor, and little else"


def beats_of(shop: Shop) -> int:
    """When (µs) the only runner gave its last sign of life."""
    with shop.app.database.read() as connection:
        [record] = runners.all(connection)
    return record.heartbeat


def wakings(pid: int) -> int:
    """How often the threads of a process have gone to sleep, and so been woken: a busy machine does not change that."""
    tasks = Path(f"/proc/{pid}/task").glob("*/status")
    lines = [line for task in tasks for line in task.read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches"))


def test_a_database_that_refuses_is_not_said_to_be_silent_and_work_goes_on_when_it_is_mended(shop: Shop) -> None:
    runner = shop.ready(workers=1)
    with shop.app.database.begin() as connection:
        connection.execute(sa.text("ALTER TABLE jitai_jobs RENAME COLUMN claimed TO was_claimed"))
    job = shop.create("nothing")
    eventually(lambda: "the database refuses what the runner asks" in runner.text(), say=runner.text)
    assert "no such column" in runner.text()
    assert "run `jitai-tasks db upgrade`" in runner.text()
    assert "does not answer" not in runner.text()
    with shop.app.database.begin() as connection:
        connection.execute(sa.text("ALTER TABLE jitai_jobs RENAME COLUMN was_claimed TO claimed"))
    assert shop.done(job).outcome.status is Status.SUCCESS
    assert runner.stop() == 0


def test_a_worker_that_breaks_down_says_where_in_the_log_of_the_runner_and_is_replaced(shop: Shop) -> None:
    runner = shop.ready(workers=1)
    shop.done(shop.create("sabotage"))
    eventually(lambda: "RuntimeError: sabotaged" in runner.text(), say=runner.text)
    assert "Traceback" in runner.text()
    assert "of the runner ends by a fault of its own" in runner.text()
    assert shop.done(shop.create("nothing")).outcome.status is Status.SUCCESS
