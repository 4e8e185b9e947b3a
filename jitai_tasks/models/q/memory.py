"""A checked filter against one row in memory, with SQL's logic of three values: true, false, and unknown (None)."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

from ..kinds import FieldInfo, Kind, coerce
from .checking import Among, Checked, Compare, Every, Match, Member, Not, Null, Part, Some

#: Answers the value of a field; None if it is empty.
Values = Callable[[FieldInfo], object]

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def holds(filter_: Checked, row: Callable[[str], object]) -> bool:
    """Whether a row passes; `row(name)` answers a field's value. Unknown counts as no, as in a WHERE clause."""

    def value(field: FieldInfo) -> object:
        return coerce(field, row(field.name))

    return _truth(filter_, value) is True


def _truth(filter_: Checked, value: Values) -> bool | None:
    match filter_:
        case Every(members):
            return _every(_truth(member, value) for member in members)
        case Some(members):
            return _negated(_every(_negated(_truth(member, value)) for member in members))
        case Not(member):
            return _negated(_truth(member, value))
        case Null(field):
            return value(field) is None
        case _:
            return _test(filter_, value)


def _test(filter_: Compare | Among | Match | Part | Member, value: Values) -> bool | None:
    found = value(filter_.field)
    if found is None:
        return None
    match filter_:
        case Compare(_, order, other):
            return _compared(order, found, value(other) if isinstance(other, FieldInfo) else other)
        case Among(_, values):
            return found in values
        case Match(_, pieces):
            return _pattern(pieces).fullmatch(cast(str, found)) is not None
        case Part(field, part, number):
            return _part(field, part, cast(date, found)) == number
        case Member(_, name, text):
            member = found.get(name) if isinstance(found, dict) else None
            return None if member is None else member == text


def _every(truths: Iterable[bool | None]) -> bool | None:
    result: bool | None = True
    for truth in truths:
        if truth is False:
            return False
        if truth is None:
            result = None
    return result


def _negated(truth: bool | None) -> bool | None:
    return None if truth is None else not truth


def _compared(order: str, left: object, right: object) -> bool | None:
    if right is None:
        return None
    if isinstance(left, Decimal) and isinstance(right, float):
        right = Decimal(str(right))
    if isinstance(left, float) and isinstance(right, Decimal):
        left = Decimal(str(left))
    return _ORDER[order](left, right)


def _pattern(pieces: tuple[str | int | None, ...]) -> re.Pattern[str]:
    parts = [".*" if piece is None else "." if isinstance(piece, int) else re.escape(piece) for piece in pieces]
    return re.compile("".join(parts), re.DOTALL)


def _part(field: FieldInfo, part: str, moment: date) -> int:
    if field.kind is Kind.DATETIME and field.aware:
        moment = cast(datetime, moment).astimezone(UTC)
    return moment.isocalendar().week if part == "week" else int(getattr(moment, part))
