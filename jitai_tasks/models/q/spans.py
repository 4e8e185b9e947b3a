"""The year, month, week or day that holds a date: from its first moment to that of the next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import cast

from ...errors import FilterError
from ..kinds import FieldInfo, Kind, coerce


def span(field: FieldInfo, operator: str, value: object) -> tuple[object, object]:
    """First moment of the year, month, week or day that holds `value` (a date or its text), and of the next one."""
    text = f"{value}-01" if isinstance(value, str) and operator == "month" and len(value) == 7 else value
    day = cast(date, coerce(_as_date(field), text))
    try:
        start, end = _SPANS[operator](day)
    except (ValueError, OverflowError):
        raise FilterError(f"{field.name}: {value!r} is at the end of the calendar") from None
    return coerce(field, start), coerce(field, end)


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
