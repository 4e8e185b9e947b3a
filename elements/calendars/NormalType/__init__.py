"""Calendars written as e.json: weekend, legal holidays of a country, dates to add and to remove, a file of dates."""

from .loader import Loader
from .normalcalendar import NormalCalendar

__all__ = ["Loader", "NormalCalendar"]
