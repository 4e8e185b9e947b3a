"""The fields of a model, told from the text of its class."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..catalog import Catalog
from ..definition import Definition
from .code import UNSURE, Code, Item, Unsure

#: What a field is when its datatype cannot be read: some kind of column.
UNKNOWN = ""
_MAPPED = "models.SQLAlchemyType"
_ROWS = "NormalModel"
#: Calls that make a column of a mapped class.
_COLUMNS = frozenset({"Column", "mapped_column", "relationship", "column_property", "synonym", "composite"})


@dataclass(frozen=True, slots=True)
class Fields:
    """Name → name of the datatype. `whole` is False if there may be others."""

    kinds: Mapping[str, str]
    whole: bool


class Models:
    """Reads the classes of models."""

    def __init__(self, catalog: Catalog, code: Code) -> None:
        self._catalog = catalog
        self._code = code

    def fields(self, definition: Definition) -> Fields | None:
        """The fields of a model; None if its text does not tell."""
        if _MAPPED in self._catalog.chain_names(definition):
            found = self._mapped_class(str(definition.config.get("class", "")))
        else:
            found = self._own_class(definition)
        return self._of_class(found) if isinstance(found, Item) else None

    def _mapped_class(self, path: str) -> Item | Unsure | None:
        name, _, attribute = path.partition(":")
        module = self._code.module(name)
        return self._code.find(module, attribute) if module and attribute.isidentifier() else UNSURE

    def _own_class(self, definition: Definition) -> Item | Unsure | None:
        """The class that is named like the element, or the only one of its package."""
        module = self._code.module(definition.full_name)
        if module is None:
            return None
        named = self._code.find(module, definition.name)
        if named is not None:
            return named
        found = [self._code.find(module, name) for name in module.names]
        classes = [item for item in found if isinstance(item, Item) and self._is_model(item)]
        return classes[0] if len(classes) == 1 else UNSURE

    def _is_model(self, item: Item) -> bool:
        return isinstance(item.node, ast.ClassDef) and any(
            isinstance(base, ast.Name) and base.id == _ROWS for base in item.node.bases
        )

    def _of_class(self, item: Item) -> Fields | None:
        if not isinstance(item.node, ast.ClassDef):
            return None
        kinds = dict(_declared(item.node))
        whole = not item.node.decorator_list
        for base in item.node.bases:
            below = self._of_base(item, base)
            kinds = {**(below.kinds if below else {}), **kinds}
            whole = whole and below is not None and below.whole
        return Fields(kinds, whole)

    def _of_base(self, item: Item, base: ast.expr) -> Fields | None:
        if not isinstance(base, ast.Name):
            return None
        if base.id in (_ROWS, "DeclarativeBase", "object"):
            return Fields({}, True)
        found = self._code.find(item.module, base.id)
        return self._of_class(found) if isinstance(found, Item) else None


def _declared(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for line in node.body:
        match line:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=func)):
                kind = _name_of(func)
                yield name, UNKNOWN if kind in _COLUMNS else kind
            case ast.AnnAssign(target=ast.Name(id=name)) if not name.startswith("_"):
                yield name, UNKNOWN


def _name_of(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else UNKNOWN
