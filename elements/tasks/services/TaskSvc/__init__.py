"""`services.TaskSvc` under the name that fits its family."""

from services.TaskSvc import TaskSvc

__all__ = ["TaskSvc"]
