"""Who listens to a task hears of its end also when nobody is left to tell: its worker was killed, or has died."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from jitai_tasks import jobs
from jitai_tasks.events import listeners, teller
from jitai_tasks.runner.plan import Plan
from jitai_tasks.runner.threads import Runner
from jitai_tasks.store import claims, history
from jitai_tasks.store import jobs as stored
from jitai_tasks.store.records import Run

from .conftest import SERVICE, Shop, eventually, shop_at

HEARD = """

def hear(ended):
    note(app.root / "heard", f"{ended.task} {ended.status} {ended.taskId} {ended.error}")
"""
TASK = {"type": "tasks.NormalType", "enable": 1, "backendBundleEntry": ".", "title": "T"}
TIMER = {"startTime": "2099-01-01 00:00:00", "repeat": {"repeatType": "normal"}}


def listener(name: str, sender: str) -> dict[str, object]:
    config = {"title": name, "type": "events.NormalType", "func": "services.Shop.hear", "sender": sender, "priority": 3}
    return {f"events/{name}/e.json": config}


FILES: dict[str, object] = {
    "services/Shop/__init__.py": SERVICE + HEARD,
    "tasks/Long/e.json": {**TASK, "func": "services.Shop.stubborn", "timerCfg": TIMER, "timeout": 0.5},
    "tasks/Once/e.json": {**TASK, "func": "services.Shop.note", "timerCfg": TIMER, "onInterrupt": "error"},
    "tasks/Slow/e.json": {**TASK, "func": "services.Shop.note", "timerCfg": TIMER, "timeout": 0.2},
    **listener("SlowExpired", "tasks.Slow.onExpired"),
    **listener("LongExpired", "tasks.Long.onExpired"),
    **listener("LongFailed", "tasks.Long.onError"),
    **listener("OnceFailed", "tasks.Once.onError"),
}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    yield from shop_at(tmp_path, f"sqlite:///{tmp_path / 'jobs.sqlite3'}", FILES)


def heard(shop: Shop) -> list[list[str]]:
    return [line.rsplit(" ", 1)[0].split(" ", 3) for line in shop.lines("heard")]


def run_now(shop: Shop, task: str, **arguments: object) -> int:
    return jobs.run_now(shop.app, task, arguments)


def ended_runs(shop: Shop, task: str) -> list[Run]:
    with shop.app.database.read() as connection:
        return history.find(connection, task=task)


def test_a_run_that_is_killed_at_its_time_limit_is_told_once(shop: Shop) -> None:
    shop.ready(workers=1)
    run_now(shop, "tasks.Long", path=shop.path("log"))
    eventually(lambda: ended_runs(shop, "events.LongExpired"), say=shop.logs)
    [long] = ended_runs(shop, "tasks.Long")
    [[task, status, task_id, error]] = heard(shop)
    assert (task, status, int(task_id, 16)) == ("tasks.Long", "expired", long.job.id)
    assert error == "over its time limit of 0.5 s"
    assert not ended_runs(shop, "events.LongFailed")


def test_a_run_whose_worker_dies_and_that_must_not_run_twice_is_told_as_an_error(shop: Shop) -> None:
    shop.ready(workers=1)
    run_now(shop, "tasks.Once", path=shop.path("log"), line="x", seconds=60)
    eventually(lambda: shop.lines("log"), say=shop.logs)
    os.kill(int(shop.lines("log")[0].split()[1]), signal.SIGKILL)
    eventually(lambda: ended_runs(shop, "events.OnceFailed"), say=shop.logs)
    assert [line[:2] for line in heard(shop)] == [["tasks.Once", "error"]]


def test_in_threads_too(shop: Shop) -> None:
    runner = Runner(shop.app, Plan(app_path="", runner=7, workers=2))
    runner.start()
    run_now(shop, "tasks.Slow", path=shop.path("log"), line="x", seconds=1)
    eventually(lambda: ended_runs(shop, "events.SlowExpired"))
    assert runner.stop()
    assert [line[:2] for line in heard(shop)] == [["tasks.Slow", "expired"]]


def test_the_call_is_undone_with_the_end_it_tells_of(shop: Shop) -> None:
    database = shop.app.database
    database.tell = teller(listeners(shop.app))
    job = run_now(shop, "tasks.Long", path="x")
    with database.begin() as connection:
        claims.claim(connection, limit=1, runner=1, worker=1, token=5, now=database.now() + 10**6)
    with pytest.raises(RuntimeError), database.begin() as connection:
        assert stored.expire(connection, job, 5, now=1)
        assert [each.task for each in stored.find(connection)] == ["events.LongExpired"]
        raise RuntimeError
    assert [each.task for each in shop.live()] == ["tasks.Long"]
    with database.begin() as connection:
        assert stored.expire(connection, job, 5, now=1)
    [call] = shop.live()
    assert (call.task, call.task_type, call.priority) == ("events.LongExpired", "events.NormalType", 3)
