"""Processes that a task forks are ordinary ones: signals end them, and they never go on as the worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from jitai_tasks.store.records import Status

from .conftest import Shop, shop_at

FORKING = """
import multiprocessing, os, signal, sys, time

#: The runner of a test is a daemon of multiprocessing itself, which would not allow children.
multiprocessing.current_process()._config["daemon"] = False


def pool():
    with multiprocessing.get_context("fork").Pool(2) as workers:
        return workers.map(abs, [-1, -2])


def terminated():
    child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(600,))
    child.start()
    child.terminate()
    child.join()
    return child.exitcode


def comes_back(how, path):
    child = os.fork()
    if child == 0:
        print("from the child")
        if how == "exit":
            sys.exit(7)
        if how == "text":
            sys.exit("a last word")
        if how == "raise":
            raise KeyError("in the child")
        return "of the child"
    _, status = os.waitpid(child, 0)
    with open(path, "a") as file:
        file.write("once\\n")
    return os.waitstatus_to_exitcode(status)
"""
FILES: dict[str, object] = {
    "services/Forking/e.json": {"title": "Forking", "type": "services.NormalType"},
    "services/Forking/__init__.py": FORKING,
}


@pytest.fixture
def forking(tmp_path: Path) -> Iterator[Shop]:
    yield from shop_at(tmp_path, f"sqlite:///{tmp_path / 'jobs.sqlite3'}", FILES)


def test_a_pool_of_processes_works_and_ends(forking: Shop) -> None:
    forking.ready(workers=1)
    runs = [forking.done(forking.create_of("Forking", "pool")) for _ in range(3)]
    assert [run.outcome.result for run in runs] == ["[1,2]"] * 3


def test_a_child_is_ended_by_a_signal_as_usual(forking: Shop) -> None:
    forking.ready(workers=1)
    assert forking.done(forking.create_of("Forking", "terminated")).outcome.result == "-15"


@pytest.mark.parametrize(
    ("how", "code", "said"),
    [("return", 0, ""), ("exit", 7, ""), ("text", 1, "a last word"), ("raise", 1, "KeyError: 'in the child'")],
)
def test_a_child_that_comes_back_from_the_function_ends_there(forking: Shop, how: str, code: int, said: str) -> None:
    runner = forking.ready(workers=1)
    family = {process.pid for process in runner.family()}
    run = forking.done(forking.create_of("Forking", "comes_back", how=how, path=forking.path("log")))
    assert (run.outcome.status, run.outcome.result) == (Status.SUCCESS, str(code))
    assert "from the child" in run.outcome.log
    assert said in run.outcome.log
    assert forking.lines("log") == ["once"]
    assert {process.pid for process in psutil.Process(runner.pid).children(recursive=True)} == family
