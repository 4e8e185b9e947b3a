"""The sweep among many rows: what it reads, what it locks, and for how many rows at once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from jitai_tasks import datefields
from jitai_tasks.datefields import comparing
from jitai_tasks.datefields.rules import rules
from jitai_tasks.store import tables as ours
from jitai_tasks.testing import tables, waiting
from tests.datefields.shop import meetings, task

NOON = datetime(2026, 1, 5, 12, 0)
ROWS = 900


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def make(request):
    return request.param


@pytest.fixture
def app(app_from):
    """Rows that came behind the ORM's back, four at each moment."""
    app = tables(app_from(meetings(task(filter="Q(status='active')"))))
    some = [{"start": NOON + timedelta(minutes=number // 4), "status": "active"} for number in range(ROWS)]
    table = app.models.Meeting.table
    with app.database.begin() as connection:
        connection.execute(table.insert(), some)
    return app


@pytest.fixture
def asked_for(monkeypatch):
    """The rows whose jobs are looked for one by one."""
    found = []
    glance = comparing.store.glance

    def note(connection, name, subjects):
        found.extend(subjects)
        return glance(connection, name, subjects)

    monkeypatch.setattr(comparing.store, "glance", note)
    return found


@pytest.fixture
def locked(app):
    """How many rows each statement of the app has locked, and how many each transaction: a list of lists."""
    transactions = [[]]

    def note(_connection, cursor, statement, *_rest):
        if "FOR UPDATE" in statement:
            transactions[-1].append(cursor.rowcount)

    sa.event.listen(app.database.engine, "after_cursor_execute", note)
    sa.event.listen(app.database.engine, "commit", lambda _connection: transactions.append([]))
    yield transactions
    sa.event.remove(app.database.engine, "after_cursor_execute", note)


def test_jobs_of_unchanged_rows_are_read_in_one_stretch(app, asked_for):
    assert datefields.sweep(app).saved == ROWS
    asked_for.clear()
    assert datefields.sweep(app).saved == 0
    assert asked_for == []


def test_a_job_that_is_not_where_its_row_is_is_found_all_the_same(app, asked_for):
    """One of another lane, one that waits for another moment, one twice, and one among the jobs of other tasks."""
    datefields.sweep(app)
    table = app.models.Meeting.table
    with app.database.begin() as connection:
        connection.execute(sa.update(ours.jobs).where(ours.jobs.c.subject == "1").values(priority=9))
        connection.execute(sa.update(table).where(table.c.id == 2).values(start=NOON + timedelta(days=9)))
        connection.execute(sa.update(table).where(table.c.id == 3).values(status="off"))
    asked_for.clear()
    result = datefields.sweep(app)
    assert "1" in asked_for
    assert (result.saved, result.removed, result.bad) == (1, 1, [])
    assert len(waiting("tasks.Remind")) == ROWS - 1


def test_jobs_of_other_tasks_at_the_same_moments_fill_the_stretch(app_from, asked_for, monkeypatch):
    monkeypatch.setattr(comparing, "_JOBS_PER_ROW", 1)
    app = tables(app_from(meetings(task("One"), task("Other"))))
    table = app.models.Meeting.table
    with app.database.begin() as connection:
        connection.execute(table.insert(), [{"start": NOON}] * 100)
    assert datefields.sweep(app).saved == 200
    asked_for.clear()
    result = datefields.sweep(app)
    assert (result.saved, result.removed) == (0, 0)
    assert len(asked_for) == 100, "half of the jobs of both tasks"


@pytest.mark.parametrize("make", ["postgresql", "mysql"], indirect=True)
def test_nothing_is_locked_for_rows_that_are_right(app, locked):
    """Everything is held by somebody else, who would be waited for in vain."""
    datefields.sweep(app)
    locked.clear()
    locked.append([])
    with app.database.engine.connect() as other, other.begin():
        other.execute(sa.select(app.models.Meeting.table.c.id).with_for_update()).all()
        other.execute(sa.select(ours.jobs.c.id).with_for_update()).all()
        result = datefields.sweep(app)
    assert (result.saved, result.removed, result.bad) == (0, 0, [])


@pytest.mark.parametrize("make", ["postgresql", "mysql"], indirect=True)
def test_rows_that_are_wrong_are_locked_a_few_at_a_time(app, locked):
    assert datefields.sweep(app).saved == ROWS
    assert max(map(max, filter(None, locked))) == 300
    assert all(len(statements) <= 2 for statements in locked), "the rows, and their jobs"


@pytest.mark.parametrize("make", ["sqlite"], indirect=True)
@pytest.mark.parametrize("hours", [1, 24, 24 * 60])
def test_many_dates_become_the_same_moments_as_one_by_one(app_from, hours):
    """Also where the clocks change, and over more days than are taken at once."""
    app = tables(
        app_from(
            meetings(
                task(
                    timezone="Europe/Berlin",
                    timerCfg={"startOffset": {"offsetType": -1, "offset": 15, "offsetUnit": "minute"}},
                )
            )
        )
    )
    one = rules(app).of_task("tasks.Remind").instants
    known = 0
    for start in (datetime(2026, 1, 5), datetime(2026, 3, 28), datetime(2026, 10, 24)):
        dates = [start + timedelta(hours=hours * number // 10, microseconds=number) for number in range(30)]
        many = one.many(dates)
        known += many is not None
        assert many in (None, [one(date) for date in dates])
    assert known == (1 if hours < 24 * 60 else 0)
    assert one.many([NOON, None]) is None
