"""From `timerCfg/repeat` to a Rule: lists or single numbers, defaults from the start, mistakes with their pointer."""

from __future__ import annotations

from datetime import datetime

from jitai_tasks.schedule.cron import parse_cron
from jitai_tasks.schedule.fields import Fields
from jitai_tasks.schedule.rule import Kind, Overflow, Rule, SubType

#: The longest sensible period of each kind: a hundred years.
LONGEST = {
    Kind.SECOND: 3_155_760_000,
    Kind.MINUTE: 52_596_000,
    Kind.HOUR: 876_600,
    Kind.DAY: 36_525,
    Kind.WEEK: 5_218,
    Kind.MONTH: 1_200,
    Kind.YEAR: 100,
}
_LAST = {"last": -1, "l": -1}


def read_rule(repeat: Fields, start: datetime | None) -> Rule:
    """The rule of a `repeat` object; `start` gives the selectors that are not there. Raises InvalidTime."""
    if not repeat.has("repeatType"):
        raise repeat.wrong("repeatType", f"is missing; one of {', '.join(Kind)}")
    kind = repeat.choice("repeatType", Kind, Kind.NORMAL)
    if kind is Kind.CRON:
        return _cron(repeat)
    period = repeat.integer("period", 1, LONGEST[kind], default=1) if kind in LONGEST else 1
    if start is None:
        raise repeat.wrong("repeatType", f"{kind} counts from startTime, which is missing")
    if kind is Kind.WEEK:
        return Rule(kind=kind, period=period, weekdays=_weekdays(repeat) or (start.isoweekday(),))
    if kind in (Kind.MONTH, Kind.YEAR):
        return _months(repeat, kind, period, start)
    return Rule(kind=kind, period=period)


def _cron(repeat: Fields) -> Rule:
    expression = repeat.text("cron").strip()
    if not expression:
        raise repeat.wrong("cron", "is missing; an expression like '30 2 * * *'")
    parse_cron(expression, repeat.at("cron"))
    if repeat.integer("period", 1, 1, default=1) != 1:
        raise repeat.wrong("period", "does not go with cron")
    return Rule(kind=Kind.CRON, cron=expression)


def _months(repeat: Fields, kind: Kind, period: int, start: datetime) -> Rule:
    months = repeat.integers("month", 1, 12) or (start.month,) if kind is Kind.YEAR else ()
    if _sub_type(repeat) is SubType.WEEK:
        return Rule(
            kind=kind,
            period=period,
            months=months,
            weeks=_weeks(repeat, start),
            weekdays=_weekdays(repeat) or (start.isoweekday(),),
        )
    return Rule(
        kind=kind,
        period=period,
        months=months,
        days=_days(repeat) or (start.day,),
        overflow=repeat.choice("monthOverflow", Overflow, Overflow.CLAMP),
    )


def _sub_type(repeat: Fields) -> SubType:
    by_week = repeat.has("week") or (repeat.has("weekday") and not repeat.has("day"))
    return repeat.choice("subType", SubType, SubType.WEEK if by_week and not repeat.has("day") else SubType.DAY)


def _days(repeat: Fields) -> tuple[int, ...]:
    days = repeat.integers("day", -31, 31, words=_LAST)
    return tuple(sorted({day or -1 for day in days}))


def _weekdays(repeat: Fields) -> tuple[int, ...]:
    return tuple(sorted({weekday or 7 for weekday in repeat.integers("weekday", 0, 7)}))


def _weeks(repeat: Fields, start: datetime) -> tuple[int, ...]:
    weeks = repeat.integers("week", -5, 5, words=_LAST)
    if 0 in weeks:
        raise repeat.wrong("week", "0 is no week; 1 to 5, or -1 for the last")
    return weeks or ((start.day - 1) // 7 + 1,)
