"""The year, month, week or day that holds a date: from its first moment to that of the next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import cast

from ...errors import FilterError
from ..kinds import FieldInfo, Kind, coerce


def span(field: FieldInfo, operator: str, value: object) -> tuple[object, object]:
    """First moment of the year, month, week or day that holds `value` (a date or its text), and of the next one."""
    text = f"{value}-01" if isinstance(value, str) and operator == "month" and len(value) == 7 else value
    day = cast(date, coerce(_as_date(field), text))
    try:
        start, end = _SPANS[operator](day)
        return coerce(field, start), coerce(field, end)
    except (ValueError, OverflowError):
        raise FilterError(f"{field.name}: {str(value)!r} is at the end of the calendar") from None


def year_of_instants(field: FieldInfo, operator: str, number: int) -> date:
    """A day of the year `number`; FilterError for another part: by its number, only a year is one stretch of time."""
    if operator != "year":
        day = "2026-01" if operator == "month" else "2026-01-15"
        raise FilterError(f"{field.name}: a {operator} of every year cannot be asked for; say {operator}={day!r}")
    return date(number, 1, 1)


def second(field: FieldInfo, value: object) -> tuple[datetime, datetime]:
    """The first whole second that is not before `value` (a datetime), and the first one after it."""
    moment = cast(datetime, value)
    start = moment.replace(microsecond=0)
    try:
        after = start + timedelta(seconds=1)
    except OverflowError:
        raise FilterError(f"{field.name}: {str(value)!r} is at the end of the calendar") from None
    return (start if moment == start else after), after


def _as_date(field: FieldInfo) -> FieldInfo:
    return FieldInfo(name=field.name, kind=Kind.DATE, column=field.column, zone=field.zone)


def _year_span(day: date) -> tuple[date, date]:
    return date(day.year, 1, 1), date(day.year + 1, 1, 1)


def _month_span(day: date) -> tuple[date, date]:
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1)


def _week_span(day: date) -> tuple[date, date]:
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=7)


def _day_span(day: date) -> tuple[date, date]:
    return day, day + timedelta(days=1)


_SPANS: dict[str, Callable[[date], tuple[date, date]]] = {
    "year": _year_span,
    "month": _month_span,
    "week": _week_span,
    "day": _day_span,
}
