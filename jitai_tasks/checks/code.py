"""The Python code of an app as text: which names its modules define, and what those are. Nothing is imported."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..catalog import Catalog
from ..importer import Importer

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, kw_only=True, eq=False)
class Module:
    """One file of Python code; `broken` says why it does not compile."""

    name: str
    file: Path
    is_package: bool
    tree: ast.Module
    broken: SyntaxError | None = None
    #: Name → the statement that binds it last, at the top of the module.
    names: dict[str, ast.stmt] = field(default_factory=dict)
    #: Modules whose names it takes over (`from x import *`).
    stars: tuple[str, ...] = ()

    @property
    def is_certain(self) -> bool:
        """False if it may offer names that cannot be seen in its text."""
        return self.broken is None and "__getattr__" not in self.names

    def absolute(self, node: ast.ImportFrom) -> str:
        """The full name of the module that an import statement names."""
        if not node.level:
            return node.module or ""
        parts = self.name.split(".")
        parts = parts[: len(parts) - node.level + self.is_package]
        return ".".join([*parts, *([node.module] if node.module else [])])


@dataclass(frozen=True, slots=True)
class Item:
    """What a name leads to: a function or a class, and the module that defines it."""

    module: Module
    node: Function | ast.ClassDef


class Unsure:
    """The text does not tell."""


UNSURE = Unsure()
Answer = Item | Unsure | None


class Code:
    """The code of all layers of an app."""

    def __init__(self, catalog: Catalog) -> None:
        self._importer = Importer(catalog, None)
        self._modules: dict[str, Module | None] = {}

    def module(self, name: str) -> Module | None:
        """The module of that full name; None if no layer has a file for it."""
        if name not in self._modules:
            place = self._importer.place(name)
            file = place.file if place else None
            self._modules[name] = read_module(name, file, place.path is not None) if place and file else None
        return self._modules[name]

    def holds(self, name: str) -> bool:
        """Whether a layer has a package or module of that name, with or without __init__.py."""
        return self._importer.place(name) is not None

    def find(self, module: Module, name: str) -> Answer:
        """What a name means in a module, followed through imports; None if the module has no such name."""
        return self._find(module, name, set())

    def _find(self, module: Module, name: str, seen: set[tuple[str, str]]) -> Answer:
        if (module.name, name) in seen:
            return UNSURE
        seen.add((module.name, name))
        node = module.names.get(name)
        if node is None:
            return self._from_stars(module, name, seen)
        if isinstance(node, Function | ast.ClassDef):
            return Item(module, node)
        if isinstance(node, ast.ImportFrom):
            return self._imported(module, node, name, seen)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name):
            return self._find(module, node.value.id, seen)
        return UNSURE

    def _from_stars(self, module: Module, name: str, seen: set[tuple[str, str]]) -> Answer:
        for star in module.stars:
            target = self.module(star)
            found = UNSURE if target is None else self._find(target, name, seen)
            if found is not None:
                return found
        return None if module.is_certain else UNSURE

    def _imported(self, module: Module, node: ast.ImportFrom, name: str, seen: set[tuple[str, str]]) -> Answer:
        target = self.module(module.absolute(node))
        original = next((alias.name for alias in node.names if (alias.asname or alias.name) == name), name)
        return UNSURE if target is None else self._find(target, original, seen)

    def method(self, owner: Item, name: str, *, below: tuple[ast.ClassDef, ...] = ()) -> Answer:
        """The method that a class has or inherits; None if it has none. The item names the module that defines it.

        `below` are the classes that it was come from: a class may have the name of its own base.
        """
        if not isinstance(owner.node, ast.ClassDef) or owner.node in below:
            return UNSURE
        for item in owner.node.body:
            if isinstance(item, Function) and item.name == name:
                return Item(owner.module, item)
            if name in bound_names([item]):
                return UNSURE
        unsure = bool(owner.node.decorator_list or owner.node.keywords)
        for base in owner.node.bases:
            found = self._method_of_base(owner, base, name, below)
            if isinstance(found, Item):
                return found
            unsure = unsure or found is UNSURE
        return UNSURE if unsure else None

    def _method_of_base(self, owner: Item, base: ast.expr, name: str, below: tuple[ast.ClassDef, ...]) -> Answer:
        assert isinstance(owner.node, ast.ClassDef)
        if not isinstance(base, ast.Name):
            return UNSURE
        if base.id == "object":
            return None
        found = self.find(owner.module, base.id)
        return self.method(found, name, below=(*below, owner.node)) if isinstance(found, Item) else UNSURE


def read_module(name: str, file: Path, is_package: bool) -> Module:
    """The module in a file; one that does not compile is empty, and says why."""
    try:
        tree = _tree_of(file)
    except SyntaxError as broken:
        return Module(name=name, file=file, is_package=is_package, tree=ast.Module([], []), broken=broken)
    module = Module(name=name, file=file, is_package=is_package, tree=tree, names=bound_names(tree.body))
    stars = [node for node in _flat(tree.body) if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"]
    return replace(module, stars=tuple(map(module.absolute, stars)))


def _tree_of(file: Path) -> ast.Module:
    """The syntax tree of a file that compiles; SyntaxError with the reason else."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(file.read_bytes(), str(file))
            compile(tree, str(file), "exec", dont_inherit=True)
    except (RecursionError, MemoryError) as error:
        raise SyntaxError("an expression or a block is nested too deeply") from error
    except (ValueError, OSError) as error:
        raise SyntaxError(str(error)) from error
    return tree


def bound_names(body: Iterable[ast.stmt]) -> dict[str, ast.stmt]:
    """Every name that statements bind, also inside if, try, with and for; the last binding counts."""
    return {name: node for node in _flat(body) for name in _bound(node)}


def _flat(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    pending = [iter(body)]
    while pending:
        node = next(pending[-1], None)
        if node is None:
            pending.pop()
            continue
        yield node
        if not isinstance(node, Function | ast.ClassDef):
            pending.append(_inner_statements(node))


def _inner_statements(node: ast.stmt) -> Iterator[ast.stmt]:
    for block in ("body", "orelse", "finalbody"):
        yield from getattr(node, block, ())
    for branch in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        yield from branch.body


def _bound(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.ImportFrom(names=names):
            yield from (alias.asname or alias.name for alias in names if alias.name != "*")
        case ast.Import(names=names):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in names)
        case ast.Assign(targets=targets):
            yield from (each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.AugAssign(target=ast.Name(id=name)):
            yield name
        case ast.For(target=target) | ast.AsyncFor(target=target):
            yield from (each.id for each in ast.walk(target) if isinstance(each, ast.Name))
