"""Time functions of JitAi applications. Datetimes are naive, in the application's zone; timestamps are milliseconds."""

from __future__ import annotations

import datetime as dt
import logging
from functools import cache

import arrow

from .jitnow import JitNow, zoneName
from .workday_constants import holidayDict, workdayDict, yearsWithData

__all__ = [
    "JitNow",
    "datetime2string",
    "datetime2timestamp",
    "dayShift",
    "deltaArrowTime",
    "formatNow",
    "get",
    "getDelayTime",
    "getNextDatetime",
    "getNextWorkTs",
    "getTimestamp",
    "isWorkday",
    "lastDayOfMonth",
    "monday",
    "monthShift",
    "monthStart",
    "now",
    "nowNoMicrosecond",
    "quarterShift",
    "quarterStart",
    "strToTimestamp",
    "string2datetime",
    "timeStampToDate",
    "timeStampToDateTime",
    "timestamp2string",
    "today",
    "weekShift",
    "yearShift",
    "yearStart",
]  # fmt: skip

_logger = logging.getLogger(__name__)
_MOST_DAYS_TO_SKIP = 100

Moment = dt.date | arrow.Arrow | str | int | float


def get(value: Moment | None = None) -> JitNow:
    """The moment meant by a datetime, a date, a text or a timestamp in milliseconds; now, if nothing is given."""
    if value is None:
        return now()
    if isinstance(value, dt.datetime | arrow.Arrow):
        return JitNow.of(value)
    if isinstance(value, dt.date):
        return JitNow(value.year, value.month, value.day)
    if isinstance(value, str):
        return string2datetime(value)
    return timeStampToDateTime(value)


def now() -> JitNow:
    """The time it is, by the application's clock and in its zone."""
    return JitNow.read()


def nowNoMicrosecond() -> JitNow:
    """The time it is, to the second."""
    return now().replace(microsecond=0)


def today() -> JitNow:
    """This morning, 00:00."""
    return now().floor("day")


def dayShift(days: int = 0, base: Moment | None = None) -> JitNow:
    """00:00 of the day that lies `days` after the one of `base` (default: today)."""
    return get(base).floor("day").shift(days=days)


def monday(base: Moment | None = None) -> JitNow:
    """00:00 of Monday of the week of `base`."""
    return get(base).floor("week")


def weekShift(weeks: int = 0, base: Moment | None = None) -> JitNow:
    """Monday 00:00, `weeks` weeks after the one of `base`."""
    return monday(base).shift(weeks=weeks)


def monthStart(base: Moment | None = None) -> JitNow:
    """00:00 of the first day of the month of `base`."""
    return get(base).floor("month")


def monthShift(months: int = 0, base: Moment | None = None) -> JitNow:
    """The first day of the month that lies `months` after the one of `base`."""
    return monthStart(base).shift(months=months)


def quarterStart(base: Moment | None = None) -> JitNow:
    """00:00 of the first day of the quarter of `base`."""
    return get(base).floor("quarter")


def quarterShift(quarters: int = 0, base: Moment | None = None) -> JitNow:
    """The first day of the quarter that lies `quarters` after the one of `base`."""
    return quarterStart(base).shift(months=3 * quarters)


def yearStart(base: Moment | None = None) -> JitNow:
    """00:00 of 1 January of the year of `base`."""
    return get(base).floor("year")


def yearShift(years: int = 0, base: Moment | None = None) -> JitNow:
    """1 January of the year that lies `years` after the one of `base`."""
    return yearStart(base).shift(years=years)


def lastDayOfMonth(base: Moment | None = None) -> JitNow:
    """00:00 of the last day of the month of `base`."""
    return get(base).ceil("month").floor("day")


def getTimestamp() -> int:
    """Now, as a timestamp."""
    return datetime2timestamp(now())


def datetime2timestamp(when: Moment) -> int:
    """The timestamp of a moment."""
    return int(get(when).arrow.float_timestamp * 1000)


def timeStampToDateTime(timestamp: float) -> JitNow:
    """The moment of a timestamp."""
    return JitNow.of(arrow.get(timestamp / 1000, tzinfo=zoneName()))


def timeStampToDate(timestamp: float) -> dt.date:
    """The day of a timestamp."""
    return timeStampToDateTime(timestamp).date()


def timestamp2string(timestamp: float, fmt: str = "%Y-%m-%d %H:%M:%S") -> str:
    """A timestamp as text, by strftime codes."""
    return timeStampToDateTime(timestamp).strftime(fmt)


def string2datetime(text: str, fmt: str | None = None) -> JitNow:
    """The moment of a text: by strptime codes, or by itself for ISO forms. A text with an offset is converted."""
    if fmt is not None:
        return JitNow.of(dt.datetime.strptime(text, fmt))
    return JitNow.of(dt.datetime.fromisoformat(text.strip()))


def strToTimestamp(text: str, fmt: str | None = None) -> int:
    """The timestamp of a text."""
    return datetime2timestamp(string2datetime(text, fmt))


def datetime2string(when: Moment, fmt: str = "%Y-%m-%d") -> str:
    """A moment as text, by strftime codes."""
    return get(when).strftime(fmt)


def formatNow(fmt: str = "%Y-%m-%d") -> str:
    """Now as text, by strftime codes."""
    return datetime2string(now(), fmt)


def deltaArrowTime(base: Moment | None = None, **steps: float) -> arrow.Arrow:
    """`base` moved by `days=1`, `minutes=-5`, …, as an aware Arrow object."""
    return get(base).shift(**steps).arrow


def getDelayTime(when: Moment) -> float:
    """Seconds from now until `when`; 0 if it has passed."""
    return max((get(when) - now()).total_seconds(), 0.0)


def isWorkday(day: Moment | None = None) -> bool:
    """Whether people work on that day in China: make-up workdays count, weekends and legal holidays do not."""
    date = get(day).date()
    if date.year not in yearsWithData:
        _warnOfMissingYear(date.year)
    key = date.isoformat()
    return key in workdayDict or (date.isoweekday() <= 5 and key not in holidayDict)


def getNextWorkTs(base: Moment | None = None) -> int:
    """The timestamp of the same time of day on the next workday after `base`."""
    return datetime2timestamp(_workdaysLater(get(base), 1))


def getNextDatetime(count: int, unit: str = "D", skipHoliday: bool | int = False) -> JitNow:
    """`count` days ("D"), hours ("H") or minutes ("M") from now; `skipHoliday` counts and lands on workdays only."""
    step = {"D": "days", "H": "hours", "M": "minutes"}.get(unit.upper())
    if step is None:
        raise ValueError(f"unit {unit!r}: expected D, H or M")
    if step == "days" and skipHoliday:
        return _workdaysLater(now(), count)
    moved = now().shift(**{step: count})
    return moved if not skipHoliday or isWorkday(moved) else _workdaysLater(moved, 1)


def _workdaysLater(start: JitNow, count: int) -> JitNow:
    found = start
    for _ in range(count):
        found = _nextWorkday(found)
    return found


def _nextWorkday(day: JitNow) -> JitNow:
    later = (day.shift(days=step) for step in range(1, _MOST_DAYS_TO_SKIP))
    return next(found for found in later if isWorkday(found))


@cache
def _warnOfMissingYear(year: int) -> None:
    _logger.warning("no holidays are known for %s: only weekends count as free days", year)
