"""What all datatypes have in common: they declare a field of a model, and hold the value of that field in a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import sqlalchemy as sa

from ...errors import did_you_mean, nearest
from ..fields import Field, plain
from ..kinds import Kind
from ..rows import RowData


class Datatype(Field):
    """Declares a field (`name = datatypes.Stext(title="Name")`), and is the field of a row: `row.name.value`.

    Keyword arguments that it does not know are kept in `options` and otherwise ignored.
    """

    __slots__ = ("_value", "name", "options", "parentDt", "title")
    _value: Any

    #: What the field holds.
    kind: ClassVar[Kind] = Kind.TEXT

    name: str
    title: str
    #: Everything else that was said at the declaration.
    options: Mapping[str, Any]
    #: The row the field is a part of; None for a declaration and for a value on its own.
    parentDt: object

    def __init__(
        self, name: str = "", title: str = "", value: object = None, parentDt: object = None, **options: object
    ) -> None:
        self.name = name
        self.title = title
        self.parentDt = parentDt
        self.options = options
        self._value = self._held(plain(value))

    @classmethod
    def new(cls, config: Mapping[str, Any] | None = None, value: object = None) -> Self:
        """A value of this type: `datatypes.Money.new({"name": "price"}, 5)`."""
        return cls(**{**(config or {}), "value": value})

    def with_value(self, value: object, row: object = None) -> Self:
        """A field of a row, declared as this one."""
        made = object.__new__(type(self))
        made.name, made.title, made.options, made.parentDt = self.name, self.title, self.options, row
        made._value = made._held(plain(value))
        return made

    @property
    def value(self) -> Any:
        """The plain value."""
        return self._value

    @value.setter
    def value(self, value: object) -> None:
        self.take(value)
        if isinstance(self.parentDt, RowData):
            self.parentDt._assign(self.name, self)  # noqa: SLF001 - a public name would hide a field

    def take(self, value: object) -> None:
        """Hold what the database holds: nothing is assigned by that."""
        self._value = self._held(plain(value))

    def _held(self, value: object) -> object:
        """What the field holds of a plain value."""
        return value

    @property
    def primaryKey(self) -> bool:
        """Whether the field is the row's key, or a part of it."""
        return bool(self.options.get("primaryKey"))

    @property
    def default(self) -> Any:
        """The value of a new row that names none."""
        return plain(self.options.get("default"))

    def column_type(self) -> sa.types.TypeEngine[Any]:
        """What the database stores."""
        return sa.String(self.max_length() or 255)

    def max_length(self) -> int | None:
        """The longest text it may hold; None for no limit."""
        return None

    def check(self, value: object) -> None:
        """ValueError says why a value is none of this field, whatever its kind holds otherwise."""

    def isEqual(self, other: object) -> bool:
        """Whether the value equals another."""
        return self == other

    def notEqual(self, other: object) -> bool:
        """Whether the value differs from another."""
        return self != other

    def isNull(self) -> bool:
        """Whether there is no value."""
        return self._value is None or self._value == ""

    def isNotNull(self) -> bool:
        """Whether there is a value."""
        return not self.isNull()


class Ordered(Datatype):
    """Values with an order: numbers and times."""

    __slots__ = ()

    def gt(self, other: object) -> bool:
        """Greater than `other`; nothing is greater or less than an empty value."""
        return self._has_order(other) and self > other

    def gte(self, other: object) -> bool:
        """Greater than or equal to `other`."""
        return self._has_order(other) and self >= other

    def lt(self, other: object) -> bool:
        """Less than `other`."""
        return self._has_order(other) and self < other

    def lte(self, other: object) -> bool:
        """Less than or equal to `other`."""
        return self._has_order(other) and self <= other

    def range(self, low: object, high: object) -> bool:
        """Whether the value lies between the two, both included."""
        return self.gte(low) and self.lte(high)

    def _has_order(self, other: object) -> bool:
        return self._value is not None and plain(other) is not None


class Namespace:
    """`datatypes`: the datatypes by name."""

    def __init__(self, types: Mapping[str, type[Datatype]]) -> None:
        self._types = dict(types)

    def __getattr__(self, name: str) -> type[Datatype]:
        try:
            return self._types[name]
        except KeyError:
            hint = did_you_mean(nearest(name, self._types))
            raise AttributeError(f"no datatype {name}{hint or '; there are ' + ', '.join(self._types)}") from None

    def __dir__(self) -> list[str]:
        return list(self._types)

    def __iter__(self) -> Any:
        return iter(self._types.items())
