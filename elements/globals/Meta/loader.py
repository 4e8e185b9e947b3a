"""How a global element becomes an object."""

from __future__ import annotations

from typing import Any

from jitai_tasks import Element

__all__ = ["Loader"]


class Loader:
    """Hands out what the element's package exports under the element's own name."""

    def __init__(self, nodes: list[Element]) -> None:
        self.nodes = nodes

    def load(self) -> Any:
        """The exported object."""
        element = self.nodes[0]
        return getattr(element.module, element.name, element.module)
