"""The tree that both spellings of a filter become."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...errors import FilterError, did_you_mean, nearest
from ..fields import plain

AND = "AND"
OR = "OR"
NAME = re.compile(r"[^\W\d]\w{0,127}\Z")

#: Every spelling of an operator, and the one name that it has inside.
OPERATORS = {
    "=": "eq", "==": "eq", "eq": "eq",
    "!=": "ne", "<>": "ne", "ne": "ne",
    ">": "gt", "gt": "gt", ">=": "gte", "gte": "gte",
    "<": "lt", "lt": "lt", "<=": "lte", "lte": "lte",
    "in": "in", "nin": "nin", "belong": "in", "nbelong": "nin",
    "like": "like", "nlike": "nlike", "likeany": "likeany", "nlikeany": "nlikeany",
    "startswith": "startswith", "endswith": "endswith",
    "isnull": "isnull", "range": "range",
    "year": "year", "month": "month", "week": "week", "day": "day",
    "province": "province", "city": "city", "district": "district",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class F:
    """Another field of the same row, where a value may stand: `Q("paid", "<", F("total"))`."""

    name: str


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison; `operator` is one of the values of OPERATORS."""

    field: str
    operator: str
    value: object


@dataclass(frozen=True, slots=True)
class Group:
    """Two or more nodes, joined by AND or by OR."""

    joiner: str
    members: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """The opposite of a node; what is unknown stays unknown, as in SQL."""

    member: Node


Node = Condition | Group | Negation


def condition(field: str, operator: str, value: object) -> Condition:
    """The condition `field operator value`; FilterError if one of the first two words is none."""
    if not NAME.match(field):
        raise FilterError(f"{field[:80]!r} is no field name")
    known = OPERATORS.get(operator)
    if known is None:
        hint = did_you_mean(nearest(operator, OPERATORS)) or f"; there are {', '.join(OPERATORS)}"
        raise FilterError(f"{operator[:80]!r} is no operator{hint}")
    return Condition(field, known, _plain_value(value))


def build(
    parts: Sequence[object], named: Mapping[str, object], as_node: Callable[[object], Node | None]
) -> Node | None:
    """What `Q(*parts, **named)` means; `as_node` reads the parts that are filters themselves."""
    suffixed = [_suffixed(key, value) for key, value in named.items()]
    if is_condition(parts):
        return joined(AND, [condition(str(parts[0]), str(parts[1]), parts[2]), *suffixed])
    joiner, members = _split(parts, as_node)
    return joined(AND, [joined(joiner, members), *suffixed])


def joined(joiner: str, members: Iterable[Node | None]) -> Node | None:
    """The members as one node; those that filter nothing are left out."""
    present = tuple(member for member in members if member is not None)
    if len(present) < 2:
        return present[0] if present else None
    return Group(joiner, present)


def is_condition(parts: Sequence[object]) -> bool:
    """Whether the parts are field, operator, value (and not filter, joiner, filter)."""
    return (
        len(parts) == 3 and isinstance(parts[0], str) and isinstance(parts[1], str) and NAME.match(parts[0]) is not None
    )


def _plain_value(value: object) -> object:
    if isinstance(value, set | frozenset | list | tuple):
        return tuple(plain(item) for item in value)
    return plain(value)


def _suffixed(key: str, value: object) -> Condition:
    field, _, suffix = key.rpartition("__")
    if field and suffix in OPERATORS:
        return condition(field, suffix, value)
    return condition(key, "eq", value)


def _split(parts: Sequence[object], as_node: Callable[[object], Node | None]) -> tuple[str, list[Node | None]]:
    joiners = {part for part in parts if isinstance(part, str) and part in (AND, OR)}
    if len(joiners) > 1:
        raise FilterError("Q.AND beside Q.OR is ambiguous; put one of the two into a Q of its own")
    members = [part for part in parts if not (isinstance(part, str) and part in (AND, OR))]
    if joiners and len(parts) != 2 * len(members) - 1:
        raise FilterError("a joiner stands between two conditions: Q(Q1, Q.AND, Q2)")
    return (joiners.pop() if joiners else AND), [as_node(member) for member in members]
