"""The settings that make editors and type checkers understand an app. `init` writes them, `editor` renews them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast

from ..catalog import SCHEMA_FILE, Catalog
from ..definition import OFFICIAL, Definition, Kind
from ..paths import schemas_dir
from ..schemas import APP_SCHEMA, ELEMENT_SCHEMA
from .stubs import stub_files

#: Where the generated files are; nothing in it is written by people.
FOLDER = ".jitai"
STUBS = f"{FOLDER}/stubs"
#: Written once, then the app's own.
ONCE = (".vscode/settings.json", "pyproject.toml", ".gitignore")

_PYPROJECT = f"""\
[tool.pyright]
stubPath = "{STUBS}"
exclude = ["{FOLDER}", "appData", "**/node_modules", "**/__pycache__"]
# The official elements come with jitai-tasks and are imported by their full names; only their stubs are here.
reportMissingModuleSource = false

[tool.mypy]
mypy_path = "{STUBS}"
plugins = ["jitai_tasks.authoring.mypy_plugin"]
namespace_packages = true
explicit_package_bases = true
exclude = ["^\\\\.jitai/", "^appData/"]
"""


def editor_files(catalog: Catalog | None = None) -> dict[str, str]:
    """Path → text of all settings. With the catalog of an app, its own Types with their schemas are known too."""
    root = catalog.layers[0].root if catalog else Path()
    own = _own_types(catalog) if catalog else []
    return {
        f"{FOLDER}/{ELEMENT_SCHEMA}": _text(_element_schema(catalog, own, root)),
        f"{FOLDER}/{APP_SCHEMA}": _text(_without_id(_bundled(APP_SCHEMA))),
        ".vscode/settings.json": _text(_vscode()),
        "pyproject.toml": _PYPROJECT,
        ".gitignore": "appData/\n__pycache__/\n",
        **{f"{STUBS}/{name}": text for name, text in stub_files().items()},
    }


def _vscode() -> dict[str, object]:
    """`$schema` in a file goes first; this serves the files that do not say it."""
    return {
        "json.schemas": [
            {"fileMatch": ["/app.json"], "url": f"./{FOLDER}/{APP_SCHEMA}"},
            {"fileMatch": ["e.json"], "url": f"./{FOLDER}/{ELEMENT_SCHEMA}"},
        ],
        "python.analysis.stubPath": f"./{STUBS}",
        "files.exclude": {f"{FOLDER}/stubs": True, "**/__pycache__": True},
    }


def _own_types(catalog: Catalog) -> list[Definition]:
    """The Types that the app and those it extends bring, by name."""
    found = [item for item in catalog.definitions.values() if item.kind is Kind.TYPE and item.layer.id != OFFICIAL]
    return sorted(found, key=lambda item: item.full_name)


def _element_schema(catalog: Catalog | None, own: Iterable[Definition], root: Path) -> dict[str, object]:
    """The bundled schema, with what the app's own Types ask for in addition."""
    schema = _without_id(_bundled(ELEMENT_SCHEMA))
    rules = cast("list[object]", schema["allOf"])
    if catalog is not None:
        schema["allOf"] = [*rules, *(rule for definition in own for rule in _rules_of(definition, catalog, root))]
    return schema


def _rules_of(definition: Definition, catalog: Catalog, root: Path) -> Iterator[dict[str, object]]:
    """Elements of an own Type follow the nearest official Type above it, and the schemas along the way."""
    chain = [definition, *catalog.chain(definition)]
    official = next((link.full_name for link in chain if link.full_name in _official_types()), None)
    if official is not None and official != definition.full_name:
        yield _when(definition, f"#/$defs/{official}")
    for link in chain:
        if (link.folder / SCHEMA_FILE).is_file():
            yield _when(definition, Path(os.path.relpath(link.folder / SCHEMA_FILE, root / FOLDER)).as_posix())


def _when(definition: Definition, reference: str) -> dict[str, object]:
    names = [definition.full_name, f"{definition.layer.id}.{definition.full_name}"]
    condition = {"required": ["type"], "properties": {"type": {"enum": names}}}
    return {"if": condition, "then": {"$ref": reference}}


def _official_types() -> frozenset[str]:
    return frozenset(cast("dict[str, object]", _bundled(ELEMENT_SCHEMA)["$defs"]))


def _bundled(name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((schemas_dir() / name).read_text("utf-8"))
    return found


def _without_id(schema: dict[str, object]) -> dict[str, object]:
    """References in a schema are relative to its `$id`; without one, to the file."""
    return {key: value for key, value in schema.items() if key != "$id"}


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
