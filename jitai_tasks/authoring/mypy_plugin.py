"""A plug-in for mypy: modules of an app know `app`, `log`, `GlobalVar`, `Q` and `datatypes` without importing them.

In pyproject.toml: `[tool.mypy]`, `plugins = ["jitai_tasks.authoring.mypy_plugin"]`. It needs the stubs that
`jitai-tasks init` and `jitai-tasks editor` write.
"""

from __future__ import annotations

from collections.abc import Iterator

from mypy.nodes import AssignmentStmt, ClassDef, FuncDef, Import, ImportFrom, MypyFile, NameExpr, Statement
from mypy.plugin import Plugin

from ..places import FAMILIES, SHARED_CODE
from .stubs import NAMES_MODULE

NAMES = ("app", "log", "GlobalVar", "Q", "datatypes")
#: mypy's priority of an import at the top of a module.
_AT_THE_TOP = 5


class ElementsPlugin(Plugin):
    """Puts an import of the names into each module of an app, as the importer does when the module runs."""

    def get_additional_deps(self, file: MypyFile) -> list[tuple[int, str, int]]:
        """Called once for each file that mypy reads."""
        if file.is_stub or file.fullname.partition(".")[0] not in {*FAMILIES, SHARED_CODE}:
            return []
        taken = {name for statement in file.defs for name in _defined(statement)}
        wanted = [(name, None) for name in NAMES if name not in taken]
        added = ImportFrom(NAMES_MODULE, 0, list(wanted))
        added.line, added.is_top_level = 1, True
        file.defs.insert(0, added)
        file.imports.insert(0, added)
        return [(_AT_THE_TOP, NAMES_MODULE, 1)]


def _defined(statement: Statement) -> Iterator[str]:
    if isinstance(statement, FuncDef | ClassDef):
        yield statement.name
    elif isinstance(statement, AssignmentStmt):
        yield from (target.name for target in statement.lvalues if isinstance(target, NameExpr))
    elif isinstance(statement, ImportFrom | Import):
        pairs = statement.names if isinstance(statement, ImportFrom) else statement.ids
        yield from (alias or name for name, alias in pairs)


def plugin(version: str) -> type[Plugin]:
    """What mypy asks for."""
    del version
    return ElementsPlugin
