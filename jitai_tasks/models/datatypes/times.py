"""Datatypes that hold dates and times."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any, Self
from zoneinfo import ZoneInfo

import arrow
import sqlalchemy as sa
from sqlalchemy.dialects.mysql import DATETIME
from sqlalchemy.dialects.mysql import TIME as MYSQL_TIME

from ...app import App
from ...clock import moment
from ...errors import AppError
from ..fields import plain
from ..kinds import FieldInfo, Kind, coerce
from .base import Ordered

#: Of a value that is in no model.
_NO_COLUMN: sa.Column[object] = sa.Column("value")


def _part(name: str, doc: str) -> Any:
    """A property: the part of that name of a date or time. ValueError if there is none."""
    return property(lambda field: getattr(field._present(), name), doc=doc)  # noqa: SLF001 - of the classes below


class Temporal(Ordered):
    """Dates and times. Texts and other spellings become what a save would make of them as soon as they are set.

    What cannot be read stays as it is: the save refuses it. What a value is compared with may be spelled as freely.
    """

    __slots__ = ()

    def _held(self, value: object) -> object:
        try:
            return self._read(value)
        except (ValueError, OverflowError):
            return value

    def _read(self, value: object) -> Any:
        """`value` as the field holds it; ValueError says what was expected."""
        return None if value is None else coerce(self._info(), value)

    def _info(self) -> FieldInfo:
        model = getattr(type(self.parentDt), "__model__", None)
        found: FieldInfo | None = None if model is None else model.fields.get(self.name)
        return found or FieldInfo(name=self._label(), kind=self.kind, column=_NO_COLUMN, zone=_zone())

    def _label(self) -> str:
        return self.name or type(self).__name__

    def _present(self) -> Any:
        """The value; ValueError if there is none, or none that can be read."""
        if self._value is None:
            raise ValueError(f"{self._label()} is empty: it has no parts, and nothing can be added to it")
        return self._read(self._value)

    def __eq__(self, other: object) -> bool:
        return super().__eq__(self._held(plain(other)))

    __hash__ = Ordered.__hash__

    def __lt__(self, other: object) -> bool:
        return bool(self._present() < self._read(plain(other)))

    def __le__(self, other: object) -> bool:
        return bool(self._present() <= self._read(plain(other)))

    def __gt__(self, other: object) -> bool:
        return bool(self._present() > self._read(plain(other)))

    def __ge__(self, other: object) -> bool:
        return bool(self._present() >= self._read(plain(other)))


class Date(Temporal):
    """A day."""

    __slots__ = ()
    kind = Kind.DATE
    year = _part("year", "The year.")
    month = _part("month", "1 to 12.")
    day = _part("day", "1 to 31.")

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
        shown = self.getDefaultTime() if self._value is None else self._present()
        return str(arrow.get(_full(shown)).format(str(self.options.get("dateTimeFormat") or self._format())))

    def getDisplayValue(self) -> str:
        """The value as text in the declared format; "" if there is no value."""
        return "" if self._value is None else self.getValue()

    def _format(self) -> str:
        return "YYYY-MM-DD"

    def _as_datetime(self) -> datetime:
        return _full(self._present())

    def _shifted(self, **units: Any) -> Self:
        value = self._as_datetime()
        moved = arrow.get(value).shift(**units)
        return self.with_value(moved.datetime if value.tzinfo else moved.naive, self.parentDt)


class Datetime(Date):
    """A day and a time of day, in the time zone of the app."""

    __slots__ = ()
    kind = Kind.DATETIME
    hour = _part("hour", "0 to 23.")
    minute = _part("minute", "0 to 59.")
    second = _part("second", "0 to 59.")

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


class Time(Temporal):
    """A time of day."""

    __slots__ = ()
    kind = Kind.TIME
    hour = _part("hour", "0 to 23.")
    minute = _part("minute", "0 to 59.")
    second = _part("second", "0 to 59.")

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return sa.Time().with_variant(MYSQL_TIME(fsp=6), "mysql", "mariadb")


def local_now() -> datetime:
    """The present of the open app, naive, in its time zone."""
    app = App.current()
    return local_time_of(app.clock.now(), app.timezone)


def local_time_of(at: int, zone: str) -> datetime:
    """An instant as the naive local time of a zone."""
    return arrow.get(moment(at)).to(zone).naive


def _full(value: date) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(value, time())


def _zone() -> ZoneInfo:
    """The zone of the open app; without one, times with a zone become those of UTC."""
    try:
        return ZoneInfo(App.current().timezone)
    except AppError:
        return ZoneInfo("UTC")
