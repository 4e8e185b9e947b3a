"""Puts the top-level `elements/` and `schemas/` inside the package of a wheel; editable installs read them in place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

DATA = ("elements", "schemas")
#: What running the elements leaves behind, never part of them.
LEFT_OVERS = {"__pycache__", "appData", ".DS_Store"}


class DataHook(BuildHookInterface[Any]):
    """Maps each file by name, so that nothing stale or local slips in and nothing stays behind in the source tree."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name == "wheel" and version != "editable":
            build_data["force_include"].update(data_files(Path(self.root)))


def data_files(root: Path) -> dict[str, str]:
    """Source path → path inside the wheel, for every file under `elements/` and `schemas/`."""
    return {
        str(file): f"jitai_tasks/_data/{file.relative_to(root).as_posix()}"
        for folder in DATA
        for file in _files(root / folder)
    }


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".pyc" and not LEFT_OVERS.intersection(path.relative_to(folder).parts):
            yield path
