"""What a save costs beside the save itself: which rows are looked at, and which jobs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from jitai_tasks.clock import instant
from jitai_tasks.datefields import planning
from jitai_tasks.testing import tables, waiting
from tests.datefields.shop import meetings, task

NOON = datetime(2026, 1, 5, 12, 0)


@pytest.fixture
def app(app_from):
    return tables(app_from(meetings(task(filter="Q(status='active')"))))


@pytest.fixture
def asked_for(monkeypatch):
    """The rows whose jobs are looked for."""
    found = []
    live = planning.store.live

    def note(connection, name, subjects):
        found.extend(subjects)
        return live(connection, name, subjects)

    monkeypatch.setattr(planning.store, "live", note)
    return found


def test_a_save_that_leaves_the_watched_fields_alone_does_not_look_for_jobs(app, asked_for):
    Meeting = app.models.Meeting
    row = Meeting.create(title="a", start=NOON, status="active")
    asked_for.clear()
    row.title = "b"
    row.save()
    assert asked_for == []
    row.status = "off"
    row.save()
    assert asked_for == ["1"]
    assert waiting("tasks.Remind") == []


def test_a_new_row_and_a_moved_one_are_planned_without_a_look_at_jobs(app, asked_for):
    row = app.models.Meeting.create(title="a", start=NOON, status="active")
    row.start = NOON + timedelta(hours=1)
    row.save()
    assert asked_for == []
    assert [job.slot for job in waiting("tasks.Remind")] == [instant((NOON + timedelta(hours=1)).replace(tzinfo=UTC))]


def test_a_field_set_and_set_back_within_a_transaction_is_followed(app):
    Meeting = app.models.Meeting
    row = Meeting.create(title="a", start=NOON, status="active")
    with app.transaction():
        row.start = NOON + timedelta(hours=1)
        row.save()
        row.title = "b"
        row.save()
    assert [job.slot for job in waiting("tasks.Remind")] == [instant((NOON + timedelta(hours=1)).replace(tzinfo=UTC))]


@pytest.mark.parametrize("make", ["sqlite", "postgresql", "mysql"], indirect=True)
def test_rows_of_which_some_had_their_run_are_planned_in_one_go(app):
    """A moment gets one job, ever, also among many rows that are planned together."""
    Meeting = app.models.Meeting
    table = Meeting.table
    Meeting.create(title="a", start=NOON, status="active")
    with app.database.begin() as connection:
        connection.execute(sa.text("DELETE FROM jitai_jobs"))
        connection.execute(sa.delete(table))
    with app.transaction():
        for number in range(1, 41):
            Meeting.create(id=number, start=NOON, status="active")
    assert sorted(int(job.subject) for job in waiting("tasks.Remind")) == list(range(2, 41))
