"""The loader of models over the framework's own tables."""

from __future__ import annotations

from models.Meta import Loader as BaseLoader

from jitai_tasks import Element
from jitai_tasks.models.mapping import Model
from jitai_tasks.models.normal import NormalModel
from jitai_tasks.models.records import bind_records

__all__ = ["Loader"]


class Loader(BaseLoader):
    """Binds the records that the package names: `RECORDS` is "jobs", "runs" or "calls" (of asynchronous events)."""

    def bind(self, element: Element) -> Model:
        """The records as a model."""
        rows = type(element.name, (NormalModel,), {"__module__": element.fullName})
        return bind_records(element.app, element.definition, rows, of=getattr(element.module, "RECORDS", "jobs"))
