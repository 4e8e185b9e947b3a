"""The loader of model events."""

from events.Meta import Loader as BaseLoader

from jitai_tasks.events import ModelEvent

__all__ = ["Loader"]


class Loader(BaseLoader):
    """Builds a `ModelEvent`."""

    eventClass = ModelEvent
