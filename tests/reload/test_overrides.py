"""What people change at run time lies over the files: it is shown, it lasts, and it can be taken away."""

from __future__ import annotations

import json

import pytest

from jitai_tasks.cli.main import exit_code
from jitai_tasks.store import runners
from jitai_tasks.store.records import RunnerRecord
from tests.runner.conftest import Shop

from .conftest import Bench


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = exit_code(list(words))
    out, err = capsys.readouterr()
    return code, out, err


def row(shop: Shop, capsys: pytest.CaptureFixture[str], task: str = "tasks.Beat") -> dict[str, object]:
    shop.app.close()
    _, out, _ = said(capsys, "list", str(shop.folder), "--database", shop.url, "--json")
    return next(each for each in json.loads(out) if each["task"] == task)


@pytest.mark.parametrize("verb", ["disable", "pause"])
def test_an_override_is_shown_as_a_difference_and_reverted(
    shop: Shop, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    assert row(shop, capsys)["differs"] == ""
    where = [str(shop.folder), "Beat", "--database", shop.url]
    assert said(capsys, verb, *where)[0] == 0
    assert row(shop, capsys)["differs"] == "from file"
    assert "is as its file says" in said(capsys, "revert", *where)[2]
    assert row(shop, capsys)["differs"] == ""
    assert "already" in said(capsys, "revert", *where)[2]


def test_an_override_survives_the_restart_of_the_runner(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    from jitai_tasks import jobs

    runner = shop.ready(workers=1)
    jobs.set_enabled(shop.app, "tasks.Beat", False)
    runner.stop()
    shop.ready(workers=1)
    assert [job.hold for job in shop.live() if job.task == "tasks.Beat"] == ["the task is disabled"]
    assert row(shop, capsys)["on"] is False


def test_list_tells_where_a_task_is_broken_and_that_a_good_version_is_kept(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = Bench(shop)
    bench.write("tasks/Beat/inner.py", "def f(:\n")
    problem = str(row(shop, capsys)["problem"])
    assert problem.startswith("broken now; a runner that has loaded a good version keeps that")
    assert "tasks/Beat/inner.py:1:7" in problem
    bench.write("tasks/Beat/e.json", "{\n")
    assert "tasks/Beat/e.json:2:1" in str(row(shop, capsys)["problem"])


def test_reload_asks_the_runners_of_this_machine(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    where = [str(shop.folder), "--database", shop.url]
    assert said(capsys, "reload", *where)[0] == 1
    shop.ready(workers=1)
    bench = Bench(shop)
    bench.desk("second")
    code, _, err = said(capsys, "reload", *where)
    assert (code, str(shop.started[0].pid) in err) == (0, True)
    bench.in_effect("second")


def test_doctor_names_runners_on_different_files(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    for number, generation in enumerate(("aaaa", "bbbb")):
        record = RunnerRecord(
            id=number + 1, host=f"host{number}", pid=1, app_id="test.Shop", generation=generation, started=0
        )
        with shop.app.database.begin() as connection:
            runners.register(connection, record)
    shop.app.close()
    _, out, _ = said(capsys, "doctor", str(shop.folder), "--database", shop.url)
    assert "host0:1 runs aaaa, host1:1 runs bbbb" in out
