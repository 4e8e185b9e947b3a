"""Date-field tasks keep calendars, zones and pauses too."""

from __future__ import annotations

import pytest

from jitai_tasks import jobs, outlook, planning
from jitai_tasks.testing import waiting
from tests.datefields.shop import meetings, task
from tests.time.build import DAY, NINE

FIRM = {"title": "Firm", "type": "calendars.NormalType", "backendBundleEntry": ".", "add": ["2026-01-07"]}
TIMER = {
    "startField": "day", "repeat": {"repeatType": "normal"},
    "startOffset": {"offsetType": 0, "offset": 0, "offsetUnit": "day", "time": "09:00"},
    "skipHoliday": 1, "calendar": "calendars.Firm",
}  # fmt: skip


@pytest.fixture
def app(app_from):
    files = meetings(task(timerCfg=TIMER, backendBundleEntry="."))
    return app_from({**files, "calendars/Firm/e.json": FIRM})


def test_a_date_on_a_day_off_goes_to_the_next_workday(app):
    app.models.Meeting.create(title="x", day="2026-01-07")
    assert [job.due for job in waiting("tasks.Remind")] == [NINE + 3 * DAY]
    (run,) = outlook.next_runs(app, "Remind", 3)
    assert (run.local, run.subject) == ("2026-01-08 09:00:00", "1")


def test_a_pause_holds_rows_and_resuming_lets_them_run(app, clock, drain, history):
    app.models.Meeting.create(title="x", day="2026-01-06")
    jobs.pause(app, "tasks.Remind")
    assert [job.hold for job in waiting("tasks.Remind")] == [planning.PAUSED]
    clock.advance(days=2)
    drain()
    assert history() == []
    jobs.resume(app, "tasks.Remind")
    drain()
    assert [str(run.outcome.status) for run in history("tasks.Remind")] == ["success"]


def test_rows_are_in_the_calendar_of_all_tasks(app):
    from datetime import date

    app.models.Meeting.create(title="x", day="2026-01-06")
    days = outlook.agenda(app, date(2026, 1, 5), date(2026, 1, 7))
    assert [day.count for day in days] == [0, 1, 0]
    assert days[1].entries[0].runs[0].at == NINE + DAY


def test_why_a_row_has_not_been_reminded_of(app, clock):
    app.models.Meeting.create(title="x", day="2026-01-06")
    assert outlook.why(app, "Remind").causes == [outlook.Cause.NOT_DUE]
    clock.advance(days=1, hours=2)
    assert outlook.why(app, "Remind").causes == [outlook.Cause.NO_RUNNER]
