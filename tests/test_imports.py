"""Who may import whom: the direction of the design, held to a table."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "jitai_tasks"

#: Every module and package of jitai_tasks belongs to one part.
PARTS = {
    "leaves": "errors clock ids payload paths",
    "files": (
        "problems jsonscan jsonwords jsonsource shapes outline complaints sense schemas respelling normalise config"
    ),
    "schedule": "schedule",
    "store": "store",
    "elements": (
        "definition layers catalog places discovery importer selectors hookspecs plugins settings sessions "
        "scopes transactions element registry facts app resolve"
    ),
    "models": "models",
    "work": (
        "moments newjobs daysoff basis overrides plansteps timetables lateness succession planning backfilling tasks "
        "jobs following datefields rowhooks events transitions"
    ),
    "outlook": "outlook",
    "checks": "checks",
    "authoring": "authoring",
    "runner": "runner",
    "cli": "cli __main__",
    "testing": "testing",
}
#: What a part may import besides itself.
MAY_IMPORT = {
    "leaves": "",
    "files": "leaves",
    "schedule": "leaves",
    "store": "leaves",
    "elements": "leaves files schedule store",
    "models": "leaves files schedule store elements",
    "work": "leaves files schedule store elements models",
    "checks": "leaves files schedule elements models work",
    "authoring": "leaves files elements",
    "outlook": "leaves files schedule store elements models work",
    "runner": "outlook leaves store elements models work",
    "cli": "leaves files schedule store elements models work checks authoring runner outlook",
    "testing": "outlook leaves store elements work runner",
}
#: Among the elements, a module imports only what stands before it.
ELEMENTS_IN_ORDER = PARTS["elements"].split()
#: What elements may take from the framework, besides the names of `jitai_tasks` itself.
PUBLIC_MODULES = frozenset({
    "clock", "datefields", "daysoff", "errors", "events", "following", "ids", "jobs", "lateness", "models",
    "moments", "resolve", "schedule", "store", "succession", "tasks", "timetables",
})  # fmt: skip

PART_OF = {module: part for part, modules in PARTS.items() for module in modules.split()}


def modules() -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*.py")) if "_data" not in path.parts]


def imports(path: Path) -> Iterator[tuple[str, ...]]:
    """What a file imports at run time, as absolute dotted paths; imports for the type checker do not count."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    checked = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    package = path.relative_to(ROOT).parts[:-1]
    for node in ast.walk(tree):
        if id(node) in checked:
            continue
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = (*base, *(node.module.split(".") if node.module else ()))
            yield from ((*module, alias.name) for alias in node.names)


def own_imports(path: Path) -> set[str]:
    """The parts of jitai_tasks a file imports from, by their first segment."""
    return {target[1] for target in imports(path) if target[0] == "jitai_tasks" and len(target) > 1}


def unit_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_its_part_may(path):
    unit = unit_of(path)
    if unit == "__init__":
        return
    assert unit in PART_OF, f"{unit} belongs to no part yet; enter it in the table PARTS of {__file__}"
    allowed = {PART_OF[unit], *MAY_IMPORT[PART_OF[unit]].split()}
    strangers = {name for name in own_imports(path) if PART_OF.get(name) not in allowed}
    assert not strangers, f"{path.name} ({PART_OF[unit]}) imports {strangers}; it may import {sorted(allowed)}"


@pytest.mark.parametrize("module", ELEMENTS_IN_ORDER)
def test_among_the_elements_imports_go_one_way(module):
    later = set(ELEMENTS_IN_ORDER[ELEMENTS_IN_ORDER.index(module) + 1 :])
    assert not own_imports(PACKAGE / f"{module}.py") & later


def test_every_module_of_the_table_exists():
    assert {unit_of(path) for path in modules()} - {"__init__"} == set(PART_OF)


def test_the_framework_imports_no_element():
    roots = {folder.name for folder in (ROOT / "elements").iterdir() if folder.is_dir()} | {"official", "commons"}
    found = {(path.name, target[0]) for path in modules() for target in imports(path) if target[0] in roots}
    assert not found


def test_elements_import_only_what_is_public():
    import jitai_tasks

    for path in sorted((ROOT / "elements").rglob("*.py")):
        private = own_imports(path) - set(jitai_tasks.__all__) - PUBLIC_MODULES
        assert not private, f"{path} imports {private} from jitai_tasks"


def test_public_names_are_there_and_nothing_is_imported_for_them_ahead_of_time():
    import subprocess
    import sys

    import jitai_tasks

    assert all(getattr(jitai_tasks, name) for name in jitai_tasks.__all__)
    with pytest.raises(AttributeError, match="nonsense"):
        _ = jitai_tasks.nonsense
    code = "import sys, jitai_tasks; print([name for name in sys.modules if name.startswith('jitai_tasks.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
