"""The loader of temporary tasks."""

from tasks.Meta import Loader as BaseLoader

from .temporarytask import TemporaryTask

__all__ = ["Loader"]


class Loader(BaseLoader):
    """Builds a `TemporaryTask`."""

    taskClass = TemporaryTask
