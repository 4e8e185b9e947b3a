"""Datatypes that hold numbers."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ..kinds import Kind
from .base import Datatype, Ordered


class Numeric(Ordered):
    """A number with `decimal` (0) digits after the point and `maxDigits` (18) in all."""

    __slots__ = ()
    kind = Kind.DECIMAL

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return sa.Numeric(int(self.options.get("maxDigits") or 18), self.scale())

    def scale(self) -> int:
        """Digits after the point."""
        return int(self.options.get("decimal") or 0)


class Money(Numeric):
    """An amount of money, with two digits after the point unless `decimal` says otherwise."""

    __slots__ = ()

    def scale(self) -> int:
        decimals = self.options.get("decimal")
        return 2 if decimals is None else int(decimals)


class Percent(Money):
    """A percentage."""

    __slots__ = ()


class AutoInt(Ordered):
    """A whole number that the database counts up; the usual primary key."""

    __slots__ = ()
    kind = Kind.INTEGER

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class Checkbox(Datatype):
    """1 for checked, 0 for not."""

    __slots__ = ()
    kind = Kind.INTEGER

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return sa.SmallInteger()
