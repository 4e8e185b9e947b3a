"""The loader of calendars."""

from calendars.Meta import Loader as BaseLoader

from .normalcalendar import NormalCalendar

__all__ = ["Loader"]


class Loader(BaseLoader):
    """Builds a `NormalCalendar`."""

    calendarClass = NormalCalendar
