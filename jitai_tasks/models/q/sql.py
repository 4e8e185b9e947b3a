"""A checked filter as a SQLAlchemy expression. Every value is a bound parameter; no text of a filter reaches SQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.sql import operators

from ..kinds import FieldInfo, Kind
from .checking import Among, Checked, Compare, Every, Match, Member, Not, Null, Part, Some

Expression = sa.ColumnElement[bool]

_ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "eq": operators.eq,
    "ne": operators.ne,
    "gt": operators.gt,
    "gte": operators.ge,
    "lt": operators.lt,
    "lte": operators.le,
}
_FORMATS = {"year": "%Y", "month": "%m", "day": "%d"}
_TYPES: dict[type, sa.types.TypeEngine[Any]] = {float: sa.Float(53), int: sa.BigInteger()}


def to_sql(filter_: Checked, dialect: str) -> Expression:
    """The WHERE clause of a checked filter, for "sqlite", "postgresql" or "mysql"."""
    match filter_:
        case Every(members):
            return sa.and_(sa.true(), *[to_sql(member, dialect) for member in members])
        case Some(members):
            return sa.or_(sa.false(), *[to_sql(member, dialect) for member in members])
        case Not(member):
            return sa.not_(to_sql(member, dialect))
        case Null(field):
            return field.column.is_(None)
        case Compare():
            return _compare(filter_, dialect)
        case Among(field, values):
            return field.column.in_([_bound(field, value) for value in values])
        case Match(field, pieces):
            return _match(field.column, pieces, dialect)
        case Part(field, part, number):
            return _part(field, part, dialect) == _bound_integer(number)
        case Member(field, name, text):
            found: Any = field.column[name]
            return cast("Expression", found.as_string() == _text(text))


def _compare(filter_: Compare, dialect: str) -> Expression:
    field, other = filter_.field, filter_.value
    left: Any = field.column
    right: Any = None
    if isinstance(other, FieldInfo):
        left, right = _as_shown(field), _as_shown(other)
    else:
        right = _bound(field, other)
    if field.kind is Kind.TEXT and filter_.operator not in ("eq", "ne") and dialect == "postgresql":
        left = sa.collate(left, "C")  # the order of code points, as in memory and on SQLite
    result: Expression = _ORDER[filter_.operator](left, right)
    return result


def _as_shown(field: FieldInfo) -> Any:
    """What a field is beside another one: of instants, what rows show of them."""
    if field.kind is not Kind.INSTANT or field.aware:
        return field.column
    exact = sa.type_coerce(field.column, sa.BigInteger())
    return exact - exact % 1_000_000


def _bound(field: FieldInfo, value: object) -> sa.BindParameter[Any]:
    """A parameter of the column's type; numbers keep their own, so that none is rounded on its way."""
    if field.kind is Kind.DECIMAL:
        return sa.bindparam(None, value, unique=True, type_=sa.Numeric())
    if type(value) in _TYPES and field.kind is not Kind.BOOLEAN:
        return sa.bindparam(None, value, unique=True, type_=_TYPES[type(value)])
    return sa.bindparam(None, value, unique=True, type_=field.column.type)


def _bound_integer(number: int) -> sa.BindParameter[int]:
    return sa.bindparam(None, number, unique=True, type_=sa.Integer())


def _match(column: sa.Column[Any], pieces: tuple[str | int | None, ...], dialect: str) -> Expression:
    """Case counts everywhere: SQLite's LIKE ignores it for ASCII, so GLOB stands in there."""
    if dialect == "sqlite":
        return column.op("GLOB", is_comparison=True)(_text("".join(_glob(piece) for piece in pieces)))
    pattern = _text("".join(_like(piece) for piece in pieces))
    return _told_apart(column).like(pattern) if dialect == "mysql" else column.like(pattern)


def _told_apart(column: sa.Column[Any]) -> sa.ColumnElement[str]:
    """A text of MariaDB or MySQL in which case counts, whatever character set the table has."""
    return sa.collate(sa.func.convert(column.op("USING")(sa.literal_column("utf8mb4"))), "utf8mb4_bin")


def _text(value: str) -> sa.BindParameter[str]:
    return sa.bindparam(None, value, unique=True, type_=sa.String())


def _glob(piece: str | int | None) -> str:
    if piece is None:
        return "*"
    if isinstance(piece, int):
        return "?" * piece
    return "".join(f"[{char}]" if char in "*?[" else char for char in piece)


def _like(piece: str | int | None) -> str:
    if piece is None:
        return "%"
    if isinstance(piece, int):
        return "_" * piece
    return "".join(f"\\{char}" if char in "\\%_" else char for char in piece)


def _part(field: FieldInfo, part: str, dialect: str) -> sa.ColumnElement[Any]:
    column: Any = field.column
    if field.aware and dialect == "postgresql":
        column = sa.func.timezone("UTC", column)
    if dialect == "sqlite":
        # Its date functions round to milliseconds, and so 23:59:59.9999 into the next day: only the day's text is read.
        column = sa.func.substr(sa.type_coerce(column, sa.String()), 1, 10)
        return _iso_week(column) if part == "week" else _strftime(_FORMATS[part], column)
    if part == "week" and dialect == "mysql":
        return sa.func.week(column, 3)
    return sa.extract(part, column)


def _iso_week(day: Any) -> sa.ColumnElement[Any]:
    """The week of the Thursday beside it, counted from that year's first day."""
    return (_strftime("%j", sa.func.date(day, "-3 days", "weekday 4")) - 1) // 7 + 1


def _strftime(pattern: str, day: Any) -> sa.ColumnElement[Any]:
    return sa.cast(sa.func.strftime(pattern, day), sa.Integer)
