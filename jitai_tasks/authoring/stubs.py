"""Stubs of the official layer, so that type checkers know `tasks.Meta`, `official.…` and the names without import."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TypeVar

from ..definition import OFFICIAL
from ..paths import elements_dir

Function = TypeVar("Function", ast.FunctionDef, ast.AsyncFunctionDef)

#: Declares the names that every module of an app has without importing them.
NAMES_MODULE = "_jitai_names"
#: What pyright adds to the builtins.
BUILTINS = "__builtins__.pyi"

_NAMES = '''\
"""What every module of the app has without import."""

from logging import Logger

from jitai_tasks import App
from jitai_tasks.models.datatypes import datatypes as datatypes
from jitai_tasks.models.q import Q as Q
from official.globals.GlobalVar import GlobalVar as GlobalVar

app: App
log: Logger
'''


def stub_files() -> dict[str, str]:
    """Path → text of the stubs of the official layer: complete under `official/`, and by their plain names from there.

    An element that the app overrides is found in the app first, so its plain stub does not count.
    """
    files = {f"{NAMES_MODULE}.pyi": _NAMES, BUILTINS: f"from {NAMES_MODULE} import *\n"}
    for source in sorted(elements_dir().rglob("*.py")):
        path = PurePosixPath(source.relative_to(elements_dir()).as_posix())
        stub = _stub(source)
        files[f"{OFFICIAL}/{path.with_suffix('.pyi')}"] = stub
        files[str(path.with_suffix(".pyi"))] = _handed_on(path, stub)
    return files


def _stub(source: Path) -> str:
    """The text of a module without what its functions do."""
    tree = ast.parse(source.read_text("utf-8"))
    return ast.unparse(_Outline().visit(tree)) + "\n"


def _handed_on(path: PurePosixPath, stub: str) -> str:
    """A stub that takes every public name from the same module of the official layer."""
    parts = path.with_suffix("").parts
    module = ".".join([OFFICIAL, *(parts[:-1] if parts[-1] == "__init__" else parts)])
    names = list(dict.fromkeys(_public(ast.parse(stub))))
    return "".join(f"from {module} import {name} as {name}\n" for name in names)


def _public(tree: ast.Module) -> Iterator[str]:
    """The names that a module offers: its own, and those it imports to hand them on."""
    for node in tree.body:
        for name in _bound(node):
            if not name.startswith("_"):
                yield name


def _bound(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (target.id for target in targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case ast.ImportFrom(names=names, level=level, module=module) if level or module != "__future__":
            yield from (alias.asname for alias in names if alias.asname)


class _Outline(ast.NodeTransformer):
    """Empties the functions, keeps their docstrings, and declares the attributes that `__init__` takes from outside."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        return _emptied(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AsyncFunctionDef:
        return _emptied(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom:
        """In a stub, a name counts as handed on only if it says so: `from .loader import Loader as Loader`."""
        if node.module != "__future__":
            node.names = [ast.alias(name=each.name, asname=each.asname or each.name) for each in node.names]
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        declared = [line for item in node.body for line in _attributes(item)]
        self.generic_visit(node)
        node.body = [*declared, *node.body] if not _docstring(node.body) else [node.body[0], *declared, *node.body[1:]]
        return node


def _emptied(node: Function) -> Function:
    node.body = [*_docstring(node.body), ast.Expr(ast.Constant(...))]
    return node


def _docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    match body:
        case [ast.Expr(value=ast.Constant(value=str())) as text, *_]:
            return [text]
    return []


def _attributes(item: ast.stmt) -> Iterator[ast.stmt]:
    """`self.nodes = nodes` in an `__init__` with the parameter `nodes: list[Element]` is `nodes: list[Element]`."""
    if not isinstance(item, ast.FunctionDef) or item.name != "__init__":
        return
    types = {argument.arg: argument.annotation for argument in item.args.args if argument.annotation}
    for line in item.body:
        match line:
            case ast.Assign(
                targets=[ast.Attribute(value=ast.Name(id="self"), attr=attribute)], value=ast.Name(id=given)
            ) if given in types:
                yield ast.AnnAssign(ast.Name(attribute), types[given], None, simple=1)
