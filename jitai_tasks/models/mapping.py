"""What a model is to the rest of the framework: its fields, its table, its mapped class, and how its rows are named."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Mapper

from ..definition import Definition
from ..errors import ModelError, did_you_mean, nearest
from .fields import plain
from .kinds import FieldInfo, Kind, coerce
from .q.checking import Checked, check
from .q.expression import node_of

if TYPE_CHECKING:
    from ..app import App
    from ..store import Database
    from .datatypes import Datatype
    from .normal import NormalModel

#: First match decides: Enum is a String, Boolean is no Integer in SQLAlchemy.
_KINDS: tuple[tuple[type[sa.types.TypeEngine[Any]], Kind], ...] = (
    (sa.Boolean, Kind.BOOLEAN),
    (sa.Integer, Kind.INTEGER),
    (sa.Float, Kind.FLOAT),
    (sa.Numeric, Kind.DECIMAL),
    (sa.DateTime, Kind.DATETIME),
    (sa.Date, Kind.DATE),
    (sa.Time, Kind.TIME),
    (sa.String, Kind.TEXT),
    (sa.Uuid, Kind.UUID),
    (sa.JSON, Kind.JSON),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Model:
    """A model, ready for use: what its rows consist of, and where they are stored."""

    app: App
    definition: Definition
    #: Fields by name, in the order of their declaration.
    fields: Mapping[str, FieldInfo]
    #: The datatype that each field was declared with.
    declared: Mapping[str, Datatype]
    table: sa.FromClause
    #: The class that SQLAlchemy maps to the table.
    entity: type
    #: Names of the fields of the primary key.
    primary: tuple[str, ...]
    #: Names of the fields whose values only programs change.
    given: frozenset[str] = frozenset()
    #: The class of its rows.
    rows: type[NormalModel]
    database: Database
    #: How its rows are changed, if they are records of the framework; "" if they can be written.
    changed_by: str = ""
    #: Tables that were made in a transaction which was undone.
    unsure: set[Any] = field(default_factory=set)

    @property
    def name(self) -> str:
        """The full name of the model."""
        return self.definition.full_name

    def field(self, name: str) -> FieldInfo:
        """The field of that name; ModelError names the nearest one."""
        found = self.fields.get(name)
        if found is None:
            hint = did_you_mean(nearest(name, self.fields)) or f"; there are {', '.join(self.fields)}"
            raise ModelError(self.name, f"no field {name!r}{hint}")
        return found

    def held(self, name: str, value: object) -> object:
        """`value` as the field holds it; ModelError says what was expected."""
        field = self.field(name)
        try:
            return coerce(field, value)
        except ValueError as error:
            raise ModelError(self.name, str(error)) from None

    def checked(self, filter_: object) -> Checked:
        """A filter (Q, text, None) against the fields; FilterError says what does not fit."""
        return check(node_of(filter_), self.fields)

    def subject(self, values: Mapping[str, object]) -> str:
        """The primary key as text: what a job is about."""
        keys = [str(plain(values.get(name))) for name in self.primary]
        return keys[0] if len(keys) == 1 else json.dumps(keys)

    def key(self, subject: str) -> dict[str, object]:
        """The primary key behind its text; ModelError if the text is none."""
        parts = [subject] if len(self.primary) == 1 else json.loads(subject)
        return {name: self.held(name, part) for name, part in zip(self.primary, parts, strict=True)}

    def where_key(self, key: Mapping[str, object]) -> sa.ColumnElement[bool]:
        """The condition that one row fulfils."""
        return sa.and_(*[self.fields[name].column == key[name] for name in self.primary])

    def where_keys(self, keys: Sequence[Mapping[str, object]]) -> sa.ColumnElement[bool]:
        """The condition that several rows fulfil."""
        if len(self.primary) > 1:
            return sa.or_(sa.false(), *[self.where_key(key) for key in keys])
        name = self.primary[0]
        return self.fields[name].column.in_([key[name] for key in keys])

    def values(self, entity: object) -> dict[str, object]:
        """The plain values of a mapped object that are known without asking the database."""
        known: Mapping[str, object] = sa.inspect(entity).dict
        return {name: known[name] for name in self.fields if name in known}

    def row(self, values: Mapping[str, object]) -> NormalModel:
        """A row as it stands in the database."""
        return self.rows._loaded(values)  # noqa: SLF001 - rows are made here and there only


def fields_of(mapper: Mapper[Any], zone: ZoneInfo) -> dict[str, FieldInfo]:
    """The column attributes of a mapped class as fields."""
    return {key: field_info(key, column, zone) for key, column in _columns(mapper)}


def field_info(name: str, column: Any, zone: ZoneInfo, title: str = "") -> FieldInfo:
    """A column as a field."""
    kind = kind_of(column.type)
    aware = kind in (Kind.DATETIME, Kind.INSTANT) and bool(getattr(column.type, "timezone", False))
    return FieldInfo(
        name=name, kind=kind, column=column, title=title, aware=aware, zone=zone, choices=_choices(column.type)
    )


def kind_of(type_: sa.types.TypeEngine[Any]) -> Kind:
    """What a column type holds."""
    named: Kind | None = getattr(type_, "kind", None)
    if named is not None:
        return named
    if isinstance(type_, sa.types.TypeDecorator):
        type_ = type_.impl_instance
    return next((kind for family, kind in _KINDS if isinstance(type_, family)), Kind.OTHER)


def _columns(mapper: Mapper[Any]) -> Iterator[tuple[str, Any]]:
    for attribute in mapper.column_attrs:
        if isinstance(attribute.columns[0], sa.Column):
            yield attribute.key, attribute.columns[0]


def _choices(type_: sa.types.TypeEngine[Any]) -> dict[object, str]:
    if not isinstance(type_, sa.Enum):
        return {}
    members = list(type_.enum_class) if type_.enum_class else type_.enums
    return dict(zip(members, type_.enums, strict=True))
