"""Events: functions that are called when a service publishes something, when a row changes, when a task has run."""

from .absent import listeners, teller
from .element import Event, ModelEvent
from .publishing import OF_MODEL, Events, JitEvent, Publisher, events, watch_tasks

__all__ = [
    "OF_MODEL",
    "Event",
    "Events",
    "JitEvent",
    "ModelEvent",
    "Publisher",
    "events",
    "listeners",
    "teller",
    "watch_tasks",
]
