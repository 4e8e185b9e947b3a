"""The kit that users test their tasks with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jitai_tasks import App
from jitai_tasks.testing import MovingClock, app_from, waiting, write_files
from tests.counting import at_most

DAILY = {
    "title": "Daily",
    "type": "tasks.NormalType",
    "enable": 1,
    "funcType": "Inner",
    "timerCfg": {"startTime": "2026-01-05 09:00:00", "repeat": {"repeatType": "day", "period": 1}},
}
REPORT = {"tasks/Report/e.json": DAILY, "tasks/Report/inner.py": "def customFunc():\n    return 'sent'\n"}


def test_a_task_runs_when_the_clock_gets_there(app_from, clock, drain, history):
    app_from(REPORT)
    assert drain() == 0
    assert [job.due for job in waiting("tasks.Report")] == [clock.now() + 3_600_000_000]
    clock.advance(hours=1)
    assert drain() == 1
    assert [(run.outcome.status, run.outcome.result) for run in history("tasks.Report")] == [("success", '"sent"')]
    assert history(status="error") == []


def test_a_year_of_a_daily_task_takes_about_a_second(app_from, clock, drain, history):
    app_from(REPORT)
    drain()
    clock.advance(days=365)
    with at_most(365 * 6_000):
        ran = drain()
    assert ran == 365
    runs = history("tasks.Report", status="success")
    assert len(runs) == 365
    assert {datetime.fromtimestamp(run.outcome.started / 1e6, UTC).hour for run in runs} == {9}


def test_days_can_be_lived_one_by_one(app_from, clock, drain):
    app_from(REPORT)
    for _ in range(3):
        clock.advance(days=1)
        assert drain() == 1


def test_what_was_due_while_no_runner_ran_is_late(app_from, clock, drain, history):
    app_from(REPORT)
    drain()
    clock.advance(days=3)
    drain(asleep=True)
    assert {str(run.outcome.status) for run in history("tasks.Report")} == {"skipped"}


def test_a_task_that_fails_says_so_in_the_history(app_from, clock, drain, history):
    app_from(
        {**REPORT, "tasks/Report/inner.py": "def customFunc():\n    print('trying')\n    raise ValueError('no')\n"}
    )
    drain()
    clock.advance(hours=1)
    drain()
    (run,) = history("tasks.Report")
    assert (run.outcome.status, run.outcome.error_type, run.outcome.error) == ("error", "ValueError", "no")
    assert "trying" in run.outcome.log
    assert len(waiting("tasks.Report")) == 1


def test_something_that_creates_itself_for_ever_is_noticed(app_from, drain):
    app = app_from(
        {
            "services/Loop.py": """
            from tasks.TemporaryType import createTemporaryTask
            def again():
                createTemporaryTask("services.Loop.again")
        """
        }
    )
    from jitai_tasks.testing import tables

    tables(app)
    from tasks.TemporaryType import createTemporaryTask

    createTemporaryTask("services.Loop.again")
    with pytest.raises(AssertionError, match="again and again"):
        drain(limit=1_500)


def test_the_clock_moves_by_parts_and_to_moments():
    clock = MovingClock()
    clock.advance(days=1, minutes=2)
    assert clock.moment == datetime(2026, 1, 6, 8, 2, tzinfo=UTC)
    clock.advance(timedelta(seconds=-60))
    clock.move_to(datetime(2030, 1, 1, tzinfo=UTC))
    assert clock.moment.year == 2030


def test_files_are_written_as_text_bytes_or_json(tmp_path):
    write_files(tmp_path, {"a/b.py": "\n    x = 1\n", "c.bin": b"\xff", "d.json": {"e": [1]}, "f.json": [2]})
    assert (tmp_path / "a/b.py").read_text() == "\nx = 1\n"
    assert (tmp_path / "c.bin").read_bytes() == b"\xff"
    assert (tmp_path / "d.json").read_text().startswith('{\n  "e"')


def test_the_function_form_takes_a_folder(tmp_path):
    with app_from(tmp_path, REPORT) as app:
        assert App.current() is app
        assert [task.full_name for task in app.tasks()] == ["tasks.Report"]


def test_opening_a_second_app_in_one_test_closes_the_first(app_from):
    first = app_from(REPORT)
    second = app_from(folder=None or first.root.parent / "second")
    assert App.current() is second


def test_the_developers_own_database_is_never_touched(app_from, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://somewhere/important")
    monkeypatch.setenv("JITAI_TASKS_DATABASE", "postgresql://somewhere/important")
    assert app_from().database.dialect == "sqlite"
