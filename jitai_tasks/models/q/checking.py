"""A filter against the fields of a model: names looked up, values brought to the field's kind, operators reduced.

What comes out has few operators and typed values. SQL and the test in memory are both made from it, so that they agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from ...errors import FilterError, did_you_mean, nearest
from ...ids import parsed
from ..kinds import NUMBERS, FieldInfo, Kind, coerce
from .nodes import AND, Condition, F, Group, Negation, Node
from .spans import second, span, year_of_instants

MAX_NODES = 1000
MAX_DEPTH = 64
_ORDERS = ("gt", "gte", "lt", "lte")
_PARTS = {"year": (1, 9999), "month": (1, 12), "week": (1, 53), "day": (1, 31)}


@dataclass(frozen=True, slots=True)
class Compare:
    """`field operator value`, operator one of eq, ne, gt, gte, lt, lte; the value is typed, or another field."""

    field: FieldInfo
    operator: str
    value: object


@dataclass(frozen=True, slots=True)
class Null:
    """Whether the field is empty."""

    field: FieldInfo


@dataclass(frozen=True, slots=True)
class Among:
    """Whether the field has one of the values (at least one, none of them None)."""

    field: FieldInfo
    values: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """Whether the text fits the pattern: a run of literal pieces, `%` any characters and `_` one character."""

    field: FieldInfo
    #: Text stands for itself; None for any characters; an integer for that many characters.
    pieces: tuple[str | int | None, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Whether the year, month, ISO week or day of a date is this number."""

    field: FieldInfo
    part: str
    number: int


@dataclass(frozen=True, slots=True)
class Member:
    """Whether a member of a JSON object is this text (province, city, district of an address)."""

    field: FieldInfo
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Every:
    """All of the members; true when there are none."""

    members: tuple[Checked, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one of the members; false when there are none."""

    members: tuple[Checked, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite; unknown stays unknown."""

    member: Checked


Checked = Compare | Null | Among | Match | Part | Member | Every | Some | Not


def check(node: Node | None, fields: Mapping[str, FieldInfo]) -> Checked:
    """The typed tree of a filter for a model with these fields. FilterError names the field and what was expected."""
    return Every(()) if node is None else _Checker(fields).node(node, 0)


class _Checker:
    def __init__(self, fields: Mapping[str, FieldInfo]) -> None:
        self._fields = fields
        self._count = 0

    def node(self, node: Node, depth: int) -> Checked:
        self._count += 1
        if depth > MAX_DEPTH or self._count > MAX_NODES:
            raise FilterError(f"more than {MAX_NODES} conditions, or nested deeper than {MAX_DEPTH} levels")
        if isinstance(node, Negation):
            return Not(self.node(node.member, depth + 1))
        if isinstance(node, Group):
            members = tuple(self.node(member, depth + 1) for member in node.members)
            return Every(members) if node.joiner == AND else Some(members)
        return self._condition(node)

    def _condition(self, node: Condition) -> Checked:
        field = self.field(node.field)
        if isinstance(node.value, F):
            return self._two_fields(field, node.operator, self.field(node.value.name))
        try:
            return _REDUCE[node.operator](field, node.operator, node.value)
        except ValueError as error:
            raise error if isinstance(error, FilterError) else FilterError(str(error)) from None

    def field(self, name: str) -> FieldInfo:
        found = self._fields.get(name)
        if found is None:
            hint = did_you_mean(nearest(name, self._fields))
            raise FilterError(f"no field {name!r}{hint or '; there are ' + ', '.join(self._fields)}")
        return found

    def _two_fields(self, field: FieldInfo, operator: str, other: FieldInfo) -> Checked:
        alike = field.kind == other.kind and field.aware == other.aware
        if operator not in ("eq", "ne", *_ORDERS) or not (alike or {field.kind, other.kind} <= NUMBERS):
            raise FilterError(f"{field.name} ({field.kind}) and {other.name} ({other.kind}) cannot be compared")
        _needs_order(field, operator)
        return Compare(field, operator, other)


def _compare(field: FieldInfo, operator: str, value: object) -> Checked:
    if value is None and operator == "eq":
        return Null(field)
    if value is None and operator == "ne":
        return Not(Null(field))
    _needs_order(field, operator)
    held = _scalar(field, value)
    if field.kind is Kind.INSTANT and not field.aware:
        return _to_the_second(field, operator, held)
    if field.kind is Kind.ID and operator in _ORDERS and parsed(cast(str, held)) is None:
        raise FilterError(f"{field.name}: expected an id of 24 hex digits, got {str(held)[:80]!r}")
    return Compare(field, operator, held)


def _to_the_second(field: FieldInfo, operator: str, value: object) -> Checked:
    """The database keeps microseconds where rows show seconds: all the instants of a second are equal."""
    try:
        first, after = second(field, value)
    except FilterError:
        if operator in ("eq", "ne"):
            raise
        return Compare(field, operator, value)  # a bound at the end of the calendar has no second after it
    if operator in ("gte", "lt"):
        return Compare(field, operator, first)
    if operator in ("gt", "lte"):
        return Compare(field, "gte" if operator == "gt" else "lt", after)
    equal = Every((Compare(field, "gte", first), Compare(field, "lt", after)))
    return equal if operator == "eq" else Not(equal)


def _needs_order(field: FieldInfo, operator: str) -> None:
    if field.kind in (Kind.JSON, Kind.PAYLOAD, Kind.OTHER):
        raise FilterError(f"{field.name} holds structured data; it can only be tested with isnull")
    if operator in _ORDERS and (field.kind in (Kind.BOOLEAN, Kind.UUID) or field.choices):
        raise FilterError(f"{field.name} has no order")


def _scalar(field: FieldInfo, value: object) -> object:
    if value is None or isinstance(value, tuple | list | dict):
        raise FilterError(f"{field.name}: expected one value, got {str(value)[:80]}")
    if field.kind is Kind.INTEGER and isinstance(value, float | Decimal) and value != int(value):
        return float(value)
    return coerce(field, value)


def _among(field: FieldInfo, operator: str, value: object) -> Checked:
    del operator
    given = _several(field, value)
    _needs_order(field, "eq")
    options: tuple[Checked, ...] = tuple(_one_of(field, [item for item in given if item is not None]))
    return Some((*options, Null(field))) if None in given else Some(options)


def _one_of(field: FieldInfo, given: Sequence[object]) -> Iterator[Checked]:
    if field.kind is Kind.INSTANT:
        yield from (_compare(field, "eq", item) for item in given)
    elif given:
        yield Among(field, tuple(coerce(field, item) for item in given))


def _not_among(field: FieldInfo, operator: str, value: object) -> Checked:
    found = _among(field, operator, value)
    return Every(tuple(Not(option) for option in cast(Some, found).members))


def _several(field: FieldInfo, value: object) -> tuple[object, ...]:
    if isinstance(value, list | tuple):
        return tuple(value)
    if value is None or isinstance(value, dict):
        raise FilterError(f"{field.name}: expected a list of values, got {value!r}")
    return (value,)


def _between(field: FieldInfo, operator: str, value: object) -> Checked:
    del operator
    ends = _several(field, value)
    if len(ends) != 2:
        raise FilterError(f"{field.name}: a range has two ends, [from, to]; got {len(ends)}")
    named = zip(("gte", "lte"), ends, strict=True)
    return Every(tuple(_compare(field, order, end) for order, end in named if end is not None))


def _is_null(field: FieldInfo, operator: str, value: object) -> Checked:
    del operator
    if value not in (0, 1):
        raise FilterError(f"{field.name}: isnull takes 1 (is empty) or 0 (is not), got {value!r}")
    return Null(field) if value else Not(Null(field))


def _like(field: FieldInfo, operator: str, value: object) -> Checked:
    patterns = _several(field, value) if operator.endswith("any") else (value,)
    matches = tuple(_match(field, operator, pattern) for pattern in patterns)
    return Not(Some(matches)) if operator.startswith("n") else Some(matches)


def _match(field: FieldInfo, operator: str, value: object) -> Checked:
    if field.kind is Kind.ID:
        raise FilterError(f"{field.name} is kept as a number, and is compared as a whole; {operator} compares text")
    if field.kind is not Kind.TEXT or field.choices:
        raise FilterError(f"{field.name} is no text; {operator} compares text")
    text = cast(str, _scalar(field, value))
    if operator == "startswith":
        return Match(field, (text, None))
    if operator == "endswith":
        return Match(field, (None, text))
    if "%" in text:
        return Match(field, _pieces(text))
    return Match(field, (None, text, None))


def _pieces(pattern: str) -> tuple[str | int | None, ...]:
    """The pattern at its `%` and `_`; both stand for themselves nowhere in it."""
    pieces: list[str | int | None] = []
    for index, run in enumerate(pattern.split("%")):
        if index:
            pieces.append(None)
        for position, text in enumerate(run.split("_")):
            if position:
                pieces.append(1)
            if text:
                pieces.append(text)
    return tuple(pieces)


def _part(field: FieldInfo, operator: str, value: object) -> Checked:
    if field.kind not in (Kind.DATE, Kind.DATETIME, Kind.INSTANT):
        raise FilterError(f"{field.name} is no date; {operator} takes a part of one")
    lowest, highest = _PARTS[operator]
    if isinstance(value, str) and value.strip().isdigit() and operator != "day":
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        if not lowest <= value <= highest:
            raise FilterError(f"{field.name}: a {operator} is {lowest} to {highest}, got {value}")
        if field.kind is not Kind.INSTANT:
            return Part(field, operator, value)
        value = year_of_instants(field, operator, value)
    start, end = span(field, operator, value)
    return Every((Compare(field, "gte", start), Compare(field, "lt", end)))


def _member(field: FieldInfo, operator: str, value: object) -> Checked:
    if field.kind is Kind.PAYLOAD:
        raise FilterError(f"{field.name} cannot be looked into by a filter; read the rows, and look there")
    if field.kind is not Kind.JSON:
        raise FilterError(f"{field.name} is no address; {operator} is a part of one")
    if not isinstance(value, str):
        raise FilterError(f"{field.name}: expected the name of a {operator}, got {value!r}")
    return Member(field, operator, value)


_REDUCE: dict[str, Callable[[FieldInfo, str, object], Checked]] = {
    **dict.fromkeys(("eq", "ne", *_ORDERS), _compare),
    **dict.fromkeys(("like", "nlike", "likeany", "nlikeany", "startswith", "endswith"), _like),
    **dict.fromkeys(_PARTS, _part),
    **dict.fromkeys(("province", "city", "district"), _member),
    "in": _among,
    "nin": _not_among,
    "range": _between,
    "isnull": _is_null,
}
