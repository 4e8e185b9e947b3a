"""How a calendar element becomes an object."""

from __future__ import annotations

from jitai_tasks import Element

from .calendar import BaseCalendar

__all__ = ["Loader"]


class Loader:
    """Builds one `calendarClass` per element. A Type of your own names its class here."""

    calendarClass: type[BaseCalendar] = BaseCalendar

    def __init__(self, nodes: list[Element]) -> None:
        self.nodes = nodes

    def load(self) -> BaseCalendar:
        """The calendar object of the element."""
        return self.calendarClass(self.nodes[0])
