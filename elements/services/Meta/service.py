"""The base of all services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from jitai_tasks import Element

__all__ = ["BaseService"]


class BaseService:
    """Knows its element: `__title__`, `__fullName__`, and `__functionList__` (name → declaration)."""

    _element: Element

    @classmethod
    def ofElement(cls, element: Element) -> Self:
        """A service object that knows its element before its own `__init__` runs."""
        service = cls.__new__(cls)
        service._element = element  # noqa: SLF001  # its own class
        service.__init__()  # type: ignore[misc]  # only now, so that it can use the element
        return service

    @property
    def __title__(self) -> str:
        return str(self._element.define["title"])

    @property
    def __fullName__(self) -> str:
        return self._element.fullName

    @property
    def __functionList__(self) -> dict[str, Mapping[str, Any]]:
        declared = self._element.define.get("functionList") or ()
        return {function["name"]: function for function in declared}
