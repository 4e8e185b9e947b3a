"""Late and overlapping runs, by the policies; pause and resume; what has begun is never too late."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from jitai_tasks import jobs, planning
from jitai_tasks.clock import SystemClock, moment
from jitai_tasks.models.taskrows import task_row
from jitai_tasks.store import claims
from jitai_tasks.store import jobs as stored
from jitai_tasks.testing import APP_JSON, waiting
from tests.time.build import DAY, EACH_MINUTE, MINUTE, NINE, claimed, one_task

SLOW = """
    def customFunc():
        app.clock.advance(minutes=3, seconds=30)
"""


SHANGHAI = {**APP_JSON, "timezone": "Asia/Shanghai"}


@pytest.fixture
def later(clock, drain):
    """`later(hours=1)`: runs what is due, lets that time pass, and runs what is due by then.

    With `asleep` no runner ran meanwhile.
    """

    def passed(*, asleep=False, **span):
        drain()
        clock.advance(**span)
        drain(asleep=asleep)

    return passed


@pytest.fixture
def at_work(app_from, clock):
    """`at_work("allow")`: an app, the run of nine o'clock at work in it elsewhere, and what its task says to that; the
    next one is due."""

    def begun(overlap):
        app = app_from(one_task(overlap=overlap, repeat=EACH_MINUTE, start="2026-01-05 09:00:00"))
        planning.ensure(app)
        clock.advance(hours=1)
        (first,) = claimed(app)
        refusal = app.getElement("tasks.Clean").admit(task_row(first, "UTC"), clock.now())
        clock.advance(minutes=1)
        return app, first, refusal

    return begun


@pytest.fixture
def paused(app_from, drain):
    """An app with a planned task that is paused."""
    app = app_from(one_task())
    drain()
    jobs.pause(app, "tasks.Clean")
    return app


def statuses(history):
    return [str(run.outcome.status) for run in history("tasks.Clean")]


def slots(history, status="success"):
    return [run.job.slot - NINE for run in history("tasks.Clean", status=status)]


# ---- overlap


def test_skip_leaves_out_what_came_while_a_run_was_at_work(app_from, history, later):
    app_from(one_task(SLOW, repeat=EACH_MINUTE, start="2026-01-05 09:00:00"))
    later(asleep=True, hours=1)
    assert statuses(history) == ["success", "skipped"]
    reason = history("tasks.Clean", status="skipped")[0].outcome.reason
    assert reason.startswith("3 runs planned from 2026-01-05 09:01:00 to 2026-01-05 09:03:00 skipped: the run before")


def test_skip_also_looks_at_runs_by_hand(app_from, clock, drain, history):
    app = app_from(one_task())
    drain()
    by_hand = jobs.run_now(app, "tasks.Clean")
    assert [job.id for job in claimed(app)] == [by_hand]
    clock.advance(hours=1)
    drain()
    assert statuses(history) == ["skipped"]
    assert history()[0].outcome.reason == "another run of the task is at work since 2026-01-05 08:00:00"
    assert [job.due for job in waiting("tasks.Clean")] == [NINE + DAY]


def test_queue_runs_one_after_the_other_and_loses_none(app_from, history, later):
    keys = {"start": "2026-01-05 09:00:00", "endTime": "2026-01-05 09:04:00", "misfireGrace": 60}
    app_from(one_task(SLOW, repeat=EACH_MINUTE, overlap="queue", **keys))
    later(asleep=True, hours=1)
    assert statuses(history) == ["success"] * 5
    assert slots(history) == [minute * MINUTE for minute in range(5)]


def test_allow_plans_the_next_run_before_this_one_ends(app_from, history, later):
    looks = """
        from jitai_tasks.testing import APP_JSON, waiting
        def customFunc():
            return [str(job.due) for job in waiting("tasks.Clean")]
    """
    app_from(one_task(looks, overlap="allow"))
    later(hours=1)
    assert history()[0].outcome.result == f'["{NINE + DAY}"]'
    assert [job.due for job in waiting("tasks.Clean")] == [NINE + DAY]


def test_allow_lets_two_runs_be_at_work(at_work, drain, history):
    app, first, refusal = at_work("allow")
    assert refusal is None
    drain()
    assert slots(history) == [MINUTE]
    with app.database.read() as conn:
        assert stored.get(conn, first.id).status == "running"


def test_cancelPrevious_ends_the_run_before(at_work, drain, history):
    _, first, _ = at_work("cancelPrevious")
    drain()
    ended, ran = history("tasks.Clean")
    assert (ended.job.id, ended.outcome.status) == (first.id, "terminated")
    assert ended.outcome.reason == "the next planned run took its place"
    assert (ran.outcome.status, ran.job.slot) == ("success", NINE + MINUTE)


def test_cancelPrevious_makes_way_even_when_no_worker_is_free(at_work, history):
    app, _, _ = at_work("cancelPrevious")
    assert planning.ensure(app) == 1
    assert statuses(history) == ["terminated"]


# ---- what has begun is never too late


def test_a_retry_long_after_its_slot_is_no_missed_run(app_from, history, later):
    inner = """
        def customFunc():
            if GlobalVar.currentTask.attempt == 1:
                raise ValueError("not yet")
    """
    app_from(one_task(inner, retry={"max": 1, "delay": 3600}))
    later(hours=3)
    assert statuses(history) == ["retried", "success"]


def test_a_run_whose_worker_died_late_in_the_day_is_run_again(app_from, clock, drain, history):
    app = app_from(one_task())
    drain()
    clock.advance(hours=1)
    (job,) = claimed(app)
    clock.advance(hours=5)
    with app.database.begin() as conn:
        claims.release_worker(conn, job.worker, now=app.database.now())
    drain()
    assert statuses(history) == ["success"]


# ---- pause and resume


@pytest.mark.usefixtures("paused")
def test_a_paused_task_is_held_and_says_so(clock, drain, history):
    clock.advance(days=2)
    drain()
    assert [job.hold for job in waiting("tasks.Clean")] == [planning.PAUSED]
    assert history() == []


def test_resumed_in_time_nothing_is_lost(paused, clock, drain, history):
    clock.advance(minutes=30)
    jobs.resume(paused, "tasks.Clean")
    clock.advance(hours=1)
    drain()
    assert slots(history) == [0]


def test_what_came_during_a_pause_is_one_row_with_the_number(paused, clock, drain, history):
    clock.advance(days=10)
    drain()
    jobs.resume(paused, "tasks.Clean")
    (row,) = history()
    assert row.outcome.status == "skipped"
    assert row.outcome.reason == (
        "10 runs planned from 2026-01-05 09:00:00 to 2026-01-14 09:00:00 skipped: the task is paused"
    )
    assert [(job.due, job.hold) for job in waiting("tasks.Clean")] == [(NINE + 10 * DAY, None)]


def test_paused_while_it_runs_it_ends_and_the_next_run_is_held(app_from, clock, history, later):
    pauses = """
        from jitai_tasks import jobs
        def customFunc():
            jobs.pause(app, "tasks.Clean")
    """
    app = app_from(one_task(pauses))
    later(hours=1)
    assert statuses(history) == ["success"]
    assert [(job.due, job.hold) for job in waiting("tasks.Clean")] == [(NINE + DAY, planning.PAUSED)]
    clock.advance(days=3)
    jobs.resume(app, "tasks.Clean")
    assert history("tasks.Clean", status="skipped")[0].outcome.reason.startswith("3 runs planned from 2026-01-06")


def test_paused_before_it_was_ever_planned_its_pause_is_seen_too(app_from, clock, drain, history):
    app = app_from(one_task())
    jobs.pause(app, "tasks.Clean")
    drain()
    assert [job.hold for job in waiting("tasks.Clean")] == [planning.PAUSED]
    clock.advance(days=2)
    jobs.resume(app, "tasks.Clean")
    assert history()[0].outcome.reason.startswith("2 runs planned from 2026-01-05 09:00:00")


def test_a_paused_task_can_be_run_by_hand(paused, drain, history):
    jobs.run_now(paused, "tasks.Clean")
    drain()
    assert statuses(history) == ["success"]


def test_disabled_goes_before_paused(paused):
    jobs.set_enabled(paused, "tasks.Clean", False)
    assert [job.hold for job in waiting("tasks.Clean")] == [planning.DISABLED]
    jobs.set_enabled(paused, "tasks.Clean", None)
    assert [job.hold for job in waiting("tasks.Clean")] == [planning.PAUSED]


def test_a_function_can_ask_for_its_due_time_which_is_exact_and_aware(app_from, history, later):
    tells = "def customFunc():\n    return str(GlobalVar.currentTask.dueTime), str(GlobalVar.currentTask.startTime)"
    files = one_task(tells, start="2026-01-01 17:00:00", misfireGrace=7200)
    app_from({**files, "app.json": SHANGHAI})
    later(asleep=True, hours=1, minutes=30)
    assert history()[0].outcome.result == '["2026-01-05 17:00:00+08:00","2026-01-05 17:00:00"]'


def test_a_temporary_task_has_a_due_time_too(app_from, clock, drain, history):
    app = app_from({"services/Told.py": "def tell(): return str(GlobalVar.currentTask.dueTime)"})
    jobs.create_temporary(app, "services.Told.tell", start="2026-01-05 09:00:00")
    clock.advance(hours=2)
    drain(asleep=True)
    assert history()[0].outcome.result == '"2026-01-05 09:00:00+00:00"'


def test_a_temporary_task_runs_however_late(app_from, clock, drain, history):
    app = app_from({"services/Told.py": "def tell(): return 1"})
    jobs.create_temporary(app, "services.Told.tell", start="2026-01-05 09:00:00")
    clock.advance(days=30)
    drain(asleep=True)
    assert [str(run.outcome.status) for run in history()] == ["success"]


def test_log_lines_tell_the_time_in_the_apps_zone(app_from, later, history, monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    inner = "import logging\ndef customFunc(): logging.getLogger('shop').info('cleaned')"
    app_from({**one_task(inner, start="2026-01-01 17:00:00"), "app.json": SHANGHAI})
    later(hours=1)
    monkeypatch.undo()
    time.tzset()
    line = history()[0].outcome.log
    written = datetime.strptime(line[:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    assert line[19] == ","
    assert line.endswith(" INFO shop: cleaned\n")
    assert abs(written - moment(SystemClock().now())) < timedelta(hours=1)
