"""The loader of scheduled tasks."""

from tasks.Meta import Loader as BaseLoader

from .normaltask import NormalTask

__all__ = ["Loader"]


class Loader(BaseLoader):
    """Builds a `NormalTask`."""

    taskClass = NormalTask
