"""Datatypes that hold structured data, stored as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import copy
from typing import Any, ClassVar

import sqlalchemy as sa

from ... import payload
from ..fields import plain
from ..kinds import Kind
from ..rows import RowData as Row
from .base import Datatype

#: What a field has from its declaration.
_DECLARED = frozenset({"name", "options", "parentDt", "title"})


class StoredJson(sa.types.TypeDecorator[Any]):
    """A JSON column that also keeps dates, decimals, UUIDs and bytes. None is NULL."""

    impl = sa.JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        return None if value is None else json.loads(payload.dumps(bare(value), where="value", limit=1 << 24))

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        return None if value is None else payload.loads(json.dumps(value))


def bare(value: object) -> object:
    """The plain data inside rows and fields."""
    value = plain(value)
    if isinstance(value, Row):
        return {name: bare(member) for name, member in value.toDict().items()}
    if isinstance(value, Mapping):
        return {str(name): bare(member) for name, member in value.items()}
    return [bare(item) for item in value] if isinstance(value, list | tuple | set) else value


class Structure(Datatype):
    """Anything that JSON can hold."""

    __slots__ = ()
    kind = Kind.JSON
    #: What it is while nothing is in it.
    empty: ClassVar[type[Any]] = dict
    #: What it may be.
    shapes: ClassVar[tuple[type, ...]] = (Mapping, Row)

    def check(self, value: object) -> None:
        if value is not None and not isinstance(value, self.shapes):
            raise ValueError(f"holds a {self.empty.__name__}, not a {type(value).__name__}")

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return StoredJson()

    def isNull(self) -> bool:
        return not self._value

    def __setitem__(self, key: Any, item: object) -> None:
        held = self._copy()
        held[key] = plain(item)
        self.value = held

    def __delitem__(self, key: Any) -> None:
        held = self._copy()
        del held[key]
        self.value = held

    def _copy(self) -> Any:
        """What it holds, to be changed: the row still has what was there before."""
        return self.empty() if self._value is None else copy(self._value)


class JitDict(Structure):
    """A dictionary; its members are attributes too."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_"):
            held = self._value
            if isinstance(held, Mapping) and name in held:
                return held[name]
        return super().__getattr__(name)

    def __setattr__(self, name: str, value: object) -> None:
        if name in _DECLARED and getattr(self, "parentDt", None) is not None:
            raise AttributeError(f"{name} is what the field {self.name} has itself; for a member say field[{name!r}]")
        if name.startswith("_") or hasattr(type(self), name):
            super().__setattr__(name, value)
        else:
            self[name] = value

    def toDict(self) -> dict[str, Any]:
        """A plain copy."""
        return dict(self._value or {})

    def reset(self) -> None:
        """Empty it."""
        self.value = {}

    def KVCount(self) -> int:
        """How many members it has."""
        return len(self._value or {})


class AnyJson(JitDict):
    """What a JSON column of the application's own class holds: mostly a dictionary."""

    __slots__ = ()
    shapes = (object,)


class JitMap(JitDict):
    """A dictionary whose values are all of one type."""

    __slots__ = ()


class Address(JitDict):
    """An address: province, city, district and what follows."""

    __slots__ = ()


class Position(JitDict):
    """A place on the map."""

    __slots__ = ()


class JitList(Structure):
    """A list."""

    __slots__ = ()
    empty = list
    shapes = (list, tuple, set)

    def append(self, item: object) -> None:
        """Add an item at the end."""
        self.value = [*(self._value or []), plain(item)]

    def reset(self) -> None:
        """Empty it."""
        self.value = []

    def getList(self) -> list[Any]:
        """A plain copy."""
        return list(self._value or [])

    def getFirstValue(self) -> Any:
        """The first item; None if there is none."""
        return self._value[0] if self._value else None

    def getLastValue(self) -> Any:
        """The last item; None if there is none."""
        return self._value[-1] if self._value else None

    def listCount(self) -> int:
        """How many items it has."""
        return len(self._value or [])


class SubTable(JitList):
    """Rows that belong to this one."""

    __slots__ = ()


class MultiRadio(JitList):
    """Some of several options."""

    __slots__ = ()


class MultiDropdown(JitList):
    """Some of several options."""

    __slots__ = ()


class MultiDept(JitList):
    """Ids of departments."""

    __slots__ = ()


class MultiMember(JitList):
    """Ids of persons."""

    __slots__ = ()


class MultiRelateData(JitList):
    """Keys of rows of another model."""

    __slots__ = ()


class File(JitList):
    """Descriptions of stored files."""

    __slots__ = ()


class Image(JitList):
    """Descriptions of stored images."""

    __slots__ = ()
