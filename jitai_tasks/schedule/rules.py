"""The calendar rules day, week, month and year: which days, by arithmetic on day numbers, at one time of day."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from math import lcm

from jitai_tasks.schedule.civil import DAY, EPOCH_ORDINAL, FIRST_DAY, LAST_DAY, date_of
from jitai_tasks.schedule.local import WallRule

#: (weekday of the first day, 1 = Monday; number of days) -> the chosen days of such a month, 1-based, ascending.
MonthDays = Callable[[int, int], tuple[int, ...]]
#: The Gregorian calendar repeats after so many years, or days.
YEARS = 400
CYCLE_DAYS = 146_097
_MOST_KNOWN = 5000
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class EveryDays:
    """Every `period` days at the time of `anchor` (a wall time)."""

    __slots__ = ("_anchor", "_step")

    def __init__(self, anchor: int, period: int) -> None:
        self._anchor = anchor
        self._step = period * DAY

    def next_wall(self, wall: int) -> int | None:
        return wall + (self._anchor - wall) % self._step

    def count_walls(self, start: int, end: int) -> int:
        return max((end - 1 - self._anchor) // self._step - (start - 1 - self._anchor) // self._step, 0)

    def walls(self, start: int, end: int) -> Iterable[int]:
        return range(start + (self._anchor - start) % self._step, end, self._step)


class Weekdays:
    """On some weekdays (1 = Monday) of every `period`-th week, counted from the week of `anchor`, at its time."""

    __slots__ = ("_chosen", "_first", "_next", "_origin", "_period", "_time")

    def __init__(self, anchor: int, period: int, weekdays: tuple[int, ...]) -> None:
        day, self._time = divmod(anchor, DAY)
        self._chosen = sorted({weekday - 1 for weekday in weekdays})
        self._first = self._chosen[0]
        #: From each weekday, how many days to the next chosen one of the same week; None if there is none.
        self._next = [next((each - now for each in self._chosen if each >= now), None) for now in range(7)]
        self._period = period
        #: Day number of the Monday that starts the anchor's week.
        self._origin = day - (day + 3) % 7

    def next_wall(self, wall: int) -> int | None:
        day = -((self._time - wall) // DAY)
        week, weekday = divmod(day - self._origin, 7)
        rest = week % self._period
        if rest == 0:
            step = self._next[weekday]
            if step is not None:
                return (day + step) * DAY + self._time
        week += self._period - rest
        return (self._origin + 7 * week + self._first) * DAY + self._time

    def count_walls(self, start: int, end: int) -> int:
        return max(self._count_before(end) - self._count_before(start), 0)

    def walls(self, start: int, end: int) -> Iterator[int]:
        return walk_walls(self, start, end)

    def _count_before(self, wall: int) -> int:
        """Slots before `wall`, counted from the anchor's Monday (negative before it)."""
        cycle, day = divmod(-((self._time - wall) // DAY) - self._origin, 7 * self._period)
        return cycle * len(self._chosen) + (bisect_left(self._chosen, day) if day < 7 else len(self._chosen))


@dataclass(frozen=True, slots=True, kw_only=True)
class Months:
    """Every `period`-th month from `anchor`; or, by year, the months `chosen` (1..12) of every `period`-th year.

    A month is a number: 12 * year + month - 1."""

    anchor: int
    period: int = 1
    by_year: bool = False
    chosen: tuple[int, ...] = tuple(range(1, 13))

    @property
    def tries(self) -> int:
        """After so many of its months the calendar has shown all it can."""
        return YEARS * len(self.chosen) if self.by_year else 12 * YEARS

    @property
    def cycle(self) -> int:
        """After so many days everything repeats."""
        return (
            CYCLE_DAYS
            * lcm(self.period, YEARS if self.by_year else 12 * YEARS)
            // (YEARS if self.by_year else 12 * YEARS)
        )

    def at_or_after(self, month: int) -> int:
        """The first chosen month that is not before `month`."""
        if not self.by_year:
            return month + (self.anchor - month) % self.period
        year, rest = divmod(month, 12)
        skipped = (self.anchor // 12 - year) % self.period
        if skipped == 0:
            for chosen in self.chosen:
                if chosen > rest:
                    return year * 12 + chosen - 1
            skipped = self.period
        return (year + skipped) * 12 + self.chosen[0] - 1


@dataclass(frozen=True, slots=True)
class DaysOfMonths:
    """The days that `days` chooses in the months that `months` chooses."""

    months: Months
    days: MonthDays
    _known: dict[int, tuple[int, ...]] = field(default_factory=dict, repr=False, compare=False)

    def next_day(self, day: int) -> int | None:
        """The first chosen day at or after `day`."""
        if day > LAST_DAY:
            return None
        first = date.fromordinal(max(day, FIRST_DAY) + EPOCH_ORDINAL)
        month = first.year * 12 + first.month - 1
        for _ in range(self.months.tries):
            month = self.months.at_or_after(month)
            if month >= 120_000:
                return None
            days = self.of_month(month)
            if days and days[-1] >= day:
                return days[bisect_left(days, day)]
            month += 1
        return None

    def count_days(self, start: int, end: int) -> int:
        """How many chosen days lie in [start, end)."""
        cycles = (end - start) // self.months.cycle
        if cycles > 1:
            whole = cycles * self.months.cycle
            return cycles * self.count_days(start, start + self.months.cycle) + self.count_days(start + whole, end)
        count, last = 0, _month_of(end)
        month = self.months.at_or_after(_month_of(start))
        while month <= last:
            days = self.of_month(month)
            count += bisect_left(days, end) - bisect_left(days, start)
            month = self.months.at_or_after(month + 1)
        return max(count, 0)

    def of_month(self, month: int) -> tuple[int, ...]:
        """The chosen days of one month, as day numbers."""
        days = self._known.get(month)
        if days is None:
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()
            days = self._known[month] = self._work_out(month)
        return days

    def _work_out(self, month: int) -> tuple[int, ...]:
        year, index = divmod(month, 12)
        first = date(year, index + 1, 1)
        length = 29 if index == 1 and _is_leap(year) else _LENGTHS[index]
        before = first.toordinal() - EPOCH_ORDINAL - 1
        return tuple(before + day for day in self.days(first.isoweekday(), length))


class OnceADay:
    """Some days of months, at one time of day."""

    __slots__ = ("_days", "_time")

    def __init__(self, days: DaysOfMonths, time: int) -> None:
        self._days = days
        self._time = time

    def next_wall(self, wall: int) -> int | None:
        day = self._days.next_day(-((self._time - wall) // DAY))
        return None if day is None else day * DAY + self._time

    def walls(self, start: int, end: int) -> Iterator[int]:
        return walk_walls(self, start, end)

    def count_walls(self, start: int, end: int) -> int:
        return self._days.count_days(-((self._time - start) // DAY), -((self._time - end) // DAY))


@dataclass(frozen=True, slots=True, kw_only=True)
class ByDay:
    """Days of the month by number: 1..31, -1..-31 from the end. Past the end: the last day, or none."""

    days: tuple[int, ...]
    clamp: bool = True

    def __call__(self, weekday: int, length: int) -> tuple[int, ...]:
        numbers = (day if day > 0 else length + 1 + day for day in self.days)
        if self.clamp:
            return tuple(sorted({min(max(day, 1), length) for day in numbers}))
        return tuple(sorted({day for day in numbers if 1 <= day <= length}))


@dataclass(frozen=True, slots=True, kw_only=True)
class ByWeek:
    """The n-th weekdays of the month: weeks 1..5 or -1..-5 from the end, weekdays 1 = Monday."""

    weeks: tuple[int, ...]
    weekdays: tuple[int, ...]

    def __call__(self, weekday: int, length: int) -> tuple[int, ...]:
        days = (nth_weekday(weekday, length, week, each) for week in self.weeks for each in self.weekdays)
        return tuple(sorted({day for day in days if day is not None}))


def walk_walls(rule: WallRule, start: int, end: int) -> Iterator[int]:
    """The wall times of a rule in [start, end), one step after the other."""
    wall = rule.next_wall(start)
    while wall is not None and wall < end:
        yield wall
        wall = rule.next_wall(wall + 1)


def nth_weekday(first_weekday: int, length: int, week: int, weekday: int) -> int | None:
    """The day of the month that is its n-th `weekday` (1 = Monday), or None; week -1 is the last one."""
    all_of_them = range(1 + (weekday - first_weekday) % 7, length + 1, 7)
    index = week - 1 if week > 0 else len(all_of_them) + week
    return all_of_them[index] if 0 <= index < len(all_of_them) else None


def _month_of(day: int) -> int:
    there = date_of(min(max(day, FIRST_DAY), LAST_DAY))
    return there.year * 12 + there.month - 1


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
