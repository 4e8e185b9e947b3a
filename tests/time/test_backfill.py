"""Backfill: the planned moments of a range that never came to a run, each with its own due time, each once."""

from __future__ import annotations

import pytest

from jitai_tasks import jobs
from jitai_tasks.errors import InvalidTime
from jitai_tasks.store import schedules
from jitai_tasks.testing import waiting
from tests.time.build import DAY, NINE, one_task

TELLS = "def customFunc(**given):\n    return str(GlobalVar.currentTask.dueTime)[:16], given"
WEEK = ("2026-01-05", "2026-01-11 23:59:59")


@pytest.fixture
def app(app_from, clock, drain):
    """A daily task that nobody ran for a week."""
    app = app_from(one_task(TELLS))
    drain()
    clock.advance(days=7)
    return app


def test_each_job_has_its_own_due_time_and_runs_in_order(app, drain, history):
    created = jobs.backfill(app, "tasks.Clean", "2026-01-06", "2026-01-08 09:00:00")
    assert [job.slot - NINE for job in created.jobs] == [DAY, 2 * DAY, 3 * DAY]
    drain(asleep=True)
    results = [run.outcome.result for run in history("tasks.Clean", status="success")]
    assert [result[2:18] for result in results] == ["2026-01-06 09:00", "2026-01-07 09:00", "2026-01-08 09:00"]


def test_doing_it_again_creates_nothing(app, drain):
    assert len(jobs.backfill(app, "tasks.Clean", *WEEK).jobs) == 6  # the seventh waits already
    again = jobs.backfill(app, "tasks.Clean", *WEEK)
    assert (len(again.jobs), again.known) == (0, 7)
    drain(asleep=True)  # the one that waited was missed
    assert [job.slot for job in jobs.backfill(app, "tasks.Clean", *WEEK).jobs] == [NINE]
    drain()
    assert jobs.backfill(app, "tasks.Clean", *WEEK).jobs == ()


def test_a_dry_run_says_what_would_be_created_and_creates_nothing(app):
    before = len(waiting("tasks.Clean"))
    assert len(jobs.backfill(app, "tasks.Clean", *WEEK, dry_run=True).jobs) == 6
    assert len(waiting("tasks.Clean")) == before


def test_what_was_skipped_as_missed_can_be_backfilled_whole(app, drain, history):
    drain(asleep=True)
    assert history()[0].outcome.reason.startswith("7 runs planned")
    assert len(jobs.backfill(app, "tasks.Clean", *WEEK).jobs) == 7
    drain()
    assert len(history("tasks.Clean", status="success")) == 7


def test_the_schedule_goes_on_as_if_nothing_had_been(app, drain, history):
    drain(asleep=True)
    jobs.backfill(app, "tasks.Clean", *WEEK)
    drain()
    (job,) = waiting("tasks.Clean")
    assert (job.slot, job.manual) == (NINE + 7 * DAY, False)
    with app.database.read() as conn:
        assert schedules.get(conn, "tasks.Clean").watermark == NINE + 7 * DAY


def test_backfilled_first_the_schedule_still_goes_on(app, drain, history, clock):
    jobs.backfill(app, "tasks.Clean", *WEEK)
    drain(asleep=True)
    clock.advance(days=1)
    drain()
    assert [job.slot for job in waiting("tasks.Clean")] == [NINE + 8 * DAY]


def test_nothing_is_created_for_the_future(app, clock):
    created = jobs.backfill(app, "tasks.Clean", "2026-01-12", "2026-02-01")
    assert created.jobs == ()


def test_a_disabled_task_can_be_backfilled(app, drain, history):
    jobs.set_enabled(app, "tasks.Clean", False)
    jobs.backfill(app, "tasks.Clean", "2026-01-07", "2026-01-07 10:00:00")
    drain(asleep=True)
    assert len(history("tasks.Clean", status="success")) == 1


def test_arguments_can_be_given(app, drain, history):
    jobs.backfill(app, "tasks.Clean", "2026-01-07", "2026-01-07 10:00:00", arguments={"again": True})
    drain(asleep=True)
    assert history("tasks.Clean", status="success")[0].outcome.result == '["2026-01-07 09:00",{"again":true}]'


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        ("2026-01-08", "2026-01-07", "to: 2026-01-07 00:00:00 is before from 2026-01-08 00:00:00"),
        ("yesterday", "2026-01-07", "from"),
        ("2026-13-01", "2026-01-07", "from"),
    ],
)
def test_a_range_without_sense_is_refused(app, start, end, reason):
    with pytest.raises(InvalidTime, match=reason):
        jobs.backfill(app, "tasks.Clean", start, end)


def test_a_range_with_too_many_moments_is_refused(app_from, clock, drain):
    app = app_from(one_task(repeat={"repeatType": "second", "period": 1}))
    clock.advance(days=1)
    with pytest.raises(InvalidTime, match="more than 10000 planned moments; backfill it in parts"):
        jobs.backfill(app, "tasks.Clean", "2026-01-05", "2026-01-06")
