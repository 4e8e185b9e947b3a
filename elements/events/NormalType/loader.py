"""The loader of custom events."""

from events.Meta import Loader as BaseLoader

__all__ = ["Loader"]


class Loader(BaseLoader):
    """Builds an `Event`."""
