"""The Python files of an app: whether they compile, which functions nobody names, and paths of functions in code."""

from __future__ import annotations

import ast
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from ..catalog import Catalog
from ..definition import OFFICIAL, Definition, Kind, Layer
from ..discovery import IGNORED_FOLDERS
from ..problems import Problem
from ..resolve import INNER_NAMES
from .code import Code, Function, Item, Module, read_module
from .functions import Functions
from .parameters import parameters_of
from .targets import Missing, Target

#: Functions that create a task from the path of a function.
_CREATE = "createTemporaryTask"
#: Called by the framework.
_CALLED = frozenset({
    *INNER_NAMES, "onLoad", "onCalled", "onAppExit", "onCreate", "onUpdate", "onDelete", "onException",
})  # fmt: skip
#: How the names of files begin that are no code of the app: tests, and what editors leave behind.
_PASSED_OVER = ("test", "conftest", ".")


class Usage:
    """The files of the app's own layers, read once."""

    def __init__(self, catalog: Catalog, code: Code, functions: Functions) -> None:
        self._catalog = catalog
        self._code = code
        self._functions = functions
        self._files = {module: layer for layer in catalog.layers if layer.id != OFFICIAL for module in _modules(layer)}

        self._by_element: dict[Path, list[Module]] = {}
        folders = {definition.folder for definition in catalog.definitions.values()}
        for module in self._files:
            for folder in folders.intersection(module.file.parents):
                self._by_element.setdefault(folder, []).append(module)

    def check(self) -> Iterator[Problem]:
        """All three."""
        for module, layer in self._files.items():
            if module.broken:
                yield _broken(module, layer)
            for node in ast.walk(module.tree):
                if isinstance(node, ast.Call) and _called_name(node) == _CREATE:
                    yield from self._creation(module, layer, node)
        yield from self._unused()

    def _creation(self, module: Module, layer: Layer, node: ast.Call) -> Iterator[Problem]:
        """createTemporaryTask("services.X.f", {"a": 1}): the function exists and the arguments fit it exactly."""
        given = _argument(node, 0, "func")
        if not isinstance(given, ast.Constant) or not isinstance(given.value, str):
            return
        found = self._functions.path(given.value)
        if isinstance(found, Missing):
            yield _problem(module, layer, given, rule="function", message=found.reason, advice=found.advice)
        parameters = parameters_of(found) if isinstance(found, Target) else None
        names = _keys(_argument(node, 1, "argDict"))
        if parameters is None or names is None:
            return
        wrong = [f"needs {name}" for name in parameters.missing(names)]
        wrong += [f"has no parameter {name}" for name in parameters.unknown(names)]
        if wrong:
            message = f"{parameters.text} {', '.join(wrong)}"
            advice = "hand over what the function takes, no more and no less"
            yield _problem(module, layer, given, rule="arguments", message=message, advice=advice)

    def _unused(self) -> Iterator[Problem]:
        words = self._words()
        for definition in self._catalog.definitions.values():
            if definition.layer.id == OFFICIAL or definition.kind is not Kind.INSTANCE:
                continue
            for item in self._own_functions(definition):
                name = item.node.name
                if name not in _CALLED and words[name] <= 1:
                    message = f"nothing in the app names the function {name} of {definition.full_name}"
                    found = _problem(
                        item.module, definition.layer, item.node, rule="unused", message=message,
                        advice="remove it, or list it in functionList if others call it",
                    )  # fmt: skip
                    yield _as_information(found, definition)

    def _own_functions(self, definition: Definition) -> Iterator[Item]:
        """The public functions of an element's package, and the methods of a service that override nothing."""
        for module in self._by_element.get(definition.folder, ()):
            for node in module.names.values():
                if isinstance(node, Function) and not node.name.startswith("_"):
                    yield Item(module, node)
                elif isinstance(node, ast.ClassDef) and definition.family == "services":
                    yield from self._methods(Item(module, node))

    def _methods(self, owner: Item) -> Iterator[Item]:
        assert isinstance(owner.node, ast.ClassDef)
        for node in owner.node.body:
            if isinstance(node, Function) and not node.name.startswith("_") and not node.decorator_list:
                bases = ast.ClassDef(owner.node.name, owner.node.bases, [], [], [])
                if self._code.method(Item(owner.module, bases), node.name) is None:
                    yield Item(owner.module, node)

    def _words(self) -> Counter[str]:
        """How often each word occurs as a name in code or inside a text, in code and in e.json files."""
        words: Counter[str] = Counter()
        for module in self._files:
            for node in ast.walk(module.tree):
                words.update(_names_in(node))
        for definition in self._catalog.definitions.values():
            if definition.layer.id != OFFICIAL:
                words.update(_words_in(definition.config))
        return words


def _modules(layer: Layer) -> Iterator[Module]:
    for folder, inside, files in os.walk(layer.root):
        inside[:] = sorted(name for name in inside if name not in IGNORED_FOLDERS and not name.startswith("."))
        for name in sorted(files):
            if name.endswith(".py") and not name.startswith(_PASSED_OVER) and Path(folder, name).is_file():
                yield _module(Path(folder, name), layer)


def _module(file: Path, layer: Layer) -> Module:
    parts = file.relative_to(layer.root).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    return read_module(".".join(parts[:-1] if is_package else parts), file, is_package)


def _names_in(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.alias(name=name):
            yield from name.split(".")
        case ast.Constant(value=str(text)) if len(text) < 500:
            yield from text.replace(".", " ").split()


def _words_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from value.replace(".", " ").split()
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _words_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _words_in(item)


def _called_name(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _argument(node: ast.Call, position: int, name: str) -> ast.expr | None:
    if len(node.args) > position:
        return node.args[position]
    return next((each.value for each in node.keywords if each.arg == name), None)


def _keys(node: ast.expr | None) -> list[str] | None:
    """The keys of a dict display; [] for none at all; None if they cannot be told."""
    if node is None:
        return []
    if not isinstance(node, ast.Dict):
        return None
    keys = [each.value for each in node.keys if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return keys if len(keys) == len(node.keys) else None


def _broken(module: Module, layer: Layer) -> Problem:
    error = module.broken
    assert error is not None
    return Problem(
        path=module.file,
        line=error.lineno or 1,
        column=max(error.offset or 1, 1),
        message=f"this is no Python: {error.msg}",
        advice="correct the line; until then nothing of this file can be imported",
        rule="syntax",
        root=layer.root,
    )


def _problem(
    module: Module, layer: Layer, node: ast.expr | ast.stmt, *, rule: str, message: str, advice: str
) -> Problem:
    return Problem(
        path=module.file,
        line=node.lineno,
        column=node.col_offset + 1,
        message=message,
        advice=advice,
        rule=rule,
        root=layer.root,
    )


def _as_information(problem: Problem, definition: Definition) -> Problem:
    return replace(problem, severity="information", element=definition.full_name)
