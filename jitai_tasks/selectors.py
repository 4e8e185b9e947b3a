"""The selector grammar of `findElements`, over definitions; nothing is loaded.

tasks.Daily        the element of that name
.tasks.NormalType  the elements of a Type, directly or through other Types
#enable=1          the elements whose e.json has such a value; also != < >, and #timerCfg.startTime>2026
*tasks.a.B         the elements whose folders contain tasks.a.B (its parents)
tasks.a*           the elements inside the folder tasks/a (its children)
S:F                those of S that F selects too
S,T                those of S and those of T
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .definition import Definition
from .errors import AppError

_CONDITION = re.compile(r"(?P<key>[^<>!=]+)(?P<sign>!=|=|<|>)(?P<value>.*)", re.DOTALL)
_ORDER: dict[str, Callable[[Any, Any], bool]] = {"<": operator.lt, ">": operator.gt}

Test = Callable[[Definition], bool]


def select(
    selector: str, definitions: Iterable[Definition], chain_of: Callable[[Definition], list[str]]
) -> list[Definition]:
    """The definitions that `selector` names, in their order, each once. An unreadable selector is an AppError.

    `chain_of` answers the full names of a definition's Type, that Type's Type, and so on.
    """
    unions = [[_test(step.strip(), chain_of) for step in part.split(":")] for part in selector.split(",")]
    return [found for found in definitions if any(all(test(found) for test in tests) for tests in unions)]


def _test(step: str, chain_of: Callable[[Definition], list[str]]) -> Test:
    if not step or step in ("*", ".", "#"):
        raise AppError(f"a selector has an empty part; write a full name, .type, #key=value, *name or name* ({step!r})")
    if step.startswith("."):
        return lambda definition: step[1:] in chain_of(definition)
    if step.startswith("#"):
        return _condition(step[1:])
    if step.startswith("*"):
        return lambda definition: step[1:].startswith(f"{definition.full_name}.")
    if step.endswith("*"):
        inside = step[:-1].rstrip(".") + "."
        return lambda definition: definition.full_name.startswith(inside)
    return lambda definition: definition.full_name == step


def _condition(text: str) -> Test:
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise AppError(f"the selector #{text} has no comparison; write #key=value, or !=, <, >")
    key, sign, wanted = match["key"].strip(), match["sign"], match["value"].strip().strip("'\"")
    return lambda definition: _holds(_value_at(definition.config, key), sign, wanted)


def _value_at(config: Mapping[str, object], key: str) -> object:
    value: object = config
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _holds(value: object, sign: str, wanted: str) -> bool:
    if sign == "=":
        return _same(value, wanted)
    if sign == "!=":
        return not _same(value, wanted)
    if isinstance(value, int | float):
        try:
            return _ORDER[sign](value, float(wanted))
        except ValueError:
            return False
    return isinstance(value, str) and _ORDER[sign](value, wanted)


def _same(value: object, wanted: str) -> bool:
    if isinstance(value, bool):
        return wanted.lower() in (("true", "1") if value else ("false", "0"))
    if isinstance(value, int | float):
        try:
            return value == float(wanted)
        except ValueError:
            return False
    return wanted == "" if value is None else str(value) == wanted
