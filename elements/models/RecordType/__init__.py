"""Models over the framework's own tables, to look at: `tasks.models.TaskModel`, `TaskHistoryModel`, `EventLogModel`."""

from .loader import Loader

__all__ = ["Loader"]
