"""Datatypes that hold dates and times."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any, Self

import arrow
import sqlalchemy as sa
from sqlalchemy.dialects.mysql import DATETIME
from sqlalchemy.dialects.mysql import TIME as MYSQL_TIME

from ...app import App
from ...clock import moment
from ..kinds import Kind
from .base import Ordered


class Date(Ordered):
    """A day."""

    __slots__ = ()
    kind = Kind.DATE

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return sa.Date()

    @property
    def dt(self) -> arrow.Arrow | None:
        """The value as an Arrow object; None if there is none."""
        return None if self._value is None else arrow.get(self._as_datetime())

    @property
    def quarter(self) -> int:
        """1 to 4."""
        return int((self._as_datetime().month + 2) // 3)

    @property
    def weekOfYear(self) -> int:
        """The ISO week."""
        return int(self._as_datetime().isocalendar().week)

    @property
    def weekDay(self) -> int:
        """1 for Monday to 7 for Sunday."""
        return int(self._as_datetime().isoweekday())

    def addYear(self, count: int) -> Self:
        """So many years later; 29 February becomes the 28th where there is none."""
        return self._shifted(years=count)

    def addQuarter(self, count: int) -> Self:
        """So many quarters later."""
        return self._shifted(months=3 * count)

    def addMonth(self, count: int) -> Self:
        """So many months later, on the last day where the month is too short."""
        return self._shifted(months=count)

    def addWeek(self, count: int) -> Self:
        """So many weeks later."""
        return self._shifted(weeks=count)

    def addDay(self, count: int) -> Self:
        """So many days later."""
        return self._shifted(days=count)

    def reduceYear(self, count: int) -> Self:
        """So many years earlier."""
        return self.addYear(-count)

    def reduceQuarter(self, count: int) -> Self:
        """So many quarters earlier."""
        return self.addQuarter(-count)

    def reduceMonth(self, count: int) -> Self:
        """So many months earlier."""
        return self.addMonth(-count)

    def reduceWeek(self, count: int) -> Self:
        """So many weeks earlier."""
        return self.addWeek(-count)

    def reduceDay(self, count: int) -> Self:
        """So many days earlier."""
        return self.addDay(-count)

    def getDefaultTime(self) -> Any:
        """The present, as this type holds it."""
        return local_now().date()

    def getValue(self) -> str:
        """The value as text in the declared format; the present if there is no value."""
        shown = self._value if self._value is not None else self.getDefaultTime()
        return str(arrow.get(_full(shown)).format(str(self.options.get("dateTimeFormat") or self._format())))

    def getDisplayValue(self) -> str:
        """The value as text in the declared format; "" if there is no value."""
        return "" if self._value is None else self.getValue()

    def _format(self) -> str:
        return "YYYY-MM-DD"

    def _as_datetime(self) -> datetime:
        return _full(self._value)

    def _shifted(self, **units: Any) -> Self:
        moved = arrow.get(self._as_datetime()).shift(**units).naive
        return self.with_value(moved if isinstance(self._value, datetime) else moved.date(), self.parentDt)


class Datetime(Date):
    """A day and a time of day, in the time zone of the app."""

    __slots__ = ()
    kind = Kind.DATETIME

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return sa.DateTime().with_variant(DATETIME(fsp=6), "mysql", "mariadb")

    @property
    def date(self) -> Any:
        """The day."""
        return self._as_datetime().date()

    def getDefaultTime(self) -> Any:
        return local_now().replace(microsecond=0)

    def _format(self) -> str:
        return "YYYY-MM-DD HH:mm:ss"


class Time(Ordered):
    """A time of day."""

    __slots__ = ()
    kind = Kind.TIME

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return sa.Time().with_variant(MYSQL_TIME(fsp=6), "mysql", "mariadb")


def local_now() -> datetime:
    """The present of the open app, naive, in its time zone."""
    app = App.current()
    return local_time_of(app.clock.now(), app.timezone)


def local_time_of(at: int, zone: str) -> datetime:
    """An instant as the naive local time of a zone."""
    return arrow.get(moment(at)).to(zone).naive


def _full(value: date | time | datetime | str) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    return datetime.fromisoformat(str(value))
