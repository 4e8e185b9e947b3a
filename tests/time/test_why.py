"""Why something has not run: every cause by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from jitai_tasks import jobs, outlook, planning
from jitai_tasks.ids import shown
from jitai_tasks.outlook import Cause
from jitai_tasks.store import claims, runners
from jitai_tasks.store import jobs as stored
from jitai_tasks.store.records import RunnerRecord
from jitai_tasks.testing import app_from as open_app_from
from jitai_tasks.testing import waiting
from tests.time.build import EACH_MINUTE, claimed, one_task, scheduled


@pytest.fixture
def ask(app_from, drain):
    """Opens an app with one task, plans it, and answers why it has not run."""

    def asked(app=None, target="Clean", **keys):
        if app is None:
            app = app_from(one_task(**keys))
            planning.ensure(app)
        return outlook.why(app, target)

    return asked


def runner(app, *queues):
    """A runner that is alive."""
    with app.database.begin() as conn:
        record = RunnerRecord(id=5, host="here", pid=1, queues=queues or ("default",), started=app.database.now())
        runners.register(conn, record)


def text_of(answer, cause):
    return next(reason.text for reason in answer.reasons if reason.cause is cause)


def test_disabled_by_its_file(ask):
    answer = ask(enable=0)
    assert answer.causes[0] is Cause.DISABLED
    assert "its e.json says so" in answer.reasons[0].text
    assert answer.reasons[0].advice == "jitai-tasks enable Clean"


def test_disabled_by_people(app_from, ask):
    app = app_from(one_task())
    jobs.set_enabled(app, "tasks.Clean", False)
    assert ask(app).reasons[0].text == "the task is off: people switched it off"


def test_paused(app_from, ask):
    app = app_from(one_task())
    planning.ensure(app)
    jobs.pause(app, "tasks.Clean")
    assert ask(app).causes[0] is Cause.PAUSED


def test_not_due(ask):
    answer = ask()
    assert answer.causes == [Cause.NOT_DUE]
    assert answer.reasons[0].text == "it is not due before 2026-01-05 09:00:00"


def test_no_runner_is_alive(app_from, clock, ask):
    app = app_from(one_task())
    planning.ensure(app)
    clock.advance(hours=2)
    answer = ask(app)
    assert answer.causes[0] is Cause.NO_RUNNER
    assert answer.reasons[0].text == "it is due since 2026-01-05 09:00:00, and no runner is alive"


def test_a_queue_without_worker(app_from, clock, ask):
    app = app_from(one_task(queue="mails"))
    planning.ensure(app)
    clock.advance(hours=2)
    runner(app)
    answer = ask(app)
    assert answer.causes[0] is Cause.QUEUE_WITHOUT_WORKER
    assert "in the queue mails, which no runner works on; they work on: default" in answer.reasons[0].text


def test_all_workers_are_busy(app_from, clock, ask):
    app = app_from(one_task())
    planning.ensure(app)
    clock.advance(hours=2)
    runner(app)
    assert ask(app).causes[0] is Cause.BUSY


def test_it_runs_now(app_from, clock, ask):
    app = app_from(one_task())
    planning.ensure(app)
    clock.advance(hours=1)
    (job,) = claimed(app)
    answer = ask(app)
    assert answer.causes == [Cause.RUNNING]
    assert shown(job.id) in answer.reasons[0].text


def test_another_run_is_at_work(app_from, clock, ask):
    app = app_from(one_task())
    planning.ensure(app)
    jobs.run_now(app, "tasks.Clean")
    claimed(app)
    clock.advance(hours=1)
    answer = ask(app)
    assert answer.causes[:2] == [Cause.RUNNING, Cause.OVERLAP]
    assert "overlap is skip" in text_of(answer, Cause.OVERLAP)


def test_skipped_because_the_run_before_was_at_work(app_from, clock, drain, ask):
    app = app_from(one_task("def customFunc(): app.clock.advance(minutes=3)", repeat=EACH_MINUTE))
    drain()
    clock.advance(minutes=1)
    drain(asleep=True)
    assert Cause.OVERLAP in ask(app).causes


def test_missed_while_no_runner_ran(app_from, clock, drain, ask):
    app = app_from(one_task())
    drain()
    clock.advance(days=3)
    drain(asleep=True)
    answer = ask(app)
    assert answer.causes == [Cause.NOT_DUE, Cause.MISSED]
    assert text_of(answer, Cause.MISSED).startswith("3 runs planned from 2026-01-05 09:00:00")


def test_skipped_by_a_pause(app_from, clock, drain, ask):
    app = app_from(one_task())
    drain()
    jobs.pause(app, "tasks.Clean")
    clock.advance(days=3)
    jobs.resume(app, "tasks.Clean")
    assert ask(app).causes == [Cause.NOT_DUE, Cause.PAUSED]


def test_a_day_off(app_from, ask):
    e_json = scheduled()
    e_json["timerCfg"] |= {"skipHoliday": 1, "calendar": "calendars.Firm"}
    firm = {"title": "Firm", "type": "calendars.NormalType", "backendBundleEntry": ".", "add": ["2026-01-05"]}
    files = {
        "tasks/Clean/e.json": e_json,
        "tasks/Clean/inner.py": "def customFunc(): pass",
        "calendars/Firm/e.json": firm,
    }
    app = app_from(files)
    planning.ensure(app)
    told = text_of(ask(app), Cause.HOLIDAY)
    assert "is a day off in calendars.Firm" in told


def test_the_day_off_that_passed_last_is_told(app_from, clock, ask):
    e_json = scheduled()
    e_json["timerCfg"] |= {"skipHoliday": 1, "calendar": "calendars.Weekends"}
    weekends = {"title": "Weekends", "type": "calendars.NormalType", "backendBundleEntry": "."}
    files = {
        "tasks/Clean/e.json": e_json,
        "tasks/Clean/inner.py": "def customFunc(): pass",
        "calendars/Weekends/e.json": weekends,
    }
    app = app_from(files)
    clock.advance(days=12, hours=2)
    told = text_of(ask(app), Cause.HOLIDAY)
    assert told.startswith("2026-01-17 09:00:00 is a day off in calendars.Weekends; the next run: 2026-01-19 09:00:00")


def test_a_clock_change_that_leaves_a_run_out(app_from, clock, drain, ask):
    e_json = scheduled(timezone="Europe/Berlin", start="2026-01-01 02:30:00")
    e_json["timerCfg"]["dst"] = {"gap": "skip"}
    app = app_from({"tasks/Clean/e.json": e_json, "tasks/Clean/inner.py": "def customFunc(): pass"})
    drain()
    clock.advance(days=83, hours=2)
    drain()
    assert "fell into the clock change (+1 h): left out" in text_of(ask(app), Cause.CLOCK_CHANGE)


def test_held_because_its_function_is_missing(app_from, clock, drain, ask):
    app = app_from({"tasks/Clean/e.json": scheduled(funcType="Global", func="services.Gone.run")})
    drain()
    clock.advance(hours=1)
    drain()
    answer = ask(app)
    assert answer.causes[0] is Cause.HELD
    assert "services.Gone" in answer.reasons[0].text


def test_broken_files(app_from, ask):
    app = app_from({"tasks/Clean/e.json": '{"title": '})
    answer = ask(app)
    assert answer.causes == [Cause.BROKEN]
    assert "tasks/Clean/e.json:1:" in answer.reasons[0].text


def test_a_calendar_that_is_missing(app_from, ask):
    e_json = scheduled()
    e_json["timerCfg"] |= {"skipHoliday": 1, "calendar": "calendars.Gone"}
    app = app_from({"tasks/Clean/e.json": e_json, "tasks/Clean/inner.py": "def customFunc(): pass"})
    planning.ensure(app)
    assert ask(app).causes == [Cause.BROKEN]


def test_its_files_are_gone(tmp_path, clock):
    with open_app_from(tmp_path, one_task(), clock=clock) as app:
        planning.ensure(app)
    (tmp_path / "tasks/Clean/e.json").unlink()
    with open_app_from(tmp_path, {}, clock=clock) as app:
        assert outlook.why(app, "tasks.Clean").causes == [Cause.GONE]


def test_its_end_has_passed(ask, clock):
    clock.advance(days=2)
    answer = ask(endTime="2026-01-06 09:00:00")
    assert answer.causes == [Cause.ENDED]
    assert "its endTime has passed: 2026-01-06 09:00:00" in answer.reasons[0].text


def test_an_end_that_is_a_date_has_passed_with_its_day(ask, clock):
    clock.advance(days=2)
    assert ask(endTime="2026-01-06").reasons[0].text == "its endTime has passed: 2026-01-06 23:59:59"


def test_it_has_no_times_of_its_own(app_from, ask):
    e_json = scheduled(enable=0)
    del e_json["timerCfg"]
    app = app_from({"tasks/Clean/e.json": e_json, "tasks/Clean/inner.py": "def customFunc(): pass"})
    planning.ensure(app)
    assert ask(app).causes == [Cause.DISABLED, Cause.NO_TIMES]


def test_no_runner_has_planned_it_yet(app_from, ask):
    assert ask(app_from(one_task())).causes == [Cause.NOT_PLANNED]


def test_quarantined_after_its_workers_died_again_and_again(app_from, clock, ask):
    app = app_from(one_task())
    planning.ensure(app)
    clock.advance(hours=1)
    for _ in range(claims.MOST_INTERRUPTIONS):
        (job,) = claimed(app)
        with app.database.begin() as conn:
            claims.release_worker(conn, job.worker, now=app.database.now())
    assert Cause.QUARANTINED in ask(app).causes


def test_failed_and_waiting_for_another_attempt(app_from, clock, drain, ask):
    app = app_from(one_task("def customFunc(): raise ValueError('no')", retry={"max": 3, "delay": 600}))
    drain()
    clock.advance(hours=1)
    drain()
    assert ask(app).causes == [Cause.NOT_DUE, Cause.RETRYING, Cause.FAILED]


def test_ended_by_force_and_canceled(app_from, clock, ask):
    app = app_from(one_task())
    planning.ensure(app)
    jobs.end(app, waiting("tasks.Clean")[0].id)
    assert Cause.FORCED in ask(app).causes
    jobs.cancel(app, waiting("tasks.Clean")[0].id, reason="not today")
    clock.advance(minutes=1)
    assert "not today" in text_of(ask(app), Cause.CANCELED)


def test_expired(app_from, clock, ask):
    app = app_from(one_task(timeout=60))
    planning.ensure(app)
    clock.advance(hours=1)
    (job,) = claimed(app)
    clock.advance(minutes=2)
    with app.database.begin() as conn:
        stored.expire(conn, job.id, 77, now=app.database.now())
    assert "over its time limit of 60 s" in text_of(ask(app), Cause.EXPIRED)


def test_it_did_run(app_from, clock, drain, ask):
    app = app_from(one_task())
    drain()
    clock.advance(hours=1)
    drain()
    assert ask(app).causes == [Cause.NOT_DUE, Cause.SUCCEEDED]


def test_no_row_has_a_date_to_come(app_from):
    field = {"fieldId": "start", "name": "start", "dataType": "Datetime"}
    key = {"fieldId": "id", "name": "id", "dataType": "AutoInt", "primaryKey": True}
    model = {"title": "M", "type": "models.NormalType", "backendBundleEntry": ".", "fieldList": [key, field]}
    task = {
        "title": "Remind", "type": "tasks.DateFieldType", "enable": 1, "modelPath": "models.Meeting",
        "backendBundleEntry": ".", "timerCfg": {"startField": "start", "repeat": {"repeatType": "normal"}},
    }  # fmt: skip
    inner = "def customFunc(row): pass"
    files = {"models/Meeting/e.json": model, "tasks/Remind/e.json": task, "tasks/Remind/inner.py": inner}
    assert outlook.why(app_from(files), "Remind").causes == [Cause.NO_ROW]


MOONLIT = {
    "tasks/MoonType/e.json": {"title": "Moon", "type": "tasks.NormalType", "backendBundleEntry": "."},
    "tasks/MoonType/__init__.py": "from .loader import Loader",
    "tasks/MoonType/loader.py": """
        from jitai_tasks.lateness import Refusal
        from jitai_tasks.store.records import Status
        from tasks.Meta import Loader as BaseLoader
        from tasks.NormalType import NormalTask


        class MoonTask(NormalTask):
            def admit(self, task, now):
                return Refusal(status=Status.SKIPPED, reason="the moon is not full")


        class Loader(BaseLoader):
            taskClass = MoonTask
    """,
}


def test_skipped_for_a_reason_of_its_own_type(app_from, clock, drain, ask):
    app = app_from({**MOONLIT, **one_task(type="tasks.MoonType")})
    drain()
    clock.advance(hours=1)
    drain()
    answer = ask(app)
    assert answer.causes == [Cause.NOT_DUE, Cause.SKIPPED]
    assert text_of(answer, Cause.SKIPPED).endswith("skipped: the moon is not full")


def test_no_cause_is_without_a_test():
    tested = "".join(Path(__file__).with_name(name).read_text() for name in ("test_why.py", "test_why_by_id.py"))
    assert {cause for cause in Cause if f"Cause.{cause.name}" not in tested} == set()
