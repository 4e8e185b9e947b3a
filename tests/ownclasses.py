"""A module of mapped classes that belongs to the application, not to an element."""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest


@contextmanager
def importable(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, source: str) -> Iterator[None]:
    """Within it, `<name>.db` can be imported."""
    (folder / name).mkdir()
    (folder / name / "__init__.py").touch()
    (folder / name / "db.py").write_text(textwrap.dedent(source))
    monkeypatch.syspath_prepend(folder)
    try:
        yield
    finally:
        for module in (name, f"{name}.db"):
            sys.modules.pop(module, None)


def with_tables(app: object, name: str) -> ModuleType:
    """The module `<name>.db`; its tables are in the app's database."""
    db = importlib.import_module(f"{name}.db")
    db.Base.metadata.create_all(app.database.engine)  # type: ignore[attr-defined]
    return db
