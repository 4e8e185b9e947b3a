"""Datatypes that hold text."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import LONGTEXT

from ..fields import plain
from .base import Datatype


class Stext(Datatype):
    """A short text of at most `maxLen` (255) characters."""

    __slots__ = ()

    def max_length(self) -> int | None:
        return int(self.options.get("maxLen") or 255)

    def cnin(self, part: object) -> bool:
        """Whether the text contains `part`."""
        return str(plain(part)) in str(self)

    def ncnin(self, part: object) -> bool:
        """Whether the text does not contain `part`."""
        return not self.cnin(part)

    def sw(self, start: object) -> bool:
        """Whether the text starts with `start`."""
        return str(self).startswith(str(plain(start)))

    def ew(self, end: object) -> bool:
        """Whether the text ends with `end`."""
        return str(self).endswith(str(plain(end)))

    def append(self, text: object) -> None:
        """Add text at the end."""
        self.value = str(self) + str(plain(text))

    def remove(self, text: object) -> None:
        """Take every occurrence of `text` out."""
        self.value = str(self).replace(str(plain(text)), "")


class Ltext(Stext):
    """A long text, without limit unless `maxLen` sets one."""

    __slots__ = ()

    def max_length(self) -> int | None:
        limit = self.options.get("maxLen")
        return int(limit) if limit else None

    def column_type(self) -> sa.types.TypeEngine[str]:
        return sa.Text().with_variant(LONGTEXT(), "mysql", "mariadb")


class RichText(Ltext):
    """Text with markup."""

    __slots__ = ()


class Signature(Ltext):
    """A drawn signature, as a data URL."""

    __slots__ = ()


class QFilter(Ltext):
    """The text of a filter."""

    __slots__ = ()


class Serial(Stext):
    """A serial number."""

    __slots__ = ()


class Radio(Stext):
    """One of several options."""

    __slots__ = ()


class Dropdown(Stext):
    """One of several options."""

    __slots__ = ()


class Dept(Stext):
    """The id of a department."""

    __slots__ = ()


class Member(Stext):
    """The id of a person."""

    __slots__ = ()


class Identify(Stext):
    """The number of an identity card."""

    __slots__ = ()


class LicensePlate(Stext):
    """A licence plate."""

    __slots__ = ()


class Phone(Stext):
    """A telephone number."""

    __slots__ = ()


class Link(Stext):
    """A web address."""

    __slots__ = ()


class RelateData(Stext):
    """The key of a row of another model."""

    __slots__ = ()
