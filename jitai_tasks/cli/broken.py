"""Tasks whose files are broken: what `list` says of them."""

from __future__ import annotations

from collections.abc import Iterator

from ..app import App
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
        try:
            compile(path.read_bytes(), str(path), "exec")
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 1
            column = getattr(error, "offset", None) or 1
            place = path.relative_to(definition.layer.place).as_posix()
            return f"{_KEPT}: {place}:{line}:{column}: {getattr(error, 'msg', error)}"
        except OSError:
            continue
    return ""
