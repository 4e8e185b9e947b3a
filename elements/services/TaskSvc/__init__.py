"""Looking at tasks and acting on them: `app.getElement("services.TaskSvc")`."""

from .service import TaskSvc

__all__ = ["TaskSvc"]
