"""What a `func` path leads to, by the rules of `jitai_tasks.resolve`, but told from the text of the code alone."""

from __future__ import annotations

import ast
import keyword
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..catalog import LOADER_FILE, Catalog
from ..definition import OFFICIAL, Definition, Kind
from ..errors import did_you_mean, nearest
from ..places import PLATFORM_CODE, SHARED_CODE
from ..resolve import INNER_MODULE, INNER_NAMES
from .code import UNSURE, Answer, Code, Function, Item, Module, Unsure, bound_names


@dataclass(frozen=True, slots=True)
class Missing:
    """Nothing that a task may call: why, and what to do."""

    reason: str
    advice: str


@dataclass(frozen=True, slots=True)
class Target:
    """A function; `is_method` tells that its first parameter is filled already."""

    node: Function
    is_method: bool
    #: Full name of the element it belongs to.
    owner: str


Found = Target | Missing | Unsure


class Targets:
    """Looks `func` paths up in the code of an app."""

    def __init__(self, catalog: Catalog, code: Code) -> None:
        self._catalog = catalog
        self._code = code

    def of(self, path: str, *, asking: Definition | None = None) -> Found:
        """The function of a path; an undotted one is looked up in the package of the asking task."""
        segments = path.split(".")
        for segment in segments:
            if not segment.isidentifier() or keyword.iskeyword(segment) or segment.startswith("_"):
                reason = "is private" if segment.startswith("_") else "is no name"
                return Missing(f"'{path}' names nothing to call: '{segment}' {reason}", _WRITE)
        if len(segments) == 1:
            return self._inner(asking, path) if asking else Missing(f"'{path}' has no dot", _WRITE)
        for length in range(len(segments) - 1, 0, -1):
            found = self._of_prefix(".".join(segments[:length]), segments[length:], path)
            if found is not None:
                return found
        return self._unknown(path)

    def inner(self, task: Definition) -> Found:
        """A task's own function: customFunc or main."""
        answers = [self._inner(task, name) for name in INNER_NAMES]
        for found in answers:
            if not isinstance(found, Missing):
                return found
        advice = f"write `def {INNER_NAMES[0]}():` into {INNER_MODULE}.py beside the e.json, or name a func"
        kind = "event" if task.family == "events" else "task"
        return Missing(f"the {kind} names no func and its package has no {INNER_NAMES[0]}", advice)

    def _inner(self, task: Definition, name: str) -> Found:
        modules = self._own_modules(task)
        for module in modules:
            found = self._code.find(module, name)
            if isinstance(found, Item) and isinstance(found.node, Function) and _inside(found, task.full_name):
                return Target(found.node, False, task.full_name)
            if found is UNSURE:
                return UNSURE
        known = [each for module in modules for each in _functions(module)]
        guess = did_you_mean(nearest(name, known))
        return Missing(f"the package of {task.full_name} defines no function {name}{guess}", _write_function(name))

    def _own_modules(self, task: Definition) -> list[Module]:
        names = (task.full_name, f"{task.full_name}.{INNER_MODULE}")
        return [module for module in map(self._code.module, names) if module is not None]

    def _of_prefix(self, name: str, rest: list[str], path: str) -> Found | None:
        definition = self._catalog.definitions.get(name)
        if definition is not None:
            return self._of_element(definition, rest, path)
        if self._catalog.broken(name):
            return UNSURE
        if name.partition(".")[0] not in (SHARED_CODE, *PLATFORM_CODE) and "." in name and self._is_single(name):
            return self._of_single_module(name, rest, path)
        return None

    def _is_single(self, name: str) -> bool:
        module = self._code.module(name)
        above = [name.rpartition(".")[0]] if "." in name else []
        return module is not None and not module.is_package and not self._has_element(above)

    def _has_element(self, names: Iterable[str]) -> bool:
        return any(name in self._catalog.definitions for name in names)

    def _of_element(self, definition: Definition, rest: list[str], path: str) -> Found:
        owner = definition.full_name
        if definition.kind is not Kind.INSTANCE:
            return Missing(f"'{path}' leads to {owner}, which is a {definition.kind}", "name a function of an instance")
        if len(rest) > 1:
            return Missing(f"'{path}' leads out of {owner}", f"name one function of {owner}")
        method = self._method(definition, rest[0])
        if isinstance(method, Target):
            return method
        module = self._code.module(owner)
        found = self._code.find(module, rest[0]) if module else None
        if isinstance(found, Item) and isinstance(found.node, Function) and _inside(found, owner):
            return Target(found.node, False, owner)
        return UNSURE if UNSURE in (method, found) else self._none(owner, rest[0], definition)

    def _method(self, definition: Definition, name: str) -> Found | None:
        """A method of the element's object, where the official Loaders decide what that is."""
        if definition.family == "tasks" and not self._has_own_loader(definition):
            return None
        if definition.family != "services" or self._has_own_loader(definition):
            return UNSURE
        owner = self._service_class(definition)
        if not isinstance(owner, Item):
            return UNSURE if owner is UNSURE else None
        return self._public(self._code.method(owner, name), definition.full_name)

    def _public(self, found: Answer, owner: str) -> Found | None:
        """A method counts if the element, or another instance, defines it."""
        if not isinstance(found, Item) or not isinstance(found.node, Function):
            return UNSURE if found is UNSURE else None
        names = (found.module.name, found.module.name.rpartition(".")[0])
        instances = [self._catalog.definitions[name] for name in names if name in self._catalog.definitions]
        if not _inside(found, owner) and not any(each.kind is Kind.INSTANCE for each in instances):
            return None
        return Target(found.node, not _is_static(found.node), owner)

    def _service_class(self, definition: Definition) -> Answer:
        module = self._code.module(definition.full_name)
        found = self._code.find(module, definition.name) if module else None
        return found if not isinstance(found, Item) or isinstance(found.node, ast.ClassDef) else None

    def _has_own_loader(self, definition: Definition) -> bool:
        chain = self._catalog.chain(definition)
        return any(link.layer.id != OFFICIAL and (link.folder / LOADER_FILE).is_file() for link in chain)

    def _of_single_module(self, name: str, rest: list[str], path: str) -> Found:
        module = self._code.module(name)
        assert module is not None
        if len(rest) > 1:
            return Missing(f"'{path}' leads out of {name}", f"name one function of {name}")
        found = self._code.find(module, rest[0])
        if isinstance(found, Item) and isinstance(found.node, Function) and found.module is module:
            return Target(found.node, False, name)
        owner = self._code.find(module, name.rpartition(".")[2])
        method = self._code.method(owner, rest[0]) if isinstance(owner, Item) else owner
        if isinstance(method, Item) and isinstance(method.node, Function) and _inside(method, name):
            return Target(method.node, not _is_static(method.node), name)
        if UNSURE in (found, method):
            return UNSURE
        return Missing(f"{name} defines no public function {rest[0]}", _write_function(rest[0]))

    def _none(self, owner: str, name: str, definition: Definition) -> Missing:
        known = list(self.functions(definition))
        guess = nearest(name, known)
        advice = f"did you mean '{owner}.{guess}'?" if guess else f"it defines: {', '.join(known) or 'none'}"
        return Missing(f"{owner} defines no public function {name}", advice)

    def functions(self, definition: Definition) -> Iterator[str]:
        """The names of the public functions that an element's text shows."""
        owner = self._service_class(definition)
        if isinstance(owner, Item) and isinstance(owner.node, ast.ClassDef):
            names = bound_names(owner.node.body)
            yield from (name for name, node in names.items() if isinstance(node, Function) and name[0] != "_")
        module = self._code.module(definition.full_name)
        if module is not None:
            yield from _functions(module)

    def _unknown(self, path: str) -> Missing:
        if (element := self._catalog.definitions.get(path)) is not None:
            known = " or ".join(f"'{path}.{each}'" for each in self.functions(element))
            return Missing(f"'{path}' is an element, not a function of one", f"write {known or f'{path}.<function>'}")
        name, _, function = path.rpartition(".")
        instances = [item.full_name for item in self._catalog.definitions.values() if item.kind is Kind.INSTANCE]
        guess = nearest(name, instances)
        advice = f"did you mean '{guess}.{function}'?" if guess else _WRITE
        return Missing(f"'{path}' names no element: there is no {name}", advice)


def _functions(module: Module) -> list[str]:
    return [name for name, node in module.names.items() if isinstance(node, Function) and not name.startswith("_")]


def _inside(item: Item, owner: str) -> bool:
    name = item.module.name
    return name == owner or name.startswith(f"{owner}.")


def _is_static(node: Function) -> bool:
    return any(isinstance(each, ast.Name) and each.id == "staticmethod" for each in node.decorator_list)


def _write_function(name: str) -> str:
    return f"write `def {name}(…)` there, or name another function"


_WRITE = "write services.<Name>.<function>"
