"""What should happen, worked out the slow way: every minute of a stretch of time is looked at, one after the other.

Knows nothing of the engine: wall time comes from `zoneinfo`, rules are questions about one `datetime`."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

#: Whether a rule names this minute of the wall clock.
Names = Callable[[datetime], bool]
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Every minute from `first` on, and what the wall clock shows then."""

    first: datetime
    walls: list[datetime]
    #: Wall time -> the indexes of the minutes that show it.
    shown: dict[datetime, list[int]]

    def instant(self, index: int) -> int:
        """Seconds since 1970 of a minute."""
        return int(self.first.timestamp()) + 60 * index


def stretch(zone: str, middle: datetime, half: timedelta) -> Stretch:
    """The minutes around `middle` (UTC)."""
    first, info = middle - half, ZoneInfo(zone)
    count = int(2 * half / MINUTE)
    walls = [(first + n * MINUTE).astimezone(info).replace(tzinfo=None, fold=0) for n in range(count)]
    shown: dict[datetime, list[int]] = {}
    for index, wall in enumerate(walls):
        shown.setdefault(wall, []).append(index)
    return Stretch(first=first, walls=walls, shown=shown)


def fires(time: Stretch, named: list[datetime], gap: str = "after", overlap: str = "first") -> list[int]:
    """When a rule fires that names these minutes of the wall clock, in seconds since 1970."""
    found: set[int] = set()
    for wall in named:
        indexes = time.shown.get(wall)
        if indexes is None:
            found |= _in_gap(time, wall, gap)
        else:
            chosen = {"first": indexes[:1], "second": indexes[-1:], "both": indexes}[overlap]
            found |= {time.instant(index) for index in chosen}
    return sorted(found)


def named(time: Stretch, names: Names) -> list[datetime]:
    """Every minute of the wall clock, existing or not, that a rule names."""
    low, high = min(time.shown), max(time.shown)
    walls = (low + n * MINUTE for n in range(int((high - low) / MINUTE) + 1))
    return [wall for wall in walls if names(wall)]


def _in_gap(time: Stretch, wall: datetime, gap: str) -> set[int]:
    for index, (before, after) in enumerate(pairwise(time.walls), 1):
        if before < wall < after:
            return {"after": {time.instant(index)}, "before": {time.instant(index) - 1}, "skip": set[int]()}[gap]
    return set()


def rule(repeat: Mapping[str, object], start: datetime) -> Names:
    """Whether a `repeat` object, anchored at `start`, names a minute; each selector given as a list."""
    kind, period = repeat["repeatType"], repeat.get("period", 1)
    assert isinstance(period, int)
    days: dict[object, Callable[[datetime], bool]] = {
        "day": lambda wall: (wall.date() - start.date()).days % period == 0,
        "week": lambda wall: (
            _weeks_between(start, wall) % period == 0 and wall.isoweekday() in _list(repeat, "weekday")
        ),
        "month": lambda wall: _months_between(start, wall) % period == 0 and _is_day_of_month(repeat, wall),
        "year": lambda wall: (
            (wall.year - start.year) % period == 0
            and wall.month in _list(repeat, "month")
            and _is_day_of_month(repeat, wall)
        ),
    }
    fits, time = days[kind], start.time()
    return lambda wall: wall.time() == time and fits(wall)


def cron(expression: str) -> Names:
    """Whether an expression of numbers, lists, `*` and `*/n` names a minute; at most one day field is restricted."""
    minute, hour, day, month, weekday = expression.split()
    minutes, hours = _members(minute, range(60)), _members(hour, range(24))
    days, months, weekdays = _members(day, range(1, 32)), _members(month, range(1, 13)), _members(weekday, range(7))
    return lambda wall: (
        wall.minute in minutes
        and wall.hour in hours
        and wall.day in days
        and wall.month in months
        and wall.isoweekday() % 7 in weekdays
    )


def elapsed(time: Stretch, start: datetime, period: timedelta) -> list[int]:
    """When a rule of elapsed time fires that began at `start` (UTC)."""
    minutes = range(len(time.walls))
    return [time.instant(index) for index in minutes if (time.first + index * MINUTE - start) % period == timedelta(0)]


def utc(seconds: int) -> datetime:
    """The moment of seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def _list(repeat: Mapping[str, object], key: str) -> list[int]:
    value = repeat.get(key, [])
    assert isinstance(value, list)
    return value


def _weeks_between(start: datetime, wall: datetime) -> int:
    mondays = [moment.date() - timedelta(days=moment.weekday()) for moment in (start, wall)]
    return (mondays[1] - mondays[0]).days // 7


def _months_between(start: datetime, wall: datetime) -> int:
    return (wall.year - start.year) * 12 + wall.month - start.month


def _is_day_of_month(repeat: Mapping[str, object], wall: datetime) -> bool:
    if "week" in repeat:
        return wall.isoweekday() in _list(repeat, "weekday") and repeat["week"] in _weeks_of(wall)
    return any(_names_day(day, wall, str(repeat.get("monthOverflow", "clamp"))) for day in _list(repeat, "day"))


def _weeks_of(wall: datetime) -> tuple[int, int]:
    """Which of its weekdays a day is in its month: counted from the first, and from the last."""
    length = calendar.monthrange(wall.year, wall.month)[1]
    return (wall.day - 1) // 7 + 1, -((length - wall.day) // 7 + 1)


def _names_day(day: int, wall: datetime, overflow: str) -> bool:
    length = calendar.monthrange(wall.year, wall.month)[1]
    wanted = day if day > 0 else length + 1 + day
    if overflow == "clamp":
        wanted = max(1, min(wanted, length))
    return wall.day == wanted


def _members(field: str, values: range) -> set[int]:
    found: set[int] = set()
    for term in field.split(","):
        body, _, step = term.partition("/")
        found |= set(values[:: int(step or 1)]) if body == "*" else {int(body)}
    return found
