"""How an event element becomes an object."""

from __future__ import annotations

from jitai_tasks import Element
from jitai_tasks.events import Event

__all__ = ["Loader"]


class Loader:
    """Builds one `eventClass` per element."""

    eventClass: type[Event] = Event

    def __init__(self, nodes: list[Element]) -> None:
        self.nodes = nodes

    def load(self) -> Event:
        """The event object of the element."""
        return self.eventClass(self.nodes[0])
