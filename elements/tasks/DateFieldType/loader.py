"""The loader of date-field tasks."""

from tasks.Meta import Loader as BaseLoader

from .datefieldtask import DateFieldTask

__all__ = ["Loader"]


class Loader(BaseLoader):
    """Builds a `DateFieldTask`."""

    taskClass = DateFieldTask
