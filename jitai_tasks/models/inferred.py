"""Datatypes for the fields of classes that declared none: those of SQLAlchemy models."""

from __future__ import annotations

from collections.abc import Mapping

from .datatypes import Datatype
from .datatypes.base import Ordered
from .datatypes.numbers import AutoInt, Checkbox, Numeric
from .datatypes.structures import AnyJson
from .datatypes.texts import Ltext
from .datatypes.times import Date, Datetime, Time
from .kinds import FieldInfo, Kind


class Plain(Ordered):
    """A value that no datatype of JitAi describes."""

    __slots__ = ()


_TYPES: dict[Kind, type[Datatype]] = {
    Kind.TEXT: Ltext,
    Kind.INTEGER: AutoInt,
    Kind.DECIMAL: Numeric,
    Kind.FLOAT: Numeric,
    Kind.BOOLEAN: Checkbox,
    Kind.DATE: Date,
    Kind.DATETIME: Datetime,
    Kind.TIME: Time,
    Kind.JSON: AnyJson,
    Kind.ID: Ltext,
    Kind.INSTANT: Datetime,
    Kind.PAYLOAD: AnyJson,
}


def declared(fields: Mapping[str, FieldInfo]) -> dict[str, Datatype]:
    """A datatype for every field, by its kind."""
    return {
        name: _TYPES.get(field.kind, Plain)(name=name, primaryKey=bool(getattr(field.column, "primary_key", False)))
        for name, field in fields.items()
    }
