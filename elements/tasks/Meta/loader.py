"""How a task element becomes an object."""

from __future__ import annotations

from jitai_tasks import Element
from jitai_tasks.tasks import BaseTask

__all__ = ["Loader"]


class Loader:
    """Builds one `taskClass` per element. A Type of your own names its class here:

    class Loader(BaseLoader):
        taskClass = ReportTask
    """

    taskClass: type[BaseTask] = BaseTask

    def __init__(self, nodes: list[Element]) -> None:
        self.nodes = nodes

    def load(self) -> BaseTask:
        """The task object of the element."""
        return self.taskClass(self.nodes[0])
