"""Wall time as integers: microseconds since 1970-01-01 00:00 on a wall clock, and days since 1970-01-01."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from jitai_tasks.errors import InvalidTime

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

#: `date.toordinal()` of 1970-01-01.
EPOCH_ORDINAL = 719_163
#: Day numbers of 0001-01-01 and 9999-12-31: what a date can name.
FIRST_DAY = 1 - EPOCH_ORDINAL
LAST_DAY = date.max.toordinal() - EPOCH_ORDINAL
#: The last instant that is ever an answer: one day of room for offsets below the end of the year 9999.
LAST_INSTANT = LAST_DAY * DAY - SECOND
#: The first one, with the same room.
FIRST_INSTANT = (FIRST_DAY + 1) * DAY

_WALL_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - wall time has no zone
_MICROSECOND = timedelta(microseconds=1)


def wall_of(moment: datetime) -> int:
    """The wall time that a naive datetime shows."""
    return (moment - _WALL_EPOCH) // _MICROSECOND


def datetime_of(wall: int) -> datetime:
    """The naive datetime that shows this wall time."""
    return _WALL_EPOCH + timedelta(microseconds=wall)


def day_of(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - EPOCH_ORDINAL


def date_of(day: int) -> date:
    """The date of a day number."""
    return date.fromordinal(day + EPOCH_ORDINAL)


def wall_text(wall: int) -> str:
    """`2024-03-15 10:00:00`, the form that e.json uses."""
    return datetime_of(wall).strftime("%Y-%m-%d %H:%M:%S").rjust(19, "0")


def parse_moment(value: object, pointer: str) -> datetime:
    """A datetime (naive: wall time; aware: an instant) from `YYYY-MM-DD HH:mm:ss`, its ISO forms, or a date.

    Raises InvalidTime at `pointer`."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - wall time has no zone
    if not isinstance(value, str) or "\0" in value:
        raise InvalidTime(pointer, f"expected a text like '2024-01-31 09:00:00', got {value!r}")
    try:
        return datetime.fromisoformat(value.strip())
    except ValueError as error:
        raise InvalidTime(pointer, f"{value!r} is no date and time like '2024-01-31 09:00:00' ({error})") from None


def parse_time_of_day(value: object, pointer: str) -> int:
    """Microseconds after midnight from `HH:mm` or `HH:mm:ss`. Raises InvalidTime at `pointer`."""
    parts = value.split(":") if isinstance(value, str) else []
    if len(parts) not in (2, 3) or not all(part.isascii() and part.isdigit() and len(part) <= 2 for part in parts):
        raise InvalidTime(pointer, f"expected a time of day like '09:00', got {value!r}")
    hour, minute, second = (*map(int, parts), 0)[:3]
    if hour > 23 or minute > 59 or second > 59:
        raise InvalidTime(pointer, f"{value!r} is no time of day between 00:00 and 23:59:59")
    return hour * HOUR + minute * MINUTE + second * SECOND
