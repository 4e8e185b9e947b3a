"""Planning: one waiting job per enabled task, whatever happened before; late runs; changed, disabled and lost tasks."""

from __future__ import annotations

import threading

import pytest

from jitai_tasks import planning
from jitai_tasks.store import claims, schedules
from jitai_tasks.store import jobs as stored
from jitai_tasks.testing import app_from as open_app_from
from jitai_tasks.testing import waiting
from tests.app.build import scheduled

NINE = 1_767_603_600_000_000  # 2026-01-05 09:00 UTC, an hour after the clock begins
HOUR, MINUTE = 3_600_000_000, 60_000_000
EACH_MINUTE = {"repeatType": "minute", "period": 1}


def one_task(e_json=None, inner="def customFunc():\n    pass"):
    return {"tasks/Clean/e.json": e_json or scheduled(), "tasks/Clean/inner.py": inner}


@pytest.fixture
def folder(tmp_path):
    """A folder for an app that is opened several times."""
    return tmp_path / "shop"


@pytest.fixture
def reopened(folder, clock):
    """Opens the app of `folder` again, after changes to its files."""
    opened = []

    def reopen(files):
        for app in opened:
            app.close()
        app = open_app_from(folder, files, clock=clock)
        opened.append(app)
        planning.ensure(app)
        return app

    folder.mkdir()
    yield reopen
    for app in opened:
        app.close()


def dues(name="tasks.Clean"):
    return [job.due for job in waiting(name)]


def test_planning_again_and_again_leaves_one_job(app_from):
    app = app_from(one_task())
    assert planning.ensure(app) == 1
    assert [planning.ensure(app) for _ in range(3)] == [0, 0, 0]
    assert dues() == [NINE]


def test_many_runners_that_plan_at_once_plan_each_task_once(app_from, clock):
    names = [f"T{number}" for number in range(30)]
    files = {f"tasks/{name}/e.json": scheduled(EACH_MINUTE) for name in names}
    app = app_from({**files, **{f"tasks/{name}/inner.py": "def customFunc(): pass" for name in names}})
    assert app.database.dialect == "sqlite"
    start = threading.Barrier(4)

    def plan():
        start.wait()
        planning.ensure(app)

    threads = [threading.Thread(target=plan) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.database.read() as conn:
        live = stored.waiting_of(conn, [f"tasks.{name}" for name in names])
    assert {len(jobs) for jobs in live.values()} == {1}


def test_a_disabled_task_and_one_without_times_are_not_planned(app_from):
    off, template = scheduled(enable=0), scheduled()
    del template["timerCfg"]
    app = app_from({"tasks/Off/e.json": off, "tasks/Template/e.json": template})
    assert planning.ensure(app) == 0


def test_a_task_that_cannot_be_planned_is_logged_and_not_in_the_way(app_from, caplog):
    broken = {
        "tasks/OddType/e.json": {"title": "Odd", "type": "tasks.NormalType", "backendBundleEntry": "."},
        "tasks/OddType/__init__.py": "from .loader import Loader",
        "tasks/OddType/loader.py": """
            from tasks.NormalType import Loader as BaseLoader, NormalTask


            class OddTask(NormalTask):
                def getNextRunTime(self, task=None, now=None):
                    raise KeyError("the moon is not full")


            class Loader(BaseLoader):
                taskClass = OddTask
        """,
        "tasks/Odd/e.json": scheduled(type="tasks.OddType"),
    }
    app = app_from({**broken, **one_task()})
    assert planning.ensure(app) == 1
    assert "tasks.Odd cannot be planned" in caplog.text
    assert "the moon is not full" in caplog.text


def test_a_task_whose_files_are_wrong_is_logged_in_one_line(app_from, caplog):
    broken = {
        "tasks/OddType/e.json": {"title": "Odd", "type": "tasks.NormalType", "backendBundleEntry": "."},
        "tasks/OddType/__init__.py": "import nowhere",
        "tasks/Odd/e.json": scheduled(type="tasks.OddType"),
    }
    planning.ensure(app_from(broken))
    (record,) = [each for each in caplog.records if "cannot be planned" in each.message]
    assert record.message.startswith("tasks.Odd cannot be planned: ")
    assert "No module named 'nowhere'" in record.message
    assert "\n" not in record.message
    assert record.exc_info is None


def test_a_type_decides_when_its_tasks_run_next(app_from, clock, drain, history):
    files = {
        "tasks/TwiceType/e.json": {"title": "Twice", "type": "tasks.NormalType", "backendBundleEntry": "."},
        "tasks/TwiceType/__init__.py": "from .loader import Loader",
        "tasks/TwiceType/loader.py": """
            import arrow
            from tasks.NormalType import Loader as BaseLoader, NormalTask


            class TwiceTask(NormalTask):
                def getNextRunTime(self, task=None, now=None):
                    return arrow.get(now).shift(minutes=20)


            class Loader(BaseLoader):
                taskClass = TwiceTask
        """,
        "tasks/Twice/e.json": scheduled(type="tasks.TwiceType"),
        "tasks/Twice/inner.py": "def customFunc(): pass",
    }
    app_from(files)
    drain()
    for _ in range(3):
        clock.advance(minutes=20)
        drain()
    assert [run.job.slot - NINE + HOUR for run in history()] == [20 * MINUTE, 40 * MINUTE, HOUR]


# ---- what changed since the last start


def test_a_changed_rule_moves_the_waiting_run(reopened):
    reopened(one_task())
    assert dues() == [NINE]
    reopened(one_task(scheduled({"repeatType": "hour", "period": 1}, start="2026-01-01 00:30:00")))
    assert dues() == [NINE - HOUR // 2]


def test_a_change_that_is_no_rule_keeps_the_time_and_takes_effect(reopened):
    reopened(one_task())
    reopened(one_task(scheduled(priority=7, timeout=60)))
    (job,) = waiting("tasks.Clean")
    assert (job.due, job.priority, job.timeout_ms) == (NINE, 7, 60_000)


def test_a_task_whose_folder_is_gone_is_held_and_comes_back(reopened, folder, clock):
    reopened(one_task())
    (folder / "tasks/Clean/e.json").unlink()
    reopened({})
    assert [job.hold for job in waiting("tasks.Clean")] == [planning.GONE]
    reopened(one_task())
    assert [(job.hold, job.due) for job in waiting("tasks.Clean")] == [(None, NINE)]


def test_a_task_that_comes_back_after_its_time_is_planned_anew(reopened, folder, clock, drain, history):
    reopened(one_task())
    (folder / "tasks/Clean/e.json").unlink()
    reopened({})
    clock.advance(days=3)
    reopened(one_task())
    drain()
    assert dues() == [NINE + 3 * 24 * HOUR]
    assert history("tasks.Clean") == []


def test_a_task_switched_off_in_its_file_is_held_and_switched_on_is_planned_from_then_on(reopened, clock, drain):
    reopened(one_task())
    reopened(one_task(scheduled(enable=0)))
    assert [job.hold for job in waiting("tasks.Clean")] == [planning.DISABLED]
    clock.advance(days=2)
    reopened(one_task(scheduled(enable=1, title="again")))
    assert [(job.hold, job.due) for job in waiting("tasks.Clean")] == [(None, NINE + 2 * 24 * HOUR)]


def test_another_zone_moves_the_waiting_run(reopened):
    app_json = {"appId": "test.App", "name": "App", "version": "1.0.0"}
    reopened({**one_task(), "app.json": {**app_json, "timezone": "UTC"}})
    reopened({**one_task(), "app.json": {**app_json, "timezone": "America/New_York"}})
    assert dues() == [NINE + 5 * HOUR]


# ---- late


def test_a_run_within_the_grace_time_is_run_late(app_from, clock, drain, history):
    app_from(one_task())
    drain()
    clock.advance(hours=1, minutes=4)
    drain(asleep=True)
    assert [(run.outcome.status, run.job.slot) for run in history()] == [("success", NINE)]


def test_missed_runs_leave_one_row_that_says_how_many_and_the_series_goes_on(app_from, clock, drain, history):
    app_from(one_task())
    drain()
    clock.advance(days=10)
    assert drain(asleep=True) == 1
    (run,) = history()
    assert (run.outcome.status, run.outcome.started) == ("skipped", None)
    assert "10 runs planned from 2026-01-05 09:00:00 to 2026-01-14 09:00:00 missed" in run.outcome.reason
    assert dues() == [NINE + 10 * 24 * HOUR]


def test_a_year_of_a_task_of_every_second_is_counted_and_not_gone_through(app_from, clock, drain, history):
    app_from(one_task(scheduled({"repeatType": "second", "period": 1}, overlap="queue")))
    drain()
    clock.advance(days=365)
    drain(asleep=True)
    skipped = history()[0].outcome
    assert skipped.status == "skipped"
    assert skipped.reason.startswith("31535900 runs planned from 2026-01-05 08:00:01 to ")


def test_misfireGrace_decides_what_is_late(app_from, clock, drain, history):
    app_from(one_task(scheduled(misfireGrace=7200)))
    drain()
    clock.advance(hours=2, minutes=30)
    drain(asleep=True)
    assert [run.outcome.status for run in history()] == ["success"]


def test_runOnce_runs_the_last_of_all_that_were_missed(app_from, clock, drain, history):
    app_from(one_task(scheduled(misfire="runOnce")))
    drain()
    clock.advance(days=10)
    drain(asleep=True)
    assert [(run.outcome.status, run.job.slot - NINE) for run in history()] == [
        ("skipped", 0),
        ("success", 9 * 24 * HOUR),
    ]
    assert "9 runs planned" in history()[0].outcome.reason
    assert dues() == [NINE + 10 * 24 * HOUR]


def test_runAll_runs_all_that_were_missed(app_from, clock, drain, history):
    app_from(one_task(scheduled(misfire="runAll")))
    drain()
    clock.advance(days=3)
    drain(asleep=True)
    assert [run.job.slot - NINE for run in history() if run.outcome.status == "success"] == [0, 24 * HOUR, 48 * HOUR]


def test_runAll_runs_the_latest_misfireMax_of_them(app_from, clock, drain, history):
    app_from(one_task(scheduled(misfire="runAll", misfireMax=2)))
    drain()
    clock.advance(days=5)
    drain(asleep=True)
    assert [run.outcome.status for run in history()] == ["skipped", "success", "success"]


def test_a_one_off_long_past_has_expired_and_is_not_run(app_from, clock, drain, history):
    app_from(one_task(scheduled({"repeatType": "normal"}, start="2026-01-04 09:00:00")))
    for _ in range(3):
        drain(asleep=True)
        clock.advance(hours=1)
    assert [(run.outcome.status, run.outcome.started) for run in history()] == [("expired", None)]


def test_a_one_off_that_was_planned_in_time_runs_however_late(app_from, clock, drain, history):
    app_from(one_task(scheduled({"repeatType": "normal"}, start="2026-01-05 09:00:00")))
    drain()
    clock.advance(days=30)
    drain(asleep=True)
    assert [run.outcome.status for run in history()] == ["success"]


def test_a_one_off_just_past_is_run(app_from, drain, history):
    app_from(one_task(scheduled({"repeatType": "normal"}, start="2026-01-05 07:58:00")))
    drain()
    assert [run.outcome.status for run in history()] == ["success"]


def test_runs_due_while_the_one_before_was_at_work_are_skipped_with_their_number(app_from, clock, drain, history):
    inner = """
        def customFunc():
            app.clock.advance(minutes=3, seconds=30)
    """
    app_from(one_task(scheduled(EACH_MINUTE, start="2026-01-05 09:00:00"), inner))
    drain()
    clock.advance(hours=1)
    drain(asleep=True)
    first, second = history()
    assert [first.outcome.status, second.outcome.status] == ["success", "skipped"]
    assert second.outcome.reason.startswith("3 runs planned from 2026-01-05 09:01:00 to 2026-01-05 09:03:00 skipped")
    assert dues() == [NINE + 4 * MINUTE]


def test_a_series_ends_with_its_end_time(app_from, clock, drain, history):
    app_from(one_task(scheduled(endTime="2026-01-06 09:00:00")))
    drain()
    clock.advance(hours=1)
    for _ in range(4):
        drain()
        clock.advance(days=1)
    assert [run.outcome.status for run in history()] == ["success", "success"]
    assert waiting() == []


# ---- runs that were ended from outside


def claimed(app):
    with app.database.begin() as conn:
        return claims.claim(conn, limit=1, runner=1, worker=1, token=11, now=app.database.now())[0]


def test_a_run_that_was_killed_is_followed_by_what_its_element_says(app_from, clock, capsys):
    files = {
        "tasks/LoudType/e.json": {"title": "Loud", "type": "tasks.NormalType", "backendBundleEntry": "."},
        "tasks/LoudType/__init__.py": "from .loader import Loader",
        "tasks/LoudType/loader.py": """
            from tasks.NormalType import Loader as BaseLoader, NormalTask


            class LoudTask(NormalTask):
                def afterReturn(self, task):
                    super().afterReturn(task)
                    print("after", task.startTime, task.status)


            class Loader(BaseLoader):
                taskClass = LoudTask
        """,
        **one_task(scheduled(type="tasks.LoudType")),
    }
    app = app_from(files)
    planning.ensure(app)
    clock.advance(hours=1)
    job = claimed(app)
    with app.database.begin() as conn:
        assert stored.expire(conn, job.id, 11, now=app.database.now())
    planning.ensure(app)
    planning.ensure(app)
    assert capsys.readouterr().out == "after 2026-01-05 09:00:00 expired\n"
    assert dues() == [NINE + 24 * HOUR]


def test_a_cut_chain_is_healed_from_where_it_was_cut(app_from, clock, drain, history):
    app = app_from(one_task())
    planning.ensure(app)
    clock.advance(hours=1)
    with app.database.begin() as conn:
        stored.terminate(conn, claimed_id(conn), now=app.database.now())
    clock.advance(days=2)
    drain(asleep=True)
    assert [run.outcome.status for run in history()] == ["terminated", "skipped", "success"]
    assert dues() == [NINE + 3 * 24 * HOUR]


def claimed_id(conn):
    return stored.find(conn, task="tasks.Clean")[0].id


def test_what_planned_the_task_is_remembered(app_from):
    app = app_from(one_task())
    planning.ensure(app)
    with app.database.read() as conn:
        state = schedules.get(conn, "tasks.Clean")
    assert state.watermark == NINE
    assert app.catalog.definitions["tasks.Clean"].hash in state.definition_hash


def test_a_job_without_a_function_waits_and_goes_on_when_the_function_is_there(reopened, drain, history):
    from jitai_tasks import jobs

    app = reopened({"services/Mail.py": "def send(): pass"})
    jobs.create_temporary(app, "services.Mail.send")
    reopened({"services/Mail.py": "def sendAll(): pass"})
    drain()
    assert [job.hold.startswith("func 'services.Mail.send'") for job in waiting()] == [True]
    reopened({"services/Mail.py": "def send():\n    return 'sent'"})
    drain()
    assert [run.outcome.result for run in history()] == ['"sent"']


def test_a_task_without_any_function_is_held_with_what_to_do_and_goes_on_when_it_has_one(
    reopened, clock, drain, history
):
    reopened({"tasks/Clean/e.json": scheduled()})
    clock.advance(hours=1)
    drain()
    (job,) = waiting()
    assert job.hold == (
        "tasks.Clean: the task names no func and its package has no customFunc;"
        " set func in its e.json, or write customFunc"
    )
    assert history() == []
    reopened(one_task())
    drain()
    assert [run.outcome.status for run in history()] == ["success"]


def test_a_job_of_a_type_that_needs_no_function_goes_on_when_the_type_is_there_again(reopened, clock, drain, history):
    own = """
        from tasks.NormalType import Loader as Above, NormalTask


        class Greeting(NormalTask):
            def handle(self, task):
                return "hello"


        class Loader(Above):
            taskClass = Greeting
    """
    kind = {"type": "tasks.NormalType", "title": "Greets"}
    files = {"tasks/Clean/e.json": scheduled(type="tasks.Greets"), "tasks/Greets/e.json": kind}
    reopened({**files, "tasks/Greets/__init__.py": own})
    clock.advance(hours=1)
    reopened({**files, "tasks/Greets/__init__.py": "from tasks.NormalType import Loader"})
    drain()
    assert ["names no func" in job.hold for job in waiting()] == [True]
    reopened({**files, "tasks/Greets/__init__.py": own})
    drain()
    assert [run.outcome.result for run in history()] == ['"hello"']


def test_a_retry_of_its_run_is_no_planned_run_and_left_alone(reopened, clock, drain):
    failing = "def customFunc():\n    raise ValueError('not yet')"
    reopened(one_task(scheduled(retry={"max": 3, "delay": 7200}), failing))
    clock.advance(hours=1)
    drain()
    assert dues() == [NINE + 2 * HOUR, NINE + 24 * HOUR]
    reopened(one_task(scheduled(title="another", retry={"max": 3, "delay": 7200}), failing))
    assert dues() == [NINE + 2 * HOUR, NINE + 24 * HOUR]


def test_a_canceled_run_of_a_series_is_followed_by_the_next(app_from):
    from jitai_tasks import jobs

    app = app_from(one_task())
    planning.ensure(app)
    (job,) = waiting()
    assert jobs.cancel(app, job.id, reason="not today")
    assert dues() == [NINE + 24 * HOUR]
    assert not jobs.cancel(app, job.id)
    assert jobs.latest(app, job.id).status == "canceled"
    assert jobs.get(app, "no id") is None
