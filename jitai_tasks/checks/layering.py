"""What shadows what, and names that mean two things."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator

from ..definition import OFFICIAL, Kind
from ..places import FAMILIES, PLATFORM_CODE, SHARED_CODE
from ..problems import Problem
from .code import Code, Item
from .sheet import Sheet


def overrides(sheet: Sheet) -> Iterator[Problem]:
    """An element that hides one of the same name: no fault, but good to know."""
    hidden = sheet.catalog.shadowed.get(sheet.name, [])
    if not hidden or sheet.definition.layer is not sheet.catalog.layers[0]:
        return
    names = ", ".join(f"{each.layer.id}.{each.full_name}" for each in hidden)
    users = [each for each in sheet.catalog.definitions.values() if each.type == sheet.name]
    used = f"; {len(users)} elements are of this Type" if users else ""
    message = f"{sheet.name} takes the place of {names}{used}"
    advice = f"inherit from it by `from {hidden[0].layer.id}.{hidden[0].full_name} import …`"
    yield sheet.problem("override", "", message, advice, severity="information")


def clashes(sheet: Sheet, code: Code) -> Iterator[Problem]:
    """Names of one element that mean two things, or not what they seem to."""
    folder = sheet.definition.folder
    beside = folder.with_suffix(".py")
    if beside.is_file():
        message = f"{beside.name} lies beside the folder {folder.name}/: the folder is imported, the file never"
        yield sheet.problem("clash", "", message, "rename one of the two", severity="warning")
    if sheet.definition.kind is Kind.META:
        yield from _second_meta(sheet)
    if sheet.definition.family == "services" and sheet.definition.kind is Kind.INSTANCE:
        yield from _unnamed_service(sheet, code)


def _second_meta(sheet: Sheet) -> Iterator[Problem]:
    """An element that says no Type by mistake is a Meta: nothing of its e.json has any effect."""
    meta = f"{sheet.definition.family}.Meta"
    if meta in sheet.catalog.definitions and sheet.definition.name != "Meta":
        message = f"an empty type makes this a Meta, the root of a family, which {meta} is already: nothing of it runs"
        advice = f'name its Type, like "{sheet.definition.family}.NormalType"'
        yield sheet.problem("clash", "type", message, advice, severity="warning")


def _unnamed_service(sheet: Sheet, code: Code) -> Iterator[Problem]:
    """A service whose class is not named like it offers only the functions of its module."""
    module = code.module(sheet.name)
    if module is None or code.find(module, sheet.definition.name) is not None:
        return
    found = [(name, code.find(module, name)) for name in module.names]
    others = [name for name, item in found if isinstance(item, Item) and _derives(item, "NormalService")]
    if others:
        message = f"the package has a class {others[0]}, but a service is the class that is named like its folder"
        advice = f"rename the class to {sheet.definition.name}, or the folder to {others[0]}"
        yield sheet.problem("clash", "", message, advice, severity="warning")


def _derives(item: Item, base: str) -> bool:
    return isinstance(item.node, ast.ClassDef) and any(getattr(each, "id", "") == base for each in item.node.bases)


def name_clashes(sheets: Iterable[Sheet]) -> Iterator[Problem]:
    """Names that clash between elements: only the case differs, one table twice, a root that Python has already."""
    own = [sheet for sheet in sheets if sheet.definition.layer.id != OFFICIAL]
    yield from _same_but_for_case(own)
    yield from _same_table(own)
    yield from _taken_roots(own)


def _same_but_for_case(sheets: list[Sheet]) -> Iterator[Problem]:
    seen: dict[str, Sheet] = {}
    for sheet in sorted(sheets, key=lambda each: each.name):
        twin = seen.setdefault(sheet.name.lower(), sheet)
        if twin is not sheet:
            message = f"{sheet.name} and {twin.name} differ in capitals only: one folder on many file systems"
            yield sheet.problem("clash", "", message, "rename one of the two", severity="warning")


def _same_table(sheets: list[Sheet]) -> Iterator[Problem]:
    seen: dict[tuple[object, object], Sheet] = {}
    for sheet in sorted(sheets, key=lambda each: each.name):
        if sheet.base != "models.NormalType" or sheet.definition.kind is not Kind.INSTANCE:
            continue
        table = (sheet.config.get("db"), sheet.config.get("dbTable") or sheet.definition.name)
        twin = seen.setdefault(table, sheet)
        if twin is not sheet:
            message = f"{sheet.name} and {twin.name} have the same table {table[1]}"
            yield sheet.problem("clash", "dbTable", message, 'give one another "dbTable"')


def _taken_roots(sheets: list[Sheet]) -> Iterator[Problem]:
    """A folder of elements that is named like a module of Python cannot be imported."""
    usual = {*FAMILIES, SHARED_CODE, *PLATFORM_CODE}
    told: set[str] = set()
    for sheet in sheets:
        root = sheet.definition.family
        if root in sys.stdlib_module_names and root not in usual | told:
            told.add(root)
            message = f"the folder {root}/ has the name of a module of Python's own, which would be imported instead"
            yield sheet.problem("clash", "", message, "rename the folder")
