"""What people change at run time lies over the files: it is shown, it lasts, and it can be taken away."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jitai_tasks import open_app
from jitai_tasks.cli.main import exit_code
from jitai_tasks.store import runners
from jitai_tasks.store.records import RunnerRecord
from tests.runner.conftest import Shop, eventually

from .conftest import TASK, Bench


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
    eventually(lambda: any(job.task == "tasks.Beat" for job in shop.live()), say=shop.logs)
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


AT_SEVEN = {"startTime": "2026-01-01 07:00:00", "repeat": {"repeatType": "day", "period": 1}}


def due_of(shop: Shop) -> list[tuple[int, str | None]]:
    return [(job.due // 1_000_000 % 86_400, job.hold) for job in shop.live() if job.task == "tasks.Beat"]


@pytest.mark.parametrize("threads", [False, True], ids=["processes", "threads"])
def test_another_rule_holds_until_it_is_reverted_and_outlives_the_runner(
    shop: Shop, capsys: pytest.CaptureFixture[str], threads: bool
) -> None:
    runner = shop.ready(workers=1, threads=threads)
    eventually(lambda: due_of(shop) == [(0, None)], say=shop.logs)
    shop.app.close()
    where = [str(shop.folder), "Beat", "--database", shop.url]
    code, _, err = said(capsys, "reschedule", *where, "--timer", json.dumps(AT_SEVEN))
    assert (code, "07:00:00" in err) == (0, True), err
    assert due_of(shop) == [(7 * 3600, None)]
    runner.stop()
    shop.run(workers=1, threads=threads)
    eventually(lambda: shop.runners() == 1, say=shop.logs)
    said(capsys, "pause", *where)
    said(capsys, "resume", *where)
    assert due_of(shop) == [(7 * 3600, None)]
    shown = row(shop, capsys)
    assert (shown["differs"], str(shown["next"])[11:19]) == ("from file", "07:00:00")
    assert "is as its file says" in said(capsys, "revert", *where)[2]
    assert due_of(shop) == [(0, None)]


def test_a_run_is_followed_by_the_rule_that_was_set_while_it_was_at_work(shop: Shop) -> None:
    from jitai_tasks import jobs

    bench = Bench(shop)
    bench.write(
        "tasks/Often/e.json",
        {
            **TASK, "func": "services.Shop.note", "argDict": {"path": shop.path("log"), "line": "run", "seconds": 1.5},
            "timerCfg": {"startTime": "2026-01-01 00:00:00", "repeat": {"repeatType": "second", "period": 1}},
        },
    )  # fmt: skip
    shop.app.close()
    with open_app(shop.folder, database=shop.url) as app:
        shop.app = app
        shop.ready(workers=1)
        eventually(lambda: shop.lines("log"), say=shop.logs)
        eventually(lambda: any(job.task == "tasks.Often" for job in shop.running()), say=shop.logs)
        jobs.reschedule(app, "tasks.Often", AT_SEVEN)

        def dues() -> set[int]:
            return {job.due // 1_000_000 % 86_400 for job in shop.live() if job.task == "tasks.Often"}

        eventually(lambda: dues() == {7 * 3600}, say=shop.logs)


def test_every_answer_about_the_future_follows_the_other_rule(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.app.close()
    where = [str(shop.folder), "Beat", "--database", shop.url]
    everything = [str(shop.folder), "--database", shop.url]
    (shop.folder / "seven.json").write_text(json.dumps(AT_SEVEN))
    said(capsys, "reschedule", *where, "--timer", f"@{shop.folder / 'seven.json'}")
    for words in (
        ["next", *where], ["next", *everything], ["explain", *where], ["calendar", *everything],
        ["simulate", *everything, "--from", "2026-12-01", "--to", "2026-12-02", "--runs"],
    ):  # fmt: skip
        code, out, err = said(capsys, *words)
        assert (code, "07:00" in out) == (0, True), (words, out, err)
    code, out, _ = said(capsys, "show-config", *where, "--json")
    settings = {each["key"]: (each["value"], each["source"]) for each in json.loads(out)["settings"]}
    assert settings["timerCfg/startTime"] == ("2026-01-01 07:00:00", "the database, over the file")
    said(capsys, "revert", *where)
    assert "e.json" in said(capsys, "show-config", *where)[1].split("timerCfg/startTime")[1].splitlines()[0]


@pytest.mark.parametrize(
    ("timer", "wrong"),
    [
        ('{"startTime": "2026-01-01 00:00:00", "repeat": {"repeatType": "dayly"}}', "timerCfg/repeat/repeatType"),
        ('{"startTime": "2026-01-01 00:00:00", "repeat": {"repeatType": "day", "perod": 2}}', "did you mean 'period'"),
        ('{"startTime": "2026-01-01 00:00:00", "repeat": {"repeatType": "cron", "cron": "61 * * * *"}}', "minute"),
        ('{"timezone": "Asia/Tokyo", "repeat": {"repeatType": "day"}}', "timerCfg/timezone: it belongs to the task"),
        ("{", "--timer"),
        ("@nowhere.json", "there is no file nowhere.json"),
    ],
)
def test_a_rule_without_sense_is_refused_and_changes_nothing(
    shop: Shop, capsys: pytest.CaptureFixture[str], timer: str, wrong: str
) -> None:
    shop.app.close()
    code, _, err = said(capsys, "reschedule", str(shop.folder), "Beat", "--database", shop.url, "--timer", timer)
    assert code != 0
    assert wrong in err
    assert row(shop, capsys)["differs"] == ""


def test_old_spellings_are_understood_and_the_rule_of_the_file_is_no_difference(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    from jitai_tasks import jobs

    jobs.reschedule(shop.app, "tasks.Beat", {"startTime": "2026/1/1 7:00", "repeat": {"repeatType": "Days"}})
    assert row(shop, capsys)["next"][11:19] == "07:00:00"  # type: ignore[index]
    with open_app(shop.folder, database=shop.url) as app:
        app.getElement("services.TaskSvc").rescheduleTask("tasks.Beat", TASK["timerCfg"])
    assert row(shop, capsys)["differs"] == ""


def test_a_task_that_follows_rows_has_no_rule_to_change(app_from: Any) -> None:
    from jitai_tasks import jobs
    from jitai_tasks.errors import InvalidTime

    app = app_from({"tasks/Hand/e.json": {"title": "Hand", "type": "tasks.TemporaryType"}})
    with pytest.raises(InvalidTime, match=r"tasks\.Hand is no scheduled task"):
        jobs.reschedule(app, "tasks.Hand", AT_SEVEN)


def test_list_tells_what_a_runner_could_not_load_until_it_can(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.ready(workers=1, reload=True)
    bench = Bench(shop)
    bench.write("tasks/Beat/__init__.py", "import nowhere\n")
    bench.logged("its last good version stays in use")
    eventually(lambda: "ModuleNotFoundError" in str(row(shop, capsys)["problem"]), say=shop.logs)
    assert "a runner could not load this: tasks/Beat/__init__.py:1:1: " in str(row(shop, capsys)["problem"])
    bench.write("tasks/Beat/__init__.py", "")
    eventually(lambda: row(shop, capsys)["problem"] == "", say=shop.logs)


def test_a_job_finds_its_task_also_while_the_database_does_not_tell_the_rule(app_from: Any) -> None:
    import sqlalchemy as sa

    from jitai_tasks import planning
    from jitai_tasks.store import jobs as stored

    task = {key: value for key, value in TASK.items() if key != "func"}
    app = app_from({"tasks/Beat/e.json": task, "tasks/Beat/inner.py": "def customFunc():\n    pass\n"})
    planning.ensure(app)
    with app.database.begin() as connection:
        [job] = stored.find(connection, limit=5)
        connection.execute(sa.text("ALTER TABLE jitai_schedules RENAME TO away"))
    assert planning.task_object(app, job).fullName == "tasks.Beat"
