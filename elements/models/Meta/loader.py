"""How a model element becomes an object."""

from __future__ import annotations

from jitai_tasks import Element, following
from jitai_tasks.errors import ModelError
from jitai_tasks.models.catalog import models
from jitai_tasks.models.element import ModelElement
from jitai_tasks.models.mapping import Model
from jitai_tasks.models.normal import NormalModel

__all__ = ["Loader"]


class Loader:
    """Binds the model class of the element's package: the one named like the element, or the only one there."""

    def __init__(self, nodes: list[Element]) -> None:
        self.nodes = nodes

    def load(self) -> ModelElement:
        """The model, with its table ready."""
        following.watch(self.nodes[0].app)
        return ModelElement(self.bind(self.nodes[0]))

    def bind(self, element: Element) -> Model:
        """The element's class, bound to the open app."""
        rows = self.modelClass(element)
        if rows is None:
            raise ModelError(element.fullName, f"its package has no class {element.name}(NormalModel)")
        return models(element.app).bind(element.definition, rows)

    def modelClass(self, element: Element) -> type[NormalModel] | None:
        """The model class of the element's package; None if there is none."""
        classes = {name: item for name, item in vars(element.module).items() if isModel(item)}
        if element.name in classes:
            return classes[element.name]
        own = [item for item in classes.values() if item.__declared__]
        return own[0] if len(own) == 1 else None


def isModel(item: object) -> bool:
    """Whether something is a model class that an application wrote."""
    return isinstance(item, type) and issubclass(item, NormalModel) and item is not NormalModel
