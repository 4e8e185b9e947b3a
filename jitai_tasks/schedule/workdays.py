"""What a calendar is to schedules: which days are workdays, and for which years it knows."""

from __future__ import annotations

import logging
from datetime import date
from typing import Protocol

from jitai_tasks.schedule.civil import EPOCH_ORDINAL, FIRST_DAY, LAST_DAY, date_of, day_of

_log = logging.getLogger(__name__)
#: No run of days off is longer: past it a calendar is taken to have no workday at all.
LONGEST_REST = 400
#: So many days are remembered.
_MOST_DAYS = 60 * 366


class Calendar(Protocol):
    """Knows days off. Any object with these two methods is one."""

    def is_workday(self, day: date, /) -> bool:
        """Whether work is done on this day."""

    def covers(self, year: int, /) -> bool:
        """Whether the calendar has data for this year; answers about other years are guesses, and are warned about."""


class Workdays:
    """A calendar asked once per year, and a calendar itself. Days are numbers since 1970-01-01."""

    __slots__ = ("_known", "_told", "calendar")

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self._known: dict[int, bool] = {}
        #: Years that were warned about.
        self._told: set[int] = set()

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
        known = self._known.get(day)
        if known is None and not FIRST_DAY <= day <= LAST_DAY:
            return self.includes(min(max(day, FIRST_DAY), LAST_DAY))
        return self._ask(day) if known is None else known

    def at_or_after(self, day: int) -> int | None:
        """The first workday that is not before `day`."""
        for each in range(day, day + LONGEST_REST):
            if self.includes(each):
                return each
        return None

    def at_or_before(self, day: int) -> int | None:
        """The last workday that is not after `day`."""
        for each in range(day, day - LONGEST_REST, -1):
            if self.includes(each):
                return each
        return None

    def _ask(self, day: int) -> bool:
        """Ask for the whole year of a day."""
        year = date_of(day).year
        if year not in self._told and not self.calendar.covers(year):
            self._told.add(year)
            _log.warning("calendar %s has no data for %d: its days off in that year are a guess", self.calendar, year)
        if len(self._known) > _MOST_DAYS:
            self._known.clear()
        for each in range(day_of(date(year, 1, 1)), day_of(date(year, 12, 31)) + 1):
            self._known[each] = bool(self.calendar.is_workday(date_of(each)))
        return self._known[day]
