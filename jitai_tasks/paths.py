"""Where the official elements and the schemas lie: inside the package in a wheel, beside it in the source tree."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from .errors import JitaiTasksError

_PACKAGE = Path(__file__).resolve().parent


def elements_dir() -> Path:
    """The folder of the official elements, the last layer of every app."""
    return _shipped("elements")


def schemas_dir() -> Path:
    """The folder with `e.schema.json` and `app.schema.json`."""
    return _shipped("schemas")


@cache
def _shipped(name: str) -> Path:
    for folder in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise JitaiTasksError(f"the installation of jitai-tasks lacks its folder {name}; install the package again")
