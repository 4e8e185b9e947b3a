"""Reading the rows of a model in the order of a date field, portion by portion, whatever stands in the field."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast

import sqlalchemy as sa

from ..models.q.sql import to_sql
from ..models.unreadable import UNREADABLE, reason_of
from .rules import Rule

_logger = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Portion:
    """Some rows, by primary key as text, with the values of the rule's fields in their order."""

    rows: list[tuple[str, Sequence[Any]]] = field(default_factory=list)
    #: Rows that could not be read, and why.
    bad: list[tuple[str, str]] = field(default_factory=list)
    #: Where the next portion begins; None when this was the last.
    after: sa.ColumnElement[bool] | None = None


class Walk:
    """The rows that pass a rule's filter and whose date is not before `lowest`, with the fields that the rule needs.

    Goes by keyset: each statement begins after the last row of the one before, which an index on the date answers.
    """

    def __init__(self, rule: Rule, lowest: date | datetime | None, size: int) -> None:
        self._rule = rule
        self._model = rule.model
        self._size = size
        self._date = self._column(rule.timer.start_field)
        self._keys = [self._column(name) for name in rule.model.primary]
        self._wanted = to_sql(rule.filter, rule.model.database.dialect)
        #: A second lower bound beside that of the keyset would mislead SQLite to begin at it each time.
        self._first: sa.ColumnElement[bool] = self._date.is_not(None) if lowest is None else self._date >= lowest

    def __iter__(self) -> Iterator[Portion]:
        after: sa.ColumnElement[bool] | None = self._first
        while after is not None:
            try:
                portion = self._all_at_once(after)
            except UNREADABLE:
                portion = self._one_by_one(after)
            yield portion
            after = portion.after

    def _column(self, name: str) -> sa.Column[Any]:
        return cast("sa.Column[Any]", self._model.fields[name].column)

    def _next(self, after: sa.ColumnElement[bool], columns: list[sa.ColumnElement[Any]]) -> list[sa.Row[Any]]:
        wanted = sa.select(*columns).where(self._wanted, after).order_by(self._date, *self._keys).limit(self._size)
        with self._model.database.read() as connection:
            return list(connection.execute(wanted).all())

    def _all_at_once(self, after: sa.ColumnElement[bool]) -> Portion:
        names = self._rule.fields
        found = self._next(after, [self._column(name).label(name) for name in names])
        if len(self._model.primary) == 1:
            portion = Portion(rows=[(str(row[0]), row) for row in found])
        else:
            portion = Portion(rows=[(self._model.subject(dict(zip(names, row, strict=True))), row) for row in found])
        if len(found) == self._size:
            last = dict(zip(names, found[-1], strict=True))
            key = {name: last[name] for name in self._model.primary}
            portion.after = self._beyond(sa.literal(last[self._rule.timer.start_field], self._date.type), key)
        return portion

    def _one_by_one(self, after: sa.ColumnElement[bool]) -> Portion:
        """The same for a portion that holds a value which Python cannot: only that row is left out, and told."""
        names = self._model.primary
        keys = [dict(zip(names, row, strict=True)) for row in self._next(after, list(self._keys))]
        portion = Portion()
        for key in keys:
            self._read_one(key, portion)
        if len(keys) == self._size:
            portion.after = self._beyond(self._date_of(keys[-1]), keys[-1])
        return portion

    def _read_one(self, key: dict[str, object], portion: Portion) -> None:
        names = self._rule.fields
        wanted = sa.select(*[self._column(name) for name in names]).where(self._model.where_key(key))
        subject = self._model.subject(key)
        try:
            with self._model.database.read() as connection:
                row = connection.execute(wanted).first()
        except UNREADABLE as error:
            reason = reason_of(error)
            _logger.error("%s: row %s of %s cannot be read: %s", self._rule.task, subject, self._model.name, reason)
            portion.bad.append((subject, reason))
            return
        if row is not None:
            portion.rows.append((subject, row))

    def _date_of(self, key: dict[str, object]) -> sa.ColumnElement[Any]:
        """The date of a row, looked up by the database, which can hold what Python cannot."""
        other = cast("sa.Table", self._model.table).alias("last_row")
        same = [other.c[column.name] == key[name] for name, column in zip(self._model.primary, self._keys, strict=True)]
        return sa.select(other.c[self._date.name]).where(*same).scalar_subquery()

    def _beyond(self, last: sa.ColumnElement[Any], key: dict[str, object]) -> sa.ColumnElement[bool]:
        values = list(key.values())
        later = self._keys[0] > values[0] if len(values) == 1 else sa.tuple_(*self._keys) > sa.tuple_(*values)
        return sa.and_(self._date >= last, sa.or_(self._date > last, later))
