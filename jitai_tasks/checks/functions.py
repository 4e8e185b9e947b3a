"""The functions of tasks and events: they exist, and the arguments fit."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..catalog import Catalog
from ..definition import Definition, Kind
from ..problems import Problem, Severity
from .code import Code, Function
from .parameters import Parameters, parameters_of
from .sheet import Sheet
from .targets import Found, Missing, Target, Targets

#: Methods by which a Type of an app decides itself what is called, and with what.
_DECIDING = frozenset({"handle", "getFunc", "customFunc", "argumentsOf", "argumentsFor"})
#: The parameters of a function that is handed its surroundings; the row is None if the task has none.
_SURROUNDINGS = ("app", "taskInstance", "rowData")


class Functions:
    """Checks what e.json files say about functions."""

    def __init__(self, catalog: Catalog, code: Code) -> None:
        self._code = code
        self._targets = Targets(catalog, code)

    def check(self, sheet: Sheet) -> Iterator[Problem]:
        """What is wrong with the function that an element names, or with those it declares."""
        if sheet.definition.kind is not Kind.INSTANCE:
            return
        family = sheet.base.partition(".")[0]
        if family in ("tasks", "events") and not self._decides_itself(sheet):
            yield from self._named(sheet, family)
        if family == "services":
            yield from self._declared(sheet)
        if family == "models":
            yield from self._transitions(sheet)

    def _transitions(self, sheet: Sheet) -> Iterator[Problem]:
        """The functions of the tasks that transitions create."""
        for index, transition in enumerate(sheet.config.get("transitions") or ()):
            tasks = [("task", transition.get("task"))]
            tasks += [(f"tasks/{number}", task) for number, task in enumerate(transition.get("tasks") or ())]
            for at, task in tasks:
                found = self._targets.of(str(task["func"])) if task else None
                if isinstance(found, Missing):
                    yield sheet.problem("function", f"transitions/{index}/{at}/func", found.reason, found.advice)

    def _named(self, sheet: Sheet, family: str) -> Iterator[Problem]:
        is_global = sheet.config.get("funcType") == "Global"
        pointer = "func" if is_global else "funcType"
        found = self._found(sheet, is_global)
        if isinstance(found, Missing):
            yield sheet.problem("function", pointer, found.reason, found.advice, severity=_severity(sheet))
        if isinstance(found, Target) and family == "tasks":
            parameters = parameters_of(found)
            if parameters is not None:
                check = _fit_of_row if sheet.base == "tasks.DateFieldType" else _fit
                yield from check(sheet, parameters, pointer)

    def _found(self, sheet: Sheet, is_global: bool) -> Found:
        path = str(sheet.config.get("func", ""))
        if is_global:
            return self._targets.of(path, asking=sheet.definition)
        return self._targets.inner(sheet.definition)

    def _decides_itself(self, sheet: Sheet) -> bool:
        return any(self._defines(link) for link in sheet.own_types)

    def _defines(self, link: Definition) -> bool:
        """Whether the code of a Type has any of the deciding methods, or cannot be read."""
        for file in link.folder.glob("*.py"):
            module = self._code.module(link.full_name if file.stem == "__init__" else f"{link.full_name}.{file.stem}")
            if module is None or module.broken:
                return True
            if any(isinstance(node, Function) and _decides(node) for node in ast.walk(module.tree)):
                return True
        return False

    def _declared(self, sheet: Sheet) -> Iterator[Problem]:
        """functionList and the class of the service agree."""
        for index, function in enumerate(sheet.config.get("functionList") or ()):
            name = str(function.get("name", ""))
            found = self._targets.of(f"{sheet.name}.{name}")
            pointer = f"functionList/{index}/name"
            if isinstance(found, Missing) and name.isidentifier():
                yield sheet.problem("declared", pointer, found.reason, found.advice, severity="warning")
            parameters = parameters_of(found) if isinstance(found, Target) else None
            if parameters is not None and "args" in function:
                yield from _declared_fit(sheet, f"functionList/{index}", function["args"], parameters)

    def path(self, path: str) -> Found:
        """What a path in code leads to."""
        return self._targets.of(path)


def _decides(node: Function) -> bool:
    """One that asks `super()` only adds to what would happen anyway."""
    asks = any(isinstance(each, ast.Name) and each.id == "super" for each in ast.walk(node))
    return node.name in _DECIDING and not asks


def _severity(sheet: Sheet) -> Severity:
    """A task that is off fails nobody yet."""
    is_task = sheet.base.startswith("tasks.")
    return "warning" if is_task and not sheet.config.get("enable") else "error"


def _fit(sheet: Sheet, parameters: Parameters, pointer: str) -> Iterator[Problem]:
    """A scheduled task hands over what the function has parameters for."""
    given = list(sheet.config.get("argDict") or {})
    at = "argDict" if given else pointer
    missing = [] if parameters.positional == _SURROUNDINGS else parameters.missing(given)
    if missing:
        message = f"{parameters.text} needs {', '.join(missing)}, which argDict does not have"
        keys = ", ".join(f'"{name}": …' for name in missing)
        advice = f'add "argDict": {{{keys}}}' if not given else f"add {keys} to argDict"
        yield sheet.problem("arguments", at, message, f"{advice}, or give it a default", severity=_severity(sheet))
    for name in parameters.unknown(given):
        message = f"{parameters.text} has no parameter '{name}': it is not handed over"
        advice = "add the parameter, or take the key out unless the code reads it from GlobalVar.currentTask"
        yield sheet.problem("arguments", f"argDict/{name}", message, advice, severity="warning", at_key=True)


def _fit_of_row(sheet: Sheet, parameters: Parameters, pointer: str) -> Iterator[Problem]:
    """The function of a date-field task takes the row, or app, task and row, or nothing."""
    names = parameters.positional
    extra = [name for name in parameters.required if name not in names[:1]]
    if names == _SURROUNDINGS or not extra:
        return
    message = f"{parameters.text} needs {', '.join(extra)}, but only the row is handed over"
    advice = f"write {parameters.text.partition('(')[0]}(rowData), or {', '.join(_SURROUNDINGS)} exactly"
    yield sheet.problem("arguments", pointer, message, advice, severity=_severity(sheet))


def _declared_fit(sheet: Sheet, pointer: str, declared: object, parameters: Parameters) -> Iterator[Problem]:
    if not isinstance(declared, list | tuple):
        return
    names = [str(argument.get("name", "")) for argument in declared]
    for name in parameters.unknown(names):
        at = f"{pointer}/args/{names.index(name)}/name"
        message = f"{parameters.text} has no parameter '{name}'"
        yield sheet.problem("declared", at, message, "name a parameter, or add it", severity="warning")
    missing = parameters.missing(names)
    if missing:
        message = f"{parameters.text} needs {', '.join(missing)}, which args does not declare"
        yield sheet.problem(
            "declared", f"{pointer}/args", message, f'add {{"name": "{missing[0]}", …}}', severity="warning"
        )
