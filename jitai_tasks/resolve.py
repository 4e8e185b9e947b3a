"""From the text in `func` to a function that a task may call; and whether arguments fit its parameters.

Only public functions and methods that an instance element (or a single module like services/OrderSvc.py) of some layer
defines itself can be named. Nothing is imported because a row or a request says so, unless it is such an element.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import keyword
from collections.abc import Callable, Mapping
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

from .definition import Definition, Kind
from .errors import BadArguments, FunctionNotFound
from .places import PLATFORM_CODE, SHARED_CODE

if TYPE_CHECKING:
    from .app import App
    from .element import Element

#: Names of a task's own function, in the order they are looked for, in the package and then in its module `inner`.
INNER_NAMES = ("customFunc", "main")
INNER_MODULE = "inner"
LONGEST_PATH = 512

Function = Callable[..., Any]


def resolve(app: App, path: str, *, element: Definition | None = None) -> Function:
    """The function that `path` names; undotted names are looked up in the package of the asking task, `element`.

    1. the longest prefix that is an element, then a method of its object;
    2. or a function of that element's package;
    3. a single module like services/OrderSvc.py: its function, or a method of its class of the same name;
    4. an undotted name: a function of the asking task's package.

    Raises FunctionNotFound with what could be meant, ElementBroken if the element's code cannot be loaded.
    """
    known = (element.full_name if element else "", path)
    if known not in app.functions:
        app.functions[known] = _resolved(app, path, element)
    return app.functions[known]


def _resolved(app: App, path: str, element: Definition | None) -> Function:
    segments = _segments(path)
    if len(segments) == 1:
        if element is None:
            raise FunctionNotFound(path, "a function without a dot belongs to a task; write services.<Name>.<function>")
        return _inner(app.getElement(element.full_name), segments[0], path)
    for length in range(len(segments) - 1, 0, -1):
        name = ".".join(segments[:length])
        if name in app.catalog.definitions:
            return _of_element(app, app.catalog.definitions[name], segments[length:], path)
        if _is_single_module(app, name):
            return _of_single_module(app, name, segments[length:], path)
    raise _unknown(app, segments, path)


def inner_function(element: Element) -> Function | None:
    """The task's own function: customFunc or main, of its package or its module inner; None if it has none."""
    for module in _own_modules(element):
        for name in INNER_NAMES:
            found = vars(module).get(name)
            if found is not None and _is_own(found, name, module, element.module.__name__):
                return _function(found)
    return None


def _segments(path: object) -> list[str]:
    if not isinstance(path, str) or not path or len(path) > LONGEST_PATH:
        raise FunctionNotFound(str(path)[:80], "not the path of a function; write services.<Name>.<function>")
    segments = path.split(".")
    for segment in segments:
        if not segment.isidentifier() or keyword.iskeyword(segment):
            raise FunctionNotFound(path, f"{segment!r} is no name; write services.<Name>.<function>")
        if segment.startswith("_"):
            raise FunctionNotFound(path, f"{segment} is private: a task may call public functions only")
    return segments


def _inner(element: Element, name: str, path: str) -> Function:
    for module in _own_modules(element):
        found = vars(module).get(name)
        if found is not None and _is_own(found, name, module, element.module.__name__):
            return _function(found)
    known = [name for module in _own_modules(element) for name in public_functions(module)]
    raise FunctionNotFound(path, f"the package of {element.fullName} defines no function {name}", known)


def _own_modules(element: Element) -> list[ModuleType]:
    """The element's package, and its module inner if there is one."""
    package = element.module
    name = f"{package.__name__}.{INNER_MODULE}"
    return [package, importlib.import_module(name)] if element.app.importer.exists(name) else [package]


def _of_element(app: App, definition: Definition, rest: list[str], path: str) -> Function:
    if definition.kind is not Kind.INSTANCE:
        raise FunctionNotFound(path, f"{definition.full_name} is a {definition.kind}; name a function of an instance")
    if len(rest) > 1:
        raise FunctionNotFound(path, f"{'.'.join(rest)} leads out of {definition.full_name}; name one function of it")
    element = app.getElement(definition.full_name)
    found = _method(app, element.load(), rest[0], definition.full_name)
    if found is None:
        found = _module_function(element.module, rest[0], definition.full_name)
    if found is None:
        raise FunctionNotFound(path, _reason(definition.full_name, rest[0]), _known(app, element))
    return found


def _reason(owner: str, name: str) -> str:
    return f"{owner} defines no public function {name} (imported names do not count)"


def _known(app: App, element: Element) -> list[str]:
    target, owner = element.load(), element.fullName
    members = (name for name, _ in inspect.getmembers_static(type(target)) if not name.startswith("_"))
    names = {name for name in members if _method(app, target, name, owner) is not None}
    return [f"{element.fullName}.{name}" for name in sorted(names | set(public_functions(element.module)))]


def public_functions(module: ModuleType) -> list[str]:
    """The names of the functions that a module defines itself, without those that begin with _."""
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and isinstance(value, FunctionType)
        and _is_own(value, name, module, module.__name__)
    ]


def _is_single_module(app: App, name: str) -> bool:
    if "." not in name or name.partition(".")[0] in (SHARED_CODE, *PLATFORM_CODE):
        return False
    if any(name.startswith(f"{known}.") for known in _prefixes(app, name)):
        return False
    place = app.importer.locate(name)
    return place is not None and place.file is not None and place.path is None


def _prefixes(app: App, name: str) -> list[str]:
    parts = name.split(".")
    above = [".".join(parts[:length]) for length in range(1, len(parts))]
    return [prefix for prefix in above if prefix in app.catalog.definitions]


def _of_single_module(app: App, name: str, rest: list[str], path: str) -> Function:
    if len(rest) > 1:
        raise FunctionNotFound(path, f"{'.'.join(rest)} leads out of {name}; name one function of it")
    element = app.single_module_element(name)
    found = _module_function(element.module, rest[0], name)
    if found is None:
        found = _method(app, element.load(), rest[0], name)
    if found is None:
        raise FunctionNotFound(path, _reason(name, rest[0]), _known(app, element))
    return found


def _module_function(module: ModuleType, name: str, owner: str) -> Function | None:
    found = vars(module).get(name)
    if found is None or not _is_own(found, name, module, owner):
        return None
    return _function(found)


def _function(found: Any) -> Function:
    function: Function = found
    return function


def _method(app: App, target: object, name: str, owner: str) -> Function | None:
    """A method of an element's object (or of the class, if the object is one) that an instance element defines."""
    if isinstance(target, ModuleType):
        return None
    for cls in target.__mro__ if isinstance(target, type) else type(target).__mro__:
        if name in vars(cls):
            raw = vars(cls)[name]
            function = raw.__func__ if isinstance(raw, staticmethod | classmethod) else raw
            if not isinstance(function, FunctionType) or not _may_define(app, cls.__module__, owner):
                return None
            if not _is_code_of_app(app, inspect.unwrap(function)):
                return None
            bound: Function = raw.__get__(None if isinstance(target, type) else target, type(target))
            return bound if not isinstance(target, type) else raw.__get__(None, target)
    return None


def _may_define(app: App, module: str, owner: str) -> bool:
    """True for the element's own package, what it overrides, and other instances whose methods it inherits."""
    if _is_inside(module, owner):
        return True
    for prefix in app.importer.prefixes:
        module = module.removeprefix(f"{prefix}.")
    if _is_inside(module, owner):
        return True
    names = [module.rpartition(".")[0], module] if "." in module else [module]
    found = [app.catalog.definitions[name] for name in names if name in app.catalog.definitions]
    return bool(found) and all(definition.kind is Kind.INSTANCE for definition in found)


def _is_inside(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _is_code_of_app(app: App, function: Callable[..., Any]) -> bool:
    """A name bound in a class body may still come from elsewhere: its code must lie in a layer."""
    code = getattr(function, "__code__", None)
    return code is not None and any(layer.holds(Path(code.co_filename)) for layer in app.catalog.layers)


def _is_own(value: object, name: str, module: ModuleType, package: str) -> bool:
    """True for a Python function that is defined inside the package; one wrapped by a decorator counts by its `def`."""
    if not isinstance(value, FunctionType):
        return False
    unwrapped = inspect.unwrap(value)
    if _is_inside(getattr(unwrapped, "__module__", "") or "", package):
        return True
    return name in _defined_names(module)


def _defined_names(module: ModuleType) -> set[str]:
    """The functions that the module's source has a `def` for."""
    loader = getattr(module, "__loader__", None)
    source = loader.get_source(module.__name__) if isinstance(loader, SourceFileLoader) else None
    if source is None:
        return set()
    body = ast.parse(source).body
    return {node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def _unknown(app: App, segments: list[str], path: str) -> FunctionNotFound:
    name = ".".join(segments[:-1])
    broken = app.catalog.broken(name)
    if broken:
        return FunctionNotFound(path, f"the element {name} is broken: {broken[0]}")
    known = [
        f"{definition.full_name}.{segments[-1]}"
        for definition in app.catalog.definitions.values()
        if definition.kind is Kind.INSTANCE
    ]
    return FunctionNotFound(path, f"there is no element {name}; a task may call functions of elements only", known)


def bind(function: Function, arguments: Mapping[str, object], *, path: str, row: object = None) -> None:
    """Check that the keyword `arguments` (after `row`, if given) fit the function's parameters; else BadArguments."""
    if row is None and _fits_plainly(function, arguments):
        return
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    given = () if row is None else (row,)
    try:
        signature.bind(*given, **arguments)
    except TypeError as error:
        raise BadArguments(path, f"{error}; its parameters are {signature}") from None
    if (owner := _owner(function)) in arguments:
        raise BadArguments(path, f"{owner!r} is the object that the method belongs to, and no argument")


def _owner(function: Function) -> str:
    """What a method calls its object, usually "self"; "" for what is no method."""
    code = getattr(function.__func__, "__code__", None) if isinstance(function, MethodType) else None
    return code.co_varnames[0] if code is not None and code.co_argcount else ""


def _fits_plainly(function: Function, arguments: Mapping[str, object]) -> bool:
    """A quick yes for plain functions and methods; False means that it takes a closer look."""
    is_bound = isinstance(function, MethodType)
    plain = function.__func__ if isinstance(function, MethodType) else function
    if not isinstance(plain, FunctionType) or plain.__kwdefaults__ or hasattr(plain, "__wrapped__"):
        return False
    code = plain.__code__
    if (
        code.co_posonlyargcount
        or code.co_kwonlyargcount
        or code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS)
    ):
        return False
    names = code.co_varnames[is_bound : code.co_argcount]
    required = names[: len(names) - len(plain.__defaults__ or ())]
    return all(name in arguments for name in required) and all(name in names for name in arguments)


def accepted_arguments(function: Function, arguments: Mapping[str, object]) -> dict[str, object]:
    """Those of the keyword `arguments` that the function takes; all, if it takes **kwargs."""
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return dict(arguments)
    named = {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    return {name: value for name, value in arguments.items() if name in named}
