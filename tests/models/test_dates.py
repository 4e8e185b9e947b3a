"""Date, Datetime and Time fields: a spelling is the value from the moment it is set, not only once it is saved."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from jitai_tasks.errors import ModelError
from jitai_tasks.models.datatypes import datatypes

VISIT = {
    "app.json": {"appId": "t.A", "name": "A", "version": "1.0.0", "timezone": "Asia/Shanghai"},
    "models/Visit/e.json": {"title": "Visits", "type": "models.NormalType"},
    "models/Visit/__init__.py": "from .model import Visit\n",
    "models/Visit/model.py": """
        from datatypes.Meta import datatypes
        from models.NormalType import NormalModel

        class Visit(NormalModel):
            id = datatypes.AutoInt(name="id", primaryKey=True)
            due = datatypes.Datetime(name="due")
            day = datatypes.Date(name="day")
            opens = datatypes.Time(name="opens")
    """,
}
MAPPED = {
    "app.json": VISIT["app.json"],
    "commons/clinic.py": """
        from datetime import datetime
        from sqlalchemy import DateTime
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

        class Base(DeclarativeBase):
            pass

        class Call(Base):
            __tablename__ = "calls"
            id: Mapped[int] = mapped_column(primary_key=True)
            at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """,
    "models/Call/e.json": {"title": "Calls", "type": "models.SQLAlchemyType", "class": "commons.clinic:Call"},
}


@pytest.fixture
def visits(app_from):
    return app_from(VISIT).models.Visit


def test_a_day_later_keeps_the_time_of_a_text(visits):
    row = visits(due="2026-03-10 14:00:00", day="2026/03/31")
    row.due = row.due.addDay(1)
    row.day = row.day.addMonth(1)
    row.save()
    found = visits.get()
    assert (found.due.value, found.day.value) == (datetime(2026, 3, 11, 14), date(2026, 4, 30))


@pytest.mark.parametrize(
    "spelling", ["2026-03-10 14:05:06", "2026/03/10 14:05:06", " 2026-03-10T14:05:06 ", "2026-03-10T06:05:06Z"]
)
def test_whatever_a_save_accepts_has_the_parts_of_a_date_before_it(visits, spelling):
    row = visits(due=spelling)
    due = row.due
    parts = (due.year, due.month, due.day, due.hour, due.minute, due.second, due.quarter, due.weekDay, due.weekOfYear)
    assert parts == (2026, 3, 10, 14, 5, 6, 1, 2, 11)
    assert (due.date, due.getDisplayValue(), str(due)) == (date(2026, 3, 10), "2026-03-10 14:05:06", str(due.value))
    before = due.value
    assert row.save().due.value == before == visits.get().due.value


def test_a_value_set_under_the_field_is_brought_to_its_kind_too(visits):
    row = visits.create()
    row.due.value, row.day.value, row.opens.value = "2026-03-10", datetime(2026, 3, 10, 23), "09:30"
    assert (row.due.value, row.day.value) == (datetime(2026, 3, 10), date(2026, 3, 10))
    assert (row.opens.hour, row.opens.minute, row.opens.second, row.opens.value) == (9, 30, 0, time(9, 30))


def test_it_is_compared_with_every_spelling(visits):
    row = visits(due="2026-03-10 14:00:00", day="2026-03-10", opens="09:30")
    assert row.due.gt("2025-01-01")
    assert row.due.gte("2026/03/10 14:00:00")
    assert row.due.lt("2026-03-10T06:00:01Z")
    assert row.due.lte(date(2026, 3, 11))
    assert row.due.range("2026-03-10", "2026-03-10 14:00")
    assert not row.day.gt(datetime(2026, 3, 10, 23))
    assert row.day.isEqual("2026/03/10")
    assert row.day == "2026-03-10" == row.day
    assert row.day != "soon"
    assert row.day != row.due.addDay(1)
    assert row.opens < "10:00"
    assert visits.create(**row).day.isEqual("2026-03-10")


def test_nothing_is_before_or_after_an_empty_value_and_nothing_is_added_to_it(visits):
    row = visits.create(day="2026-03-10")
    assert not row.due.gt("2025-01-01")
    assert not row.day.gt(row.due)
    assert not row.day.range(None, "2027-01-01")
    assert row.due.dt is None
    assert row.due.getDisplayValue() == ""
    for ask in (lambda: row.due.addDay(1), lambda: row.due.hour, lambda: row.due.weekDay, lambda: row.opens.minute):
        with pytest.raises(ValueError, match=r"^(due|opens) is empty: it has no parts, and nothing can be added to it"):
            ask()


def test_what_cannot_be_read_is_kept_for_the_save_to_refuse(visits):
    row = visits(due="soon")
    assert row.due.value == "soon"
    with pytest.raises(ValueError, match=r"due: expected a time like 2025-03-10 14:00:00, got 'soon'"):
        row.due.addDay(1)
    with pytest.raises(ValueError, match="day: expected a date like 2025-03-10, got 'later'"):
        visits(day="2026-03-10").day.gt("later")
    with pytest.raises(ModelError, match="due: expected a time like"):
        row.save()


def test_a_value_on_its_own_is_brought_to_its_kind_too(app_from):
    assert datatypes.Datetime(value="2026-03-10 14:00").addDay(1).value == datetime(2026, 3, 11, 14)
    assert datatypes.Datetime(value="2026-03-10T14:00Z").hour == 14, "no app is open"
    app_from(VISIT)
    assert datatypes.Datetime.new({"name": "at"}, "2026-03-10T14:00Z").hour == 22
    with pytest.raises(ValueError, match="Date is empty"):
        datatypes.Date().addDay(1)


@pytest.mark.parametrize("make", ["postgresql"], indirect=True)
def test_in_a_column_with_a_zone_a_text_is_a_time_of_the_app(app_from, make):
    Call = app_from(MAPPED).models.Call
    Call.table.create(Call.model.database.engine)
    row = Call(at="2026-03-10 14:00:00")
    assert row.at == datetime(2026, 3, 10, 6, tzinfo=UTC)
    row.at = row.at.addDay(1)
    row.save()
    assert Call.get().at == "2026-03-11 14:00:00"
    assert Call.get().at.gt("2026-03-11 13:59:59")
    assert not Call.get().at.gt("2026-03-11 14:00:00")
