"""A field of a row: an object with `.value` that also behaves as its value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class Field:
    """Holds one value under `.value`; prints, compares, hashes, counts and iterates as that value does.

    So both styles of the documentation work: `row.name.value` and `f"{row.name}"`, `row.status == "paid"`.
    Public attributes that a Field does not have are those of its value: `row.name.upper()`.
    """

    __slots__ = ("value",)

    def __init__(self, value: object = None) -> None:
        self.value: Any = plain(value)

    def __plain__(self) -> object:
        return self.value

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value!r})"

    def __str__(self) -> str:
        return "" if self.value is None else str(self.value)

    def __format__(self, spec: str) -> str:
        return format(self.value, spec) if spec else str(self)

    def __hash__(self) -> int:
        return hash(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __eq__(self, other: object) -> bool:
        return bool(self.value == plain(other))

    def __lt__(self, other: object) -> bool:
        return bool(self.value < plain(other))

    def __le__(self, other: object) -> bool:
        return bool(self.value <= plain(other))

    def __gt__(self, other: object) -> bool:
        return bool(self.value > plain(other))

    def __ge__(self, other: object) -> bool:
        return bool(self.value >= plain(other))

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[object]:
        return iter(self.value)

    def __contains__(self, item: object) -> bool:
        return plain(item) in self.value

    def __getitem__(self, key: object) -> object:
        return self.value[key]

    def __int__(self) -> int:
        return int(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __getattr__(self, name: str) -> object:
        if name.startswith("_") or name == "value":
            raise AttributeError(name)
        return getattr(self.value, name)


def plain(value: object) -> object:
    """The value inside a Field; anything else as it is."""
    return value.value if isinstance(value, Field) else value
