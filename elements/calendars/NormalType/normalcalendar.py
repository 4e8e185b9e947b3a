"""The class of calendars that an e.json describes."""

from __future__ import annotations

from datetime import date
from functools import cached_property

from calendars.Meta import BaseCalendar

from jitai_tasks.daysoff import described_calendar
from jitai_tasks.schedule import DaysOff

__all__ = ["NormalCalendar"]


class NormalCalendar(BaseCalendar):
    """The days off that `weekend`, `country`, `subdivision`, `add`, `remove` and `file` describe."""

    @cached_property
    def daysOff(self) -> DaysOff:
        """What the e.json says. InvalidTime with the pointer of a mistake in it."""
        return described_calendar(self.element.definition)

    def isWorkday(self, day: date) -> bool:
        """Whether work is done on this day."""
        return self.daysOff.is_workday(day)

    def covers(self, year: int) -> bool:
        """Whether there is data for this year."""
        return self.daysOff.covers(year)
