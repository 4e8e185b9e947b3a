"""Jobs follow the dates of rows, in the transaction of the save."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from jitai_tasks import datefields
from jitai_tasks.clock import instant
from jitai_tasks.testing import tables, waiting
from tests.datefields.shop import meetings, task

NOON = datetime(2026, 1, 5, 12, 0)


@pytest.fixture
def app(app_from):
    return app_from(meetings(task(timerCfg={"startOffset": {"offsetType": -1, "offset": 15, "offsetUnit": "minute"}})))


def due(task: str = "tasks.Remind") -> dict[str, datetime]:
    return {job.subject: datetime.fromtimestamp(job.due / 1e6, UTC).replace(tzinfo=None) for job in waiting(task)}


def done(history, task: str = "tasks.Remind") -> list[tuple[str, str]]:
    return [(run.job.subject, run.outcome.status.value) for run in history(task)]


def test_a_reminder_comes_before_the_meeting_and_gets_its_row(app, clock, drain, history, caplog):
    caplog.set_level("INFO", logger="jitai_tasks.datefields")
    app.models.Meeting.create(title="Plan", start=NOON)
    assert due() == {"1": NOON - timedelta(minutes=15)}
    clock.advance(hours=3, minutes=44)
    assert drain() == 0
    clock.advance(minutes=1)
    assert drain() == 1
    run = history("tasks.Remind")[0]
    assert run.outcome.result == '{"id":1,"title":"Plan"}'
    assert run.job.due == instant((NOON - timedelta(minutes=15)).replace(tzinfo=UTC))
    assert "DateFieldTask execution: tasks.Remind, row 1" in caplog.text
    assert "reminder for Plan at 2026-01-05 12:00:00" in run.outcome.log


def test_moving_the_meeting_moves_the_reminder(app, clock, drain, history):
    meeting = app.models.Meeting.create(start=NOON)
    before = waiting("tasks.Remind")[0].id
    meeting.start = NOON + timedelta(hours=1)
    meeting.save()
    assert due() == {"1": NOON + timedelta(minutes=45)}
    assert waiting("tasks.Remind")[0].id == before
    clock.advance(hours=4)
    assert drain() == 0
    clock.advance(hours=1)
    drain()
    assert done(history) == [("1", "success")]


@pytest.mark.parametrize("change", [{"start": None}, {"status": "off"}])
def test_a_cleared_date_and_a_filter_that_lets_go_take_the_reminder_away(app_from, change):
    app = app_from(meetings(task(filter="Q(status='active')")))
    meeting = app.models.Meeting.create(start=NOON)
    assert due() == {"1": NOON}
    meeting.update(change)
    meeting.save()
    assert due() == {}
    meeting.update({"start": NOON, "status": "active"})
    meeting.save()
    assert due() == {"1": NOON}


def test_a_deleted_row_takes_its_reminder_with_it(app, clock, drain, history):
    meeting = app.models.Meeting.create(start=NOON)
    meeting.delete()
    assert due() == {}
    clock.advance(hours=5)
    assert drain() == 0
    assert app.models.Meeting.create(id=1, start=NOON + timedelta(hours=4)).id == 1
    clock.advance(hours=5)
    drain()
    assert done(history) == [("1", "success")]


def test_a_rolled_back_save_leaves_no_trace(app):
    app.models.Meeting.create(start=NOON)
    with pytest.raises(RuntimeError), app.transaction():
        app.models.Meeting.create(start=NOON)
        app.models.Meeting.updateByPK(1, {"start": NOON + timedelta(hours=3)})
        raise RuntimeError
    assert due() == {"1": NOON - timedelta(minutes=15)}


def test_a_rolled_back_part_of_a_transaction_leaves_no_trace(app):
    Meeting = app.models.Meeting
    with app.transaction():
        first = Meeting.create(start=NOON)
        with pytest.raises(RuntimeError), app.transaction():
            first.start = NOON + timedelta(hours=2)
            first.save()
            Meeting.create(start=NOON)
            raise RuntimeError
        later = Meeting.create(start=NOON + timedelta(hours=4))
    expected = {"1": NOON - timedelta(minutes=15), f"{later.id}": NOON + timedelta(hours=3, minutes=45)}
    assert due() == expected, "the key is 3 on databases that use none twice"


def test_a_value_fires_once(app, clock, drain, history):
    meeting = app.models.Meeting.create(start=NOON)
    meeting.start = NOON + timedelta(hours=1)
    meeting.save()
    meeting.start = NOON
    meeting.save()
    assert due() == {"1": NOON - timedelta(minutes=15)}  # A, B, A before A ran
    clock.advance(hours=3, minutes=46)
    drain()
    meeting.title = "again"
    meeting.save()
    assert due() == {}
    meeting.start = NOON + timedelta(hours=1)
    meeting.save()
    meeting.start = NOON
    meeting.save()
    assert due() == {}  # A has run
    drain()
    assert done(history) == [("1", "success")]


def test_a_create_that_is_saved_twice_fires_once(app, clock, drain, history):
    meeting = app.models.Meeting(title="x", start=NOON)
    meeting.save()
    meeting.save()
    clock.advance(hours=4)
    drain()
    drain()
    assert done(history) == [("1", "success")]


def test_offset_0_fires_at_once_and_not_at_the_next_sweep(app_from, clock, history):
    from jitai_tasks import runner

    app = app_from(meetings(task()))
    from jitai_tasks.testing import tables

    tables()
    app.models.Meeting.create(start=datetime(2026, 1, 5, 8, 0, 1))
    assert runner.run_once(app) == 0
    clock.advance(seconds=1)
    assert runner.run_once(app) == 1
    assert done(history) == [("1", "success")]


def test_a_time_just_past_still_counts_and_one_long_past_does_not(app_from, clock, drain, history):
    app = app_from(meetings(task()))
    drain()
    app.models.Meeting.create(start=datetime(2026, 1, 5, 7, 56))
    app.models.Meeting.create(start=datetime(2026, 1, 5, 7, 50))
    drain()
    clock.advance(minutes=11)
    drain()
    assert done(history) == [("1", "success")]


def test_same_day_edits_of_a_date_field_count(app_from, clock, drain, history):
    app = app_from(meetings(task(timerCfg={"startField": "day", "startOffset": {"offsetType": 0, "time": "07:00"}})))
    clock.advance(hours=9)
    meeting = app.models.Meeting.create(day=date(2026, 1, 5))
    app.models.Meeting.create(day=date(2026, 1, 4))
    drain()
    assert done(history) == [("1", "success")]
    meeting.day = date(2026, 1, 6)
    meeting.save()
    clock.advance(hours=14)
    drain()
    assert done(history) == [("1", "success"), ("1", "success")]


def test_every_row_is_looked_at_again_when_its_time_has_come(app, clock, drain, history):
    Meeting = app.models.Meeting
    for _ in range(4):
        Meeting.create(start=NOON)
    table = Meeting.table
    with app.database.begin() as connection:  # behind the ORM's back
        connection.execute(sa.update(table).where(table.c.id == 1).values(start=NOON + timedelta(hours=1)))
        connection.execute(sa.update(table).where(table.c.id == 2).values(start=None))
        connection.execute(sa.delete(table).where(table.c.id == 3))
    clock.advance(hours=4)
    from jitai_tasks import runner

    runner.run_once(app)
    assert sorted(done(history)) == [("1", "skipped"), ("2", "skipped"), ("3", "skipped"), ("4", "success")]
    reasons = {run.job.subject: run.outcome.reason for run in history(status="skipped")}
    assert reasons["1"] == "superseded: start of the row was moved to 2026-01-05 12:45:00"
    assert reasons["3"] == "the row is gone"
    assert due() == {"1": NOON + timedelta(minutes=45)}


def test_a_date_that_is_moved_while_its_job_runs_gets_a_job_of_its_own(app_from, clock, drain, history):
    inner = """
        def customFunc(rowData):
            rowData.start = rowData.start.addDay(1)
            rowData.title = f"{rowData.title}x"
            rowData.save()
    """
    app = app_from(meetings(task(inner=inner)))
    app.models.Meeting.create(title="m", start=NOON)
    clock.advance(days=2, hours=5)
    drain()
    assert [run.job.due for run in history()] == [
        instant((NOON + timedelta(days=days)).replace(tzinfo=UTC)) for days in (0, 1, 2)
    ]
    assert app.models.Meeting.get().title == "mxxx"
    assert due() == {"1": NOON + timedelta(days=3)}


@pytest.mark.parametrize(
    "write",
    [
        "rowData.start = jit_now(); rowData.save()",
        "rowData.start = jit_now() - timedelta(seconds=1); rowData.save()",
        "app.models.Meeting.updateByPK(rowData.id, {'start': jit_now()})",
    ],
)
@pytest.mark.parametrize("offset", [{}, {"offsetType": 1, "offset": 1, "offsetUnit": "minute"}])
def test_a_run_that_writes_the_present_into_the_watched_field_does_not_start_itself(
    app_from, clock, drain, history, write: str, offset: dict[str, object]
):
    inner = f"""
        from datetime import timedelta
        from jit_utils.time import now as jit_now

        def customFunc(rowData):
            {write}
    """
    app = app_from(meetings(task(inner=inner, timerCfg={"startOffset": offset})))
    app.models.Meeting.create(start=NOON)
    for _ in range(20):
        clock.advance(minutes=30)
        drain(limit=5)
    assert done(history) == [("1", "success")]


def test_a_run_that_plans_itself_within_seconds_is_stopped(app_from, clock, drain, history):
    inner = """
        from datetime import timedelta

        def customFunc(rowData):
            rowData.start = rowData.start.value + timedelta(seconds=5)
            rowData.save()
    """
    app = app_from(meetings(task(inner=inner)))
    app.models.Meeting.create(start=NOON)
    clock.advance(hours=6)
    drain(limit=50)
    clock.advance(hours=1)
    drain()
    assert len(history()) == 11


def test_failures_leave_other_rows_alone(app_from, clock, drain, history):
    inner = """
        def customFunc(rowData):
            if rowData.id == 1:
                raise ValueError("no")
    """
    app = app_from(meetings(task(inner=inner)))
    app.models.Meeting.create(start=NOON)
    app.models.Meeting.create(start=NOON)
    clock.advance(hours=5)
    drain()
    assert done(history) == [("1", "error"), ("2", "success")]


def test_several_tasks_watch_one_model_and_disabled_ones_do_not(app_from, drain):
    app = app_from(meetings(task("A"), task("B", timerCfg={"startField": "until"}), task("C", enable=0)))
    app.models.Meeting.create(start=NOON, until=NOON + timedelta(hours=1))
    assert (due("tasks.A"), due("tasks.B")) == ({"1": NOON}, {"1": NOON + timedelta(hours=1)})
    assert due("tasks.C") == {}
    app.services.TaskSvc.enableTask("tasks.C")
    assert due("tasks.C") == {"1": NOON}
    app.services.TaskSvc.disableTask("tasks.C")
    assert [job.hold for job in waiting("tasks.C")] == ["the task is disabled"]
    app.services.TaskSvc.enableTask("tasks.C")
    assert [job.hold for job in waiting("tasks.C")] == [None]


def test_lifecycle_methods_and_events_off_mean_that_nothing_follows_until_the_sweep(app, drain):
    app.models.Meeting(start=NOON).save(triggerEvent=0)
    assert due() == {}
    drain()
    assert due() == {"1": NOON - timedelta(minutes=15)}


def test_a_run_by_hand_names_its_row(app, drain, history):
    app.models.Meeting.create(title="t", start=NOON)
    app.services.TaskSvc.runTask("tasks.Remind", {"rowId": 1})
    app.services.TaskSvc.runTask("tasks.Remind")
    drain()
    assert [run.outcome.status.value for run in history()] == ["success", "error"]
    assert "needs the row: give its key as rowId" in history(status="error")[0].outcome.error


def test_a_date_that_was_moved_away_and_back_behind_everybody_still_fires(app, clock, drain, history):
    from jitai_tasks import runner

    meeting = app.models.Meeting.create(start=NOON)
    table = app.models.Meeting.table
    with app.database.begin() as connection:
        connection.execute(sa.update(table).values(start=NOON + timedelta(hours=9)))
    clock.advance(hours=3, minutes=46)
    runner.run_once(app)
    assert done(history) == [("1", "skipped")]
    app.models.Meeting.updateByPK(meeting.id, {"start": NOON})
    runner.run_once(app)
    assert done(history) == [("1", "skipped"), ("1", "success")]


def test_a_first_save_that_is_undone_does_not_hinder_the_transaction_around(app_from):
    app = app_from(meetings(task()))
    with app.transaction(), pytest.raises(KeyError), app.transaction():
        app.models.Meeting.create(start=NOON)
        raise KeyError
    assert due() == {}
    app.models.Meeting.create(start=NOON)
    assert len(due()) == 1


@pytest.mark.parametrize("make", ["sqlite"], indirect=True)
def test_the_sweep_after_a_first_save_that_is_undone_finds_an_empty_table(app_from, caplog):
    app = tables(app_from(meetings(task())))
    with pytest.raises(KeyError), app.transaction():
        app.models.Meeting.create(start=NOON)
        raise KeyError
    datefields.sweep(app)
    assert "could not be gone through" not in caplog.text


@pytest.mark.parametrize("make", ["postgresql"], indirect=True)
def test_dates_that_an_async_session_moves_are_followed_on_postgresql(app):
    Meeting = app.models.Meeting
    Meeting.createOrUpdateMany([{"title": str(number), "start": NOON} for number in range(3)])
    engine = create_async_engine(app.database.engine.url.set(drivername="postgresql+psycopg_async"))

    async def move() -> None:
        async with AsyncSession(engine) as session:
            for row in await session.scalars(sa.select(Meeting.entity)):
                row.start += timedelta(hours=1)
            await session.commit()
        await engine.dispose()

    asyncio.run(move())
    assert due() == dict.fromkeys("123", NOON + timedelta(minutes=45))
