"""How a service element becomes an object."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from types import ModuleType

from jitai_tasks import Element

from .service import BaseService

__all__ = ["Loader"]


class Loader:
    """Builds the class that is named like the element; an element without one offers its module's functions only.

    The class is looked for in the package, then in its module `service`: the package may leave out the import.
    """

    serviceClass: type[BaseService] = BaseService

    def __init__(self, nodes: list[Element]) -> None:
        self.nodes = nodes

    def load(self) -> BaseService:
        """The service object of the element."""
        element = self.nodes[0]
        found = (getattr(module, element.name, None) for module in self.modules())
        classes = [each for each in found if isinstance(each, type) and issubclass(each, BaseService)]
        return (classes or [self.serviceClass])[0].ofElement(element)

    def modules(self) -> Iterator[ModuleType]:
        """Where the class may be."""
        element = self.nodes[0]
        yield element.module
        name = f"{element.module.__name__}.service"
        if element.app.importer.exists(name):
            yield importlib.import_module(name)
