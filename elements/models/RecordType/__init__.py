"""Models over the framework's own tables, to look at: `tasks.models.TaskModel` and `tasks.models.TaskHistoryModel`."""

from .loader import Loader

__all__ = ["Loader"]
