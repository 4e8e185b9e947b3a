"""Cron expressions of five or six fields (second first), with names, lists, ranges, steps, `L`, `W` and `#`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from jitai_tasks.errors import InvalidTime
from jitai_tasks.schedule.rules import nth_weekday

_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAY_NAMES = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
_WEEKDAYS = {name: number for number, name in enumerate(_WEEKDAY_NAMES)}
_SHORTHANDS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
#: The longest expression that is looked at.
LONGEST = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    name: str
    low: int
    high: int
    names: Mapping[str, int]


_SECOND = _Field(name="second", low=0, high=59, names={})
_MINUTE = _Field(name="minute", low=0, high=59, names={})
_HOUR = _Field(name="hour", low=0, high=23, names={})
_DAY = _Field(name="day of month", low=1, high=31, names={})
_MONTH = _Field(name="month", low=1, high=12, names=_MONTHS)
_WEEKDAY = _Field(name="day of week", low=0, high=7, names=_WEEKDAYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class CronDays:
    """The day-of-month and day-of-week fields: which days of a month they choose."""

    #: Days by number.
    days: frozenset[int] = frozenset()
    #: Days counted from the end: 0 for `L`, 3 for `L-3`.
    before_last: frozenset[int] = frozenset()
    #: `15W`: the workday (Monday to Friday) of the month that is nearest to that day.
    near: frozenset[int] = frozenset()
    #: `LW`: the last workday of the month.
    last_workday: bool = False
    #: Weekdays, 1 = Monday.
    weekdays: frozenset[int] = frozenset()
    #: `5#2` as (5, 2); `5L` as (5, -1).
    nth: frozenset[tuple[int, int]] = frozenset()
    #: Whether a day must be chosen by both fields (one of them starts with `*` or is `?`), or by one of them.
    both: bool = True

    def __call__(self, weekday: int, length: int) -> tuple[int, ...]:
        by_day, by_weekday = self._by_day(weekday, length), self._by_weekday(weekday, length)
        return tuple(sorted(by_day & by_weekday if self.both else by_day | by_weekday))

    def _by_day(self, weekday: int, length: int) -> set[int]:
        chosen = {day for day in self.days if day <= length}
        chosen |= {length - before for before in self.before_last if before < length}
        chosen |= {_nearest_workday(weekday, length, day) for day in self.near if day <= length}
        return chosen | ({_nearest_workday(weekday, length, length)} if self.last_workday else set())

    def _by_weekday(self, weekday: int, length: int) -> set[int]:
        chosen = {day for day in range(1, length + 1) if (weekday + day - 2) % 7 + 1 in self.weekdays}
        return chosen | {day for each, n in self.nth if (day := nth_weekday(weekday, length, n, each)) is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """A parsed expression."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: CronDays
    months: tuple[int, ...]
    #: Whether the hour or the minute starts with `*`: such a job follows the clock on the wall as it is, twice
    #: through an overlap and never in a gap; any other fires once a day (the rule of Debian's cron).
    wildcard: bool

    @property
    def a_day(self) -> int:
        """How many slots a chosen day has."""
        return len(self.seconds) * len(self.minutes) * len(self.hours)


def parse_cron(expression: str, pointer: str = "cron") -> Cron:
    """Read an expression. Raises InvalidTime at `pointer`, naming the field."""
    text = expression.strip().lower()
    if len(text) > LONGEST:
        raise InvalidTime(pointer, f"is longer than {LONGEST} characters")
    parts = _SHORTHANDS.get(text, text).split()
    if len(parts) not in (5, 6):
        raise InvalidTime(
            pointer,
            f"{expression!r} has {len(parts)} fields; expected five (minute, hour, day of month, month, day of week) "
            "or six (second first)",
        )
    try:
        return _assemble(*([] if len(parts) == 6 else ["0"]), *parts)
    except _Wrong as wrong:
        raise InvalidTime(pointer, f"{wrong} in {expression!r}") from None


class _Wrong(ValueError):
    """What is wrong with one field."""


def _assemble(second: str, minute: str, hour: str, day: str, month: str, weekday: str) -> Cron:
    return Cron(
        seconds=_numbers(second, _SECOND),
        minutes=_numbers(minute, _MINUTE),
        hours=_numbers(hour, _HOUR),
        days=_days(day, weekday),
        months=_numbers(month, _MONTH),
        wildcard=minute.startswith("*") or hour.startswith("*"),
    )


def _days(day: str, weekday: str) -> CronDays:
    numbers: set[int] = set()
    before: set[int] = set()
    near: set[int] = set()
    weekdays: set[int] = set()
    nth: set[tuple[int, int]] = set()
    terms = ["*"] if day == "?" else day.split(",")
    for term in terms:
        if found := re.fullmatch(r"l(?:-(\d{1,2}))?", term):
            before.add(_number(found[1] or "0", _Field(name=_DAY.name, low=0, high=30, names={})))
        elif found := re.fullmatch(r"(\d{1,2})w", term):
            near.add(_number(found[1], _DAY))
        elif term != "lw":
            numbers |= set(_term(term, _DAY))
    for term in ["*"] if weekday == "?" else weekday.split(","):
        if found := re.fullmatch(r"(\w+)#(\d)", term):
            nth.add((_weekday(found[1]), _number(found[2], _Field(name="week (#)", low=1, high=5, names={}))))
        elif found := re.fullmatch(r"(\w+)l", term):
            nth.add((_weekday(found[1]), -1))
        else:
            weekdays |= {number or 7 for number in _term(term, _WEEKDAY)}
    return CronDays(
        days=frozenset(numbers),
        before_last=frozenset(before),
        near=frozenset(near),
        last_workday="lw" in terms,
        weekdays=frozenset(weekdays),
        nth=frozenset(nth),
        both=day[0] in "*?" or weekday[0] in "*?",
    )


def _numbers(text: str, field: _Field) -> tuple[int, ...]:
    return tuple(sorted({number for term in text.split(",") for number in _term(term, field)}))


def _term(term: str, field: _Field) -> range:
    """`*`, `5`, `1-5`, each with `/step`; `5/10` counts from 5 to the end, as in other crons."""
    body, slash, step_text = term.partition("/")
    step = _number(step_text, _Field(name=f"step of the {field.name}", low=1, high=999, names={})) if slash else 1
    if body == "*":
        return range(field.low, field.high + 1, step)
    first, dash, last = body.partition("-")
    low = _number(first, field)
    if not dash:
        return range(low, field.high + 1 if slash else low + 1, step)
    high = _number(last, field)
    if field is _WEEKDAY and high == 0 < low:
        high = 7
    if high < low:
        raise _Wrong(f"{field.name}: the range {body!r} runs backwards")
    return range(low, high + 1, step)


def _weekday(text: str) -> int:
    return _number(text, _WEEKDAY) or 7


def _number(text: str, field: _Field) -> int:
    if text in field.names:
        return field.names[text]
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise _Wrong(f"{field.name}: {text!r} is no number" + (" or name" if field.names else ""))
    if not field.low <= int(text) <= field.high:
        raise _Wrong(f"{field.name}: {text} is not between {field.low} and {field.high}")
    return int(text)


def _nearest_workday(first_weekday: int, length: int, day: int) -> int:
    weekday = (first_weekday + day - 2) % 7 + 1
    if weekday == 6:
        return day - 1 if day > 1 else day + 2
    if weekday == 7:
        return day + 1 if day < length else day - 2
    return day
