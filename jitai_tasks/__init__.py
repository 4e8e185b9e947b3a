"""jitai-tasks: tasks for applications that are made of elements.

The names below are what applications, elements and plug-ins use; each is imported when it is first touched.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .app import App, open_app
    from .element import Element, Loader
    from .errors import AppError, ElementBroken, ElementNotFound, JitaiTasksError
    from .hookspecs import Change, hookimpl

__all__ = [
    "App",
    "AppError",
    "Change",
    "Element",
    "ElementBroken",
    "ElementNotFound",
    "JitaiTasksError",
    "Loader",
    "hookimpl",
    "open_app",
]

_HOMES = {
    "App": "app",
    "AppError": "errors",
    "Change": "hookspecs",
    "Element": "element",
    "ElementBroken": "errors",
    "ElementNotFound": "errors",
    "JitaiTasksError": "errors",
    "Loader": "element",
    "hookimpl": "hookspecs",
    "open_app": "app",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
