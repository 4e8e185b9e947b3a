"""Tasks whose files are broken: what `list` says of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..app import App
from ..checks.code import read_module
from ..definition import Definition

#: A runner that had loaded a good version still works by it.
_KEPT = "broken now; a runner that has loaded a good version keeps that"


def broken_rows(app: App) -> Iterator[dict[str, object]]:
    """A row for each task that its e.json keeps out of the app."""
    for name in sorted({problem.element for problem in app.problems if problem.is_error}):
        if name.startswith("tasks.") and name not in app.catalog.definitions:
            problem = app.catalog.broken(name)[0]
            blank = dict.fromkeys(("title", "type", "kind", "layer", "folder", "differs"), "")
            yield {"task": name, **blank, "on": None, "paused": False, "next": None, "shadows": [],
                   "problem": f"{_KEPT}: {problem}"}  # fmt: skip


def code_problem(definition: Definition) -> str:
    """What keeps the code in a task's folder from being compiled; "" if nothing does."""
    for path in sorted(definition.folder.rglob("*.py")):
        broken = read_module("", path, False).broken if _is_code(path) else None
        if broken is not None:
            place = path.relative_to(definition.layer.place).as_posix()
            return f"{_KEPT}: {place}:{broken.lineno or 1}:{max(broken.offset or 1, 1)}: {broken.msg}"
    return ""


def _is_code(path: Path) -> bool:
    """A plain file, and none that an editor left behind."""
    return path.is_file() and not path.name.startswith(".")
