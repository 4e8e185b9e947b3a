"""What a schema cannot say about an e.json: dates that exist, ends after starts, zones, keys without effect."""

from __future__ import annotations

import calendar
import zoneinfo
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import TypeGuard

from .clock import NO_ZONES
from .errors import nearest
from .problems import Finding

Json = Mapping[str, object]
_FORMAT = "%Y-%m-%d %H:%M:%S"
_EARLIEST_YEAR = 1900


def element_sense(value: Json, rules: str, *, instance: bool) -> Iterator[Finding]:
    """Findings about an e.json; `rules` is the official Type whose rules hold, `instance` False for a Meta or Type."""
    if "title" not in value:
        message = "the key 'title' is missing: the name of the folder is shown instead"
        yield Finding("", message, 'add "title": "what people see"', "warning")
    if instance and rules in ("tasks.NormalType", "tasks.DateFieldType"):
        yield from _switched_off(value)
    for findings in _SENSE.get(rules, ()):
        yield from findings(value)


def app_sense(value: Json) -> Iterator[Finding]:
    """Findings about an app.json."""
    yield from _zone(value)


def _switched_off(value: Json) -> Iterator[Finding]:
    """A task that will never run by itself, perhaps by oversight."""
    if "enable" not in value:
        message = "the key 'enable' is missing: the task is off, because the default is 0"
        yield Finding("", message, 'add "enable": 1, or "enable": 0 to say so', "warning")
    if "timerCfg" not in value and value.get("enable") not in (1, True):  # of an enabled one the schema asks for it
        message = "the key 'timerCfg' is missing: the task has no times of its own"
        yield Finding("", message, 'add "timerCfg" before you enable it', "warning")


def _timer(value: Json) -> Iterator[Finding]:
    timer = value.get("timerCfg")
    if not isinstance(timer, dict):
        return
    for key in ("startTime", "endTime"):
        yield from _moment(timer, key)
    start, end = _parsed(timer.get("startTime")), _parsed(timer.get("endTime"))
    if start and end and end < start:
        message = f"expected a time after startTime {start:{_FORMAT}}, found {end:{_FORMAT}}"
        yield Finding("timerCfg/endTime", message, "move endTime behind startTime, or remove it")
    repeat = timer.get("repeat")
    if isinstance(repeat, dict):
        yield from _repeat(repeat)


def _end_of_rows(value: Json) -> Iterator[Finding]:
    """The end of a date-field task is either fixed or a field."""
    timer = value.get("timerCfg")
    if not isinstance(timer, dict):
        return
    of_a_field = timer.get("endTimeType") == 1
    for key in ("endTime",) if of_a_field else ("endField", "endOffset"):
        if key in timer:
            state = "endTimeType is 1" if of_a_field else "endTimeType is 0"
            other = "0" if of_a_field else "1"
            advice = f"set endTimeType to {other}, or remove '{key}'"
            yield Finding(f"timerCfg/{key}", f"'{key}' is not used, because {state}", advice, "warning", at_key=True)


def _moment(timer: Json, key: str) -> Iterator[Finding]:
    text = timer.get(key)
    if not isinstance(text, str) or not text[:1].isdecimal():
        return
    reason = _impossible(text)
    if reason:
        yield Finding(f"timerCfg/{key}", f"expected a time that exists, found '{text}': {reason}", "correct the date")


def _impossible(text: str) -> str:
    """Why a well-formed local time does not exist; "" if it does, or if it is not well-formed."""
    if _parsed(text) is not None and text[:4] >= str(_EARLIEST_YEAR):
        return ""
    numbers = text.replace("-", " ").replace(":", " ").split()
    if len(numbers) != 6 or not all(number.isdecimal() for number in numbers):
        return ""
    year, month, day, hour, minute, second = map(int, numbers)
    if not _EARLIEST_YEAR <= year <= 9999:
        return f"years go from {_EARLIEST_YEAR} to 9999"
    return _impossible_day(year, month, day) or _impossible_time(hour, minute, second)


def _impossible_day(year: int, month: int, day: int) -> str:
    if not 1 <= month <= 12:
        return "months go from 01 to 12"
    length = calendar.monthrange(year, month)[1]
    if not 1 <= day <= length:
        return f"{year:04}-{month:02} has {length} days"
    return ""


def _impossible_time(hour: int, minute: int, second: int) -> str:
    if hour > 23:
        return "hours go from 00 to 23"
    return "" if minute < 60 and second < 60 else "minutes and seconds go from 00 to 59"


def _parsed(text: object) -> datetime | None:
    """The naive local time of a well-formed text; None for anything else."""
    if not isinstance(text, str) or len(text) != 19:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _repeat(repeat: Json) -> Iterator[Finding]:
    """Weeks that are none, and days that none of the chosen months has."""
    if repeat.get("week") == 0:
        yield Finding(
            "timerCfg/repeat/week", "expected a week from 1 to 5 or from -5 to -1, found 0", "write -1 for the last"
        )
    days, months = repeat.get("day"), repeat.get("month")
    if repeat.get("repeatType") != "year" or repeat.get("monthOverflow") != "skip":
        return
    if not _are_whole(days) or not _are_whole(months):
        return
    longest = max((calendar.monthrange(2024, month)[1] for month in months if 1 <= month <= 12), default=31)
    if all(abs(day) > longest for day in days):
        message = f"expected a day that one of the months has, found {days} where the longest has {longest} days"
        yield Finding("timerCfg/repeat/day", message, 'choose a day that exists, or set monthOverflow to "clamp"')


def _are_whole(items: object) -> TypeGuard[list[int]]:
    return isinstance(items, list) and bool(items) and all(type(item) is int for item in items)


def _zone(value: Json) -> Iterator[Finding]:
    name = value.get("timezone")
    if isinstance(name, str) and name and not _zone_exists(name):
        guess = nearest(name, zoneinfo.available_timezones() - NO_ZONES)
        advice = f"did you mean {guess}?" if guess else "use an IANA name like Europe/Berlin or UTC"
        yield Finding("timezone", f"expected a time zone of the IANA database, found '{name}'", advice)


@cache
def _zone_exists(name: str) -> bool:
    if name.partition("/")[0] in NO_ZONES:
        return False
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _function(value: Json) -> Iterator[Finding]:
    if value.get("funcType") == "Inner" and value.get("func"):
        message = "'func' is not used, because funcType is 'Inner'"
        yield Finding("func", message, "set funcType to \"Global\", or remove 'func'", "warning", at_key=True)


def _calendar(value: Json) -> Iterator[Finding]:
    weekend = value.get("weekend")
    if _are_whole(weekend) and len({day or 7 for day in weekend}) == 7:
        yield Finding("weekend", "expected at least one workday in a week, found seven days off", "take one out")
    for key in ("add", "remove"):
        dates = value.get(key)
        for index, text in enumerate(dates if isinstance(dates, list) else ()):
            if isinstance(text, str) and (reason := _impossible_date(text)):
                message = f"expected a date that exists, found '{text}': {reason}"
                yield Finding(f"{key}/{index}", message, "correct the date")


def _impossible_date(text: str) -> str:
    """Why a well-formed yyyy-MM-dd or MM-dd does not exist; a date without a year may be the 29th of February."""
    numbers = text.split("-")
    if len(numbers) not in (2, 3) or not all(number.isdecimal() for number in numbers):
        return ""
    *years, month, day = map(int, numbers)
    if years and years[0] < _EARLIEST_YEAR:
        return f"years go from {_EARLIEST_YEAR} to 9999"
    return _impossible_day(years[0] if years else 2024, month, day)


_SENSE: Mapping[str, Sequence[Callable[[Json], Iterator[Finding]]]] = {
    "tasks.NormalType": (_zone, _function, _timer),
    "tasks.DateFieldType": (_zone, _function, _timer, _end_of_rows),
    "tasks.TemporaryType": (_zone,),
    "events.NormalType": (_function,),
    "events.ModelType": (_function,),
    "calendars.NormalType": (_calendar,),
}
