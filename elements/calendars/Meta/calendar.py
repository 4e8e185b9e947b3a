"""What a calendar is."""

from __future__ import annotations

from datetime import date

from jitai_tasks import Element

__all__ = ["BaseCalendar"]


class BaseCalendar:
    """Knows days off. A Type of your own overrides `isWorkday`, and `covers` if there are years it knows nothing of."""

    def __init__(self, element: Element) -> None:
        self.element = element

    def isWorkday(self, day: date) -> bool:
        """Whether work is done on this day."""
        return day.isoweekday() < 6

    def covers(self, year: int) -> bool:
        """Whether there is data for this year; answers about other years are guesses, and are warned about."""
        return True
