"""Late and overlapping runs, by the policies; pause and resume; what has begun is never too late."""

from __future__ import annotations

from jitai_tasks import jobs, planning
from jitai_tasks.models.taskrows import task_row
from jitai_tasks.store import claims
from jitai_tasks.store import jobs as stored
from jitai_tasks.testing import waiting
from tests.time.build import DAY, EACH_MINUTE, MINUTE, NINE, claimed, one_task

SLOW = """
    def customFunc():
        app.clock.advance(minutes=3, seconds=30)
"""


def statuses(history):
    return [str(run.outcome.status) for run in history("tasks.Clean")]


def slots(history, status="success"):
    return [run.job.slot - NINE for run in history("tasks.Clean", status=status)]


# ---- overlap


def test_skip_leaves_out_what_came_while_a_run_was_at_work(app_from, clock, drain, history):
    app_from(one_task(SLOW, repeat=EACH_MINUTE, start="2026-01-05 09:00:00"))
    drain()
    clock.advance(hours=1)
    drain(asleep=True)
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


def test_queue_runs_one_after_the_other_and_loses_none(app_from, clock, drain, history):
    keys = {"start": "2026-01-05 09:00:00", "endTime": "2026-01-05 09:04:00", "misfireGrace": 60}
    app_from(one_task(SLOW, repeat=EACH_MINUTE, overlap="queue", **keys))
    drain()
    clock.advance(hours=1)
    drain(asleep=True)
    assert statuses(history) == ["success"] * 5
    assert slots(history) == [minute * MINUTE for minute in range(5)]


def test_allow_plans_the_next_run_before_this_one_ends(app_from, clock, drain, history):
    looks = """
        from jitai_tasks.testing import waiting
        def customFunc():
            return [str(job.due) for job in waiting("tasks.Clean")]
    """
    app_from(one_task(looks, overlap="allow"))
    drain()
    clock.advance(hours=1)
    drain()
    assert history()[0].outcome.result == f'["{NINE + DAY}"]'
    assert [job.due for job in waiting("tasks.Clean")] == [NINE + DAY]


def test_allow_lets_two_runs_be_at_work(app_from, clock, drain, history):
    app = app_from(one_task(overlap="allow", repeat=EACH_MINUTE, start="2026-01-05 09:00:00"))
    planning.ensure(app)
    clock.advance(hours=1)
    (first,) = claimed(app)
    task = app.getElement("tasks.Clean")
    assert task.admit(task_row(first, "UTC"), clock.now()) is None
    clock.advance(minutes=1)
    drain()
    assert slots(history) == [MINUTE]
    with app.database.read() as conn:
        assert stored.get(conn, first.id).status == "running"


def test_cancelPrevious_ends_the_run_before(app_from, clock, drain, history):
    app = app_from(one_task(overlap="cancelPrevious", repeat=EACH_MINUTE, start="2026-01-05 09:00:00"))
    planning.ensure(app)
    clock.advance(hours=1)
    (first,) = claimed(app)
    task = app.getElement("tasks.Clean")
    task.admit(task_row(first, "UTC"), clock.now())
    clock.advance(minutes=1)
    drain()
    ended, ran = history("tasks.Clean")
    assert (ended.job.id, ended.outcome.status) == (first.id, "terminated")
    assert ended.outcome.reason == "the next planned run took its place"
    assert (ran.outcome.status, ran.job.slot) == ("success", NINE + MINUTE)


def test_cancelPrevious_makes_way_even_when_no_worker_is_free(app_from, clock, drain, history):
    app = app_from(one_task(overlap="cancelPrevious", repeat=EACH_MINUTE, start="2026-01-05 09:00:00"))
    planning.ensure(app)
    clock.advance(hours=1)
    (first,) = claimed(app)
    task = app.getElement("tasks.Clean")
    task.admit(task_row(first, "UTC"), clock.now())
    clock.advance(minutes=1)
    assert planning.ensure(app) == 1
    assert statuses(history) == ["terminated"]


# ---- what has begun is never too late


def test_a_retry_long_after_its_slot_is_no_missed_run(app_from, clock, drain, history):
    inner = """
        def customFunc():
            if GlobalVar.currentTask.attempt == 1:
                raise ValueError("not yet")
    """
    app_from(one_task(inner, retry={"max": 1, "delay": 3600}))
    drain()
    clock.advance(hours=3)
    drain()
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


def test_a_paused_task_is_held_and_says_so(app_from, clock, drain, history):
    app = app_from(one_task())
    drain()
    jobs.pause(app, "tasks.Clean")
    clock.advance(days=2)
    drain()
    assert [job.hold for job in waiting("tasks.Clean")] == [planning.PAUSED]
    assert history() == []


def test_resumed_in_time_nothing_is_lost(app_from, clock, drain, history):
    app = app_from(one_task())
    drain()
    jobs.pause(app, "tasks.Clean")
    clock.advance(minutes=30)
    jobs.resume(app, "tasks.Clean")
    clock.advance(hours=1)
    drain()
    assert slots(history) == [0]


def test_what_came_during_a_pause_is_one_row_with_the_number(app_from, clock, drain, history):
    app = app_from(one_task())
    drain()
    jobs.pause(app, "tasks.Clean")
    clock.advance(days=10)
    drain()
    jobs.resume(app, "tasks.Clean")
    (row,) = history()
    assert row.outcome.status == "skipped"
    assert row.outcome.reason == (
        "10 runs planned from 2026-01-05 09:00:00 to 2026-01-14 09:00:00 skipped: the task is paused"
    )
    assert [(job.due, job.hold) for job in waiting("tasks.Clean")] == [(NINE + 10 * DAY, None)]


def test_paused_while_it_runs_it_ends_and_the_next_run_is_held(app_from, clock, drain, history):
    pauses = """
        from jitai_tasks import jobs
        def customFunc():
            jobs.pause(app, "tasks.Clean")
    """
    app = app_from(one_task(pauses))
    drain()
    clock.advance(hours=1)
    drain()
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


def test_a_paused_task_can_be_run_by_hand(app_from, drain, history):
    app = app_from(one_task())
    drain()
    jobs.pause(app, "tasks.Clean")
    jobs.run_now(app, "tasks.Clean")
    drain()
    assert statuses(history) == ["success"]


def test_disabled_goes_before_paused(app_from, drain):
    app = app_from(one_task())
    drain()
    jobs.pause(app, "tasks.Clean")
    jobs.set_enabled(app, "tasks.Clean", False)
    assert [job.hold for job in waiting("tasks.Clean")] == [planning.DISABLED]
    jobs.set_enabled(app, "tasks.Clean", None)
    assert [job.hold for job in waiting("tasks.Clean")] == [planning.PAUSED]


def test_a_function_can_ask_for_its_due_time_which_is_exact_and_aware(app_from, clock, drain, history):
    tells = "def customFunc():\n    return str(GlobalVar.currentTask.dueTime), str(GlobalVar.currentTask.startTime)"
    app_json = {"appId": "test.App", "name": "App", "version": "1.0.0", "timezone": "Asia/Shanghai"}
    files = one_task(tells, start="2026-01-01 17:00:00", misfireGrace=7200)
    app_from({**files, "app.json": app_json})
    drain()
    clock.advance(hours=1, minutes=30)
    drain(asleep=True)
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
