"""How a datatype element becomes an object: it is the class."""

from __future__ import annotations

from jitai_tasks import Element
from jitai_tasks.models.datatypes import Datatype, datatypes

__all__ = ["Loader"]


class Loader:
    """Answers the class that is named like the element: the package's own, or the official one."""

    def __init__(self, nodes: list[Element]) -> None:
        self.nodes = nodes

    def load(self) -> type[Datatype]:
        """The class."""
        name = self.nodes[0].name
        own = getattr(self.nodes[0].module, name, None)
        return own if isinstance(own, type) else getattr(datatypes, name)
