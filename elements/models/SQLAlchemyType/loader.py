"""The loader of models over classes that exist already."""

from __future__ import annotations

from models.Meta import Loader as BaseLoader

from jitai_tasks import Element
from jitai_tasks.models.catalog import models
from jitai_tasks.models.mapping import Model
from jitai_tasks.models.normal import NormalModel

__all__ = ["Loader"]


class Loader(BaseLoader):
    """Binds the mapped class that e.json names. A class in the package adds methods to its rows."""

    def bind(self, element: Element) -> Model:
        """The mapped class, with rows of the package's own class if there is one."""
        rows = self.modelClass(element) or type(element.name, (NormalModel,), {"__module__": element.fullName})
        return models(element.app).bind_class(element.definition, rows)
