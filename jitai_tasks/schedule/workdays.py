"""What a calendar is to schedules: which days are workdays, and for which years it knows."""

from __future__ import annotations

import logging
from datetime import date
from typing import Protocol

from jitai_tasks.schedule.civil import EPOCH_ORDINAL, FIRST_DAY, LAST_DAY

_log = logging.getLogger(__name__)
#: No run of days off is longer: past it a calendar is taken to have no workday at all.
LONGEST_REST = 400


class Calendar(Protocol):
    """Knows days off. Any object with these two methods is one."""

    def is_workday(self, day: date, /) -> bool:
        """Whether work is done on this day."""

    def covers(self, year: int, /) -> bool:
        """Whether the calendar has data for this year; answers about other years are guesses, and are warned about."""


class Workdays:
    """A calendar asked once per year, and a calendar itself. Days are numbers since 1970-01-01."""

    __slots__ = ("_years", "calendar")

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self._years: dict[int, bytes] = {}

    @staticmethod
    def of(calendar: Calendar) -> Workdays:
        """The calendar itself if it is one already: schedules that share it ask, and warn, once."""
        return calendar if isinstance(calendar, Workdays) else Workdays(calendar)

    def is_workday(self, day: date) -> bool:
        """Whether work is done on this day."""
        return self.includes(day.toordinal() - EPOCH_ORDINAL)

    def covers(self, year: int) -> bool:
        """Whether the calendar has data for this year."""
        return self.calendar.covers(year)

    def __str__(self) -> str:
        return str(self.calendar)

    def includes(self, day: int) -> bool:
        """Whether the day is a workday."""
        there = date.fromordinal(min(max(day, FIRST_DAY), LAST_DAY) + EPOCH_ORDINAL)
        year = self._years.get(there.year) or self._ask(there.year)
        return year[there.timetuple().tm_yday - 1] == 1

    def at_or_after(self, day: int) -> int | None:
        """The first workday that is not before `day`."""
        return next((each for each in range(day, day + LONGEST_REST) if self.includes(each)), None)

    def at_or_before(self, day: int) -> int | None:
        """The last workday that is not after `day`."""
        return next((each for each in range(day, day - LONGEST_REST, -1) if self.includes(each)), None)

    def _ask(self, year: int) -> bytes:
        if not self.calendar.covers(year):
            _log.warning("calendar %s has no data for %d: its days off in that year are a guess", self.calendar, year)
        first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
        answers = bytes(bool(self.calendar.is_workday(date.fromordinal(day))) for day in range(first, last + 1))
        self._years[year] = answers
        return answers
