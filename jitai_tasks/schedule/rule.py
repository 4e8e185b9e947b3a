"""The parsed form of `timerCfg/repeat`: what is repeated, with every default filled in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The values of `repeatType`."""

    NORMAL = "normal"
    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    CRON = "cron"


class Overflow(StrEnum):
    """What becomes of day 31 in a shorter month: its last day, or nothing."""

    CLAMP = "clamp"
    SKIP = "skip"


class SubType(StrEnum):
    """Whether the days of a month are given by number or by week and weekday."""

    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One `repeat` object. Which of the lists apply depends on `kind`; the others are empty."""

    kind: Kind
    period: int = 1
    #: 1 = Monday .. 7 = Sunday: of kind week, and of month and year by week.
    weekdays: tuple[int, ...] = ()
    #: Days of the month, negative ones from its end: of month and year by day.
    days: tuple[int, ...] = ()
    #: 1..5, or -1 for the last: of month and year by week.
    weeks: tuple[int, ...] = ()
    #: 1..12: of kind year.
    months: tuple[int, ...] = ()
    overflow: Overflow = Overflow.CLAMP
    #: The expression: of kind cron.
    cron: str = ""
