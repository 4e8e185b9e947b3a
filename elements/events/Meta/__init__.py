"""The family of events: functions that are called when something happens. `JitEvent.publish` makes it happen."""

from jitai_tasks.events import Event, JitEvent

from .loader import Loader

__all__ = ["Event", "JitEvent", "Loader"]
