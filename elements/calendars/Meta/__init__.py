"""The family of calendars: elements that know which days are days off."""

from .calendar import BaseCalendar
from .loader import Loader

__all__ = ["BaseCalendar", "Loader"]
