"""Rows: what a task function receives, readable by attribute and by item; and dictionaries with attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..element import Element
from .fields import Field, plain


class JitDict(dict[str, Any]):
    """A dictionary whose members are also attributes; `.value` is the plain dictionary."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"no member {name!r}; there are: {', '.join(self) or 'none'}") from None

    @property
    def value(self) -> dict[str, Any]:
        return dict(self)

    def toDict(self) -> dict[str, Any]:
        """A plain copy."""
        return dict(self)


class RowData:
    """One row: fields by attribute (`row.name.value`) and by item (`row["name"]`), assignable both ways."""

    #: Plain values; a value becomes a Field when it is first asked for, and stays one.
    _fields: dict[str, object]

    def __init__(self, values: Mapping[str, object] | None = None, **more: object) -> None:
        object.__setattr__(self, "_fields", {**(values or {}), **more})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.toDict()!r})"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._field(name, AttributeError)

    def __setattr__(self, name: str, value: object) -> None:
        self[name] = value

    def __getitem__(self, name: str) -> Any:
        return self._field(name, KeyError)

    def __setitem__(self, name: str, value: object) -> None:
        self._fields[name] = plain(value)

    def __contains__(self, name: object) -> bool:
        return name in self._fields

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, RowData):
            return self.toDict() == other.toDict()
        return isinstance(other, Mapping) and self.toDict() == dict(other)

    __hash__ = None  # type: ignore[assignment]  # rows change

    def __plain__(self) -> object:
        return self.toDict()

    def keys(self) -> list[str]:
        """The names of the fields, so that `**row` works."""
        return list(self._fields)

    def get(self, name: str, default: object = None) -> Any:
        """The field of that name, or `default`."""
        return self[name] if name in self._fields else default

    def plain(self, name: str, default: object = None) -> Any:
        """The plain value of a field, or `default`."""
        return plain(self._fields.get(name, default))

    def update(self, values: Mapping[str, object] | None = None, **more: object) -> None:
        """Set several fields at once."""
        for name, value in {**(values or {}), **more}.items():
            self[name] = value

    def toDict(self) -> dict[str, Any]:
        """The plain values of all fields."""
        return {name: plain(field) for name, field in self._fields.items()}

    @property
    def value(self) -> dict[str, Any]:
        return self.toDict()

    def _assign(self, name: str, field: Field) -> None:
        """A value was assigned to a field that was handed out before; one that was only looked at joins the row."""
        self._fields.setdefault(name, field)

    def _field(self, name: str, error: type[Exception]) -> Field:
        if name not in self._fields:
            raise error(f"no field {name!r}; there are: {', '.join(self._fields) or 'none'}")
        found = self._fields[name]
        if not isinstance(found, Field):
            found = self._fields[name] = Field(found)
        return found


def snapshot(values: Mapping[str, object]) -> dict[str, object]:
    """The values as they are now, also when one that is a list, a dictionary or a row is changed from inside."""
    return {name: _copied(value) for name, value in values.items()}


def _copied(value: object) -> object:
    if isinstance(value, list):
        return [_copied(item) for item in value]
    held = value.toDict() if isinstance(value, RowData) else value
    return {name: _copied(item) for name, item in held.items()} if isinstance(held, dict) else value


def row_in(given: object) -> object:
    """The row that a model element was filled in as (`m = app.getElement("models.X"); m.id = 1`), or what is given."""
    held = given.load() if isinstance(given, Element) else given
    return getattr(held, "__filled__", None) or given


def plain_member(row: object, name: str, default: object = None) -> Any:
    """The plain value of a field of a row, a dictionary or an object; `default` if there is none (or no row)."""
    if row is None:
        return default
    if isinstance(row, RowData):
        return row.plain(name, default)
    return plain(row.get(name, default) if isinstance(row, Mapping) else getattr(row, name, default))
