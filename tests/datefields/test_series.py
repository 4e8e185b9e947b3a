"""Rows that repeat, end, rest on holidays, and live in zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from jitai_tasks import jobs
from jitai_tasks.testing import waiting
from tests.datefields.shop import meetings, task


def due(name: str = "tasks.Remind") -> list[datetime]:
    return [datetime.fromtimestamp(job.due / 1e6, UTC).replace(tzinfo=None) for job in waiting(name)]


def ran(history, name: str = "tasks.Remind") -> list[str]:
    found = [run for run in history(name) if run.outcome.status.value == "success"]
    return [datetime.fromtimestamp(run.job.slot / 1e6, UTC).strftime("%m-%d %H:%M") for run in found]


def test_a_row_repeats_until_the_field_that_ends_it(app_from, clock, drain, history):
    timer = {"repeat": {"repeatType": "day", "period": 1}, "endTimeType": 1, "endField": "until"}
    app = app_from(meetings(task(timerCfg=timer)))
    app.models.Meeting.create(start="2026-01-05 12:00:00", until="2026-01-08 12:00:00")
    clock.advance(days=10)
    drain()
    assert ran(history) == ["01-05 12:00", "01-06 12:00", "01-07 12:00", "01-08 12:00"]
    assert due() == []


def test_a_series_follows_an_edit_while_it_runs_and_after(app_from, clock, drain, history):
    app = app_from(meetings(task(timerCfg={"repeat": {"repeatType": "day", "period": 2}})))
    app.models.Meeting.create(start="2026-01-05 12:00:00")
    clock.advance(days=3)
    drain()
    assert due() == [datetime(2026, 1, 9, 12, 0)]
    app.models.Meeting.updateByPK(1, {"start": "2026-01-05 18:00:00"})
    assert due() == [datetime(2026, 1, 9, 18, 0)]
    clock.advance(days=2)
    drain()
    assert ran(history) == ["01-05 12:00", "01-07 12:00", "01-09 18:00"]
    app.models.Meeting.deleteByPK(1)
    assert due() == []


def test_a_birthday_comes_every_year(app_from, clock, drain, history):
    timer = {"startField": "day", "startOffset": {"offsetType": 0, "time": "09:00"}, "repeat": {"repeatType": "year"}}
    app = app_from(meetings(task(timerCfg=timer)))
    app.models.Meeting.create(day=date(1990, 1, 6))
    app.models.Meeting.create(day=date(1984, 2, 29))
    assert due() == [datetime(2026, 1, 6, 9, 0), datetime(2026, 2, 28, 9, 0)]
    clock.advance(days=900)
    drain()
    assert ran(history) == ["01-06 09:00", "02-28 09:00", "01-06 09:00", "02-28 09:00", "01-06 09:00", "02-29 09:00"]


def test_days_off_move_a_reminder_to_the_next_working_day(app_from):
    app = app_from(meetings(task(timerCfg={"skipHoliday": 1})))
    app.models.Meeting.create(start="2026-01-10 09:00:00")  # a Saturday
    assert due() == [datetime(2026, 1, 12, 9, 0)]


def test_dates_are_meant_in_the_zone_of_the_task(app_from, drain, clock, history):
    app = app_from(meetings(task("A", timezone="Asia/Shanghai"), task("B", timezone="America/New_York"), task("C")))
    app.models.Meeting.create(start="2026-03-08 02:30:00")  # in a gap of New York
    app.models.Meeting.create(start="2026-07-01 12:00:00")
    assert due("tasks.A") == [datetime(2026, 3, 7, 18, 30), datetime(2026, 7, 1, 4, 0)]
    assert due("tasks.B") == [datetime(2026, 3, 8, 7, 0), datetime(2026, 7, 1, 16, 0)]
    assert due("tasks.C") == [datetime(2026, 3, 8, 2, 30), datetime(2026, 7, 1, 12, 0)]
    before = [due(f"tasks.{name}") for name in "ABC"]
    drain()
    assert [due(f"tasks.{name}") for name in "ABC"] == before


def test_a_missed_run_of_a_series_is_skipped_with_its_reason_and_a_single_one_is_run_late(
    app_from, clock, drain, history
):
    app = app_from(meetings(task("Once"), task("Daily", timerCfg={"repeat": {"repeatType": "day", "period": 1}})))
    app.models.Meeting.create(start="2026-01-05 12:00:00")
    clock.advance(days=2, hours=5)
    drain(asleep=True)
    assert [run.outcome.status.value for run in history("tasks.Once")] == ["success"]
    assert [run.outcome.status.value for run in history("tasks.Daily")] == ["skipped"]
    assert "missed" in history("tasks.Daily")[0].outcome.reason
    assert due("tasks.Daily") == [datetime(2026, 1, 8, 12, 0)]


def test_rows_written_while_the_watermark_moves_are_not_lost(app_from, clock, drain, history):
    """A row due between two sweeps, written by a transaction that the first sweep could not see."""
    app = app_from(meetings(task()))
    drain()
    table = app.models.Meeting.table
    clock.advance(minutes=9)
    with app.database.begin() as connection:
        connection.execute(table.insert().values(start=clock.moment.replace(tzinfo=None) - timedelta(minutes=8)))
    clock.advance(minutes=30)
    drain(asleep=True)
    assert len(ran(history)) == 1


def test_a_job_that_ends_the_run_of_a_row_has_its_next_one_planned_at_once(app_from, drain):
    app = app_from(
        meetings(task(timerCfg={"repeat": {"repeatType": "day", "period": 1}}))
        | {
            "services/JanitorSvc/e.json": {"title": "Janitor", "type": "services.NormalType"},
            "services/JanitorSvc/__init__.py": """
                from jitai_tasks.testing import waiting

                def sweep():
                    (job,) = waiting("tasks.Remind")
                    app.getElement("services.TaskSvc").forcedEnd(f"{job.id:024x}")
                    (following,) = waiting("tasks.Remind")
                    print(following.slot - job.slot)
            """,
        }
    )
    app.models.Meeting.create(start="2026-01-06 10:00:00")
    created = jobs.create_temporary(app, "services.JanitorSvc.sweep")
    drain()
    run = jobs.get(app, created)
    assert run.outcome.log == f"{24 * 3600 * 10**6}\n", run.outcome
