"""A field of a row: an object with `.value` that also behaves as its value."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any


def _arithmetic(calculate: Callable[[Any, Any], Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """An operation of two values, with the field on the left and on the right."""

    def left(self: Field, other: object) -> Any:
        return calculate(self.value, plain(other))

    def right(self: Field, other: object) -> Any:
        return calculate(plain(other), self.value)

    return left, right


class Field:
    """Holds one value under `.value`; prints, compares, hashes, counts, iterates and calculates as that value does.

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

    __add__, __radd__ = _arithmetic(operator.add)
    __sub__, __rsub__ = _arithmetic(operator.sub)
    __mul__, __rmul__ = _arithmetic(operator.mul)
    __truediv__, __rtruediv__ = _arithmetic(operator.truediv)
    __floordiv__, __rfloordiv__ = _arithmetic(operator.floordiv)
    __mod__, __rmod__ = _arithmetic(operator.mod)

    def __neg__(self) -> Any:
        return -self.value

    def __abs__(self) -> Any:
        return abs(self.value)

    def __round__(self, digits: int | None = None) -> Any:
        return round(self.value, digits)

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
