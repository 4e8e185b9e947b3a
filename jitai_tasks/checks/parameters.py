"""The parameters of a function, told from its text: whether arguments fit."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from .targets import Target

_HARMLESS = frozenset({"staticmethod", "classmethod"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What a function can be called with, without its self."""

    #: In order.
    positional: tuple[str, ...]
    #: Those without a default that a keyword can fill.
    required: tuple[str, ...]
    #: All that a keyword can fill.
    names: frozenset[str]
    takes_any: bool
    text: str

    def missing(self, given: Iterable[str]) -> list[str]:
        """The required ones that are not given."""
        there = set(given)
        return [name for name in self.required if name not in there]

    def unknown(self, given: Iterable[str]) -> list[str]:
        """Those of the given ones that the function does not take."""
        return [] if self.takes_any else [name for name in given if name not in self.names]


def parameters_of(target: Target) -> Parameters | None:
    """The parameters; None where a decorator may have changed them."""
    decorators = [getattr(each, "id", "") for each in target.node.decorator_list]
    if any(name not in _HARMLESS for name in decorators):
        return None
    given = target.node.args
    skipped = int(target.is_method)
    positional = [*given.posonlyargs, *given.args][skipped:]
    required = positional[: len(positional) - len(given.defaults)] if given.defaults else positional
    only = [argument.arg for argument, value in zip(given.kwonlyargs, given.kw_defaults, strict=True) if value is None]
    byname = [argument.arg for argument in given.args[max(skipped - len(given.posonlyargs), 0) :]]
    return Parameters(
        positional=tuple(argument.arg for argument in positional),
        required=(*(argument.arg for argument in required), *only),
        names=frozenset([*byname, *(argument.arg for argument in given.kwonlyargs)]),
        takes_any=given.kwarg is not None,
        text=f"{target.node.name}({_shown(given, skipped)})",
    )


def _shown(given: ast.arguments, skipped: int) -> str:
    text = ast.unparse(given)
    return text.partition(",")[2].strip() if skipped else text
