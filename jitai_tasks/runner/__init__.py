"""What runs: the supervisor with its processes, and the four verbs claim, perform, finish, reap."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .entry import run
    from .once import run_once
    from .performing import Performed, perform
    from .status import Snapshot

__all__ = ["Performed", "Snapshot", "perform", "run", "run_once"]

_HOMES = {"Performed": "performing", "Snapshot": "status", "perform": "performing", "run": "entry", "run_once": "once"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
