"""Reading rows of a model: selects on the model's table, in the transaction around if there is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from ..errors import ModelError
from ..scopes import Scope, current_scope
from .changes import is_flushing
from .fields import plain
from .kinds import Kind
from .mapping import Model
from .q.memory import holds
from .q.sql import to_sql
from .rowlist import RowList
from .rows import JitDict
from .tables import ensure
from .unreadable import UNREADABLE, reason_of

if TYPE_CHECKING:
    from .normal import NormalModel

#: Rows among which one that cannot be read is looked for.
_LOOKED_AT = 1000
#: Key of a session's `info`: the databases beside the app's own that its transaction writes to.
WRITTEN = "jitai_written"


@contextmanager
def naming(model: Model, key: Mapping[str, object]) -> Iterator[None]:
    """Within it one row is read; ModelError names it if it holds what Python cannot."""
    try:
        yield
    except UNREADABLE as error:
        raise ModelError(model.name, f"row {model.subject(key)} cannot be read: {reason_of(error)}") from error


@contextmanager
def naming_one_of(model: Model, reading: sa.Connection, wanted: sa.Select[Any]) -> Iterator[None]:
    """The same where many rows are read: the first of them that cannot be is looked for."""
    try:
        yield
    except UNREADABLE as error:
        keys = wanted.with_only_columns(*[column(model, name).label(name) for name in model.primary]).limit(_LOOKED_AT)
        for key in [dict(row) for row in reading.execute(keys).mappings()]:
            with naming(model, key):
                reading.execute(sa.select(*columns(model)).where(model.where_key(key))).all()
        raise ModelError(model.name, f"a row cannot be read: {reason_of(error)}") from error


@contextmanager
def naming_field(model: Model, names: Sequence[str]) -> Iterator[None]:
    """The same where values of fields are read, of no row in particular."""
    try:
        yield
    except UNREADABLE as error:
        raise ModelError(model.name, f"{', '.join(names)}: a value cannot be read: {reason_of(error)}") from error


@contextmanager
def connection(model: Model) -> Iterator[sa.Connection]:
    """Where the model's rows are read: the transaction around, what it has not written yet included; or a snapshot."""
    if model.table in model.unsure:
        ensure(model.database, cast(sa.Table, model.table), model.unsure)
    scope = current_scope.get()
    if scope is None or not scope.used or not _takes_part(scope, model):
        with model.database.read() as reading:
            yield reading
        return
    if not is_flushing(scope.session):
        scope.session.flush()
    yield scope.session.connection(bind_arguments={"mapper": model.entity})


def _takes_part(scope: Scope, model: Model) -> bool:
    """Whether the transaction is on the model's database: the app's own, or another that it has written to."""
    return model.database is scope.database or model.database in scope.session.info.get(WRITTEN, ())


def rows(
    model: Model, filter_: object, *, order: object = None, limit: int | None = None, offset: int = 0
) -> list[NormalModel]:
    """The rows that pass a filter."""
    wanted = _ordered(model, sa.select(*columns(model)).where(where(model, filter_)), order)
    with connection(model) as reading, naming_one_of(model, reading, wanted):
        found = reading.execute(wanted.limit(limit).offset(offset or None)).mappings()
        return [model.row(dict(row)) for row in found]


def by_key(model: Model, key: Mapping[str, object]) -> dict[str, object] | None:
    """The values of the row with this key; None if there is none. ModelError if they cannot be read."""
    held = {name: model.held(name, key[name]) for name in model.primary}
    with connection(model) as reading, naming(model, held):
        found = reading.execute(sa.select(*columns(model)).where(model.where_key(held))).mappings().first()
    return None if found is None else dict(found)


def page(
    model: Model,
    filter_: object,
    *,
    fields: Sequence[str] | None = None,
    order: object = None,
    page: int | None = None,
    size: int | None = None,
) -> JitDict:
    """A page of rows and how many there are in all."""
    condition = where(model, filter_)
    if not all(number is None or isinstance(number, int) for number in (page, size)):
        raise ModelError(model.name, f"page and size are whole numbers, not {page!r} and {size!r}")
    limit = None if size is None or size < 0 else size
    offset = (max(page or 1, 1) - 1) * limit if limit else 0
    wanted = _ordered(model, sa.select(*columns(model, fields)).where(condition), order)
    with connection(model) as reading, naming_one_of(model, reading, wanted):
        found = [model.row(dict(row)) for row in reading.execute(wanted.limit(limit).offset(offset or None)).mappings()]
        total = len(found) if limit is None else _count(reading, model, condition)
    return JitDict(rowDatas=RowList(found, model.rows), totalCount=total)


def where(model: Model, filter_: object) -> sa.ColumnElement[bool]:
    """A filter as the WHERE clause of the model's database."""
    return to_sql(model.checked(filter_), model.database.dialect)


def columns(model: Model, fields: Sequence[str] | None = None) -> list[sa.ColumnElement[Any]]:
    """The columns of all fields, or of some and the key, labelled by field."""
    names = list(model.fields) if not fields else list(dict.fromkeys([*model.primary, *fields]))
    return [cast("sa.Column[Any]", model.field(name).column).label(name) for name in names]


def fields_and_order(first: Any, second: Any) -> tuple[list[str] | None, Any]:
    """JitAi's examples pass the list of fields and the order in either place; their shapes tell them apart."""
    if _is_order(first) or (second and not first and all(isinstance(item, str) for item in second)):
        first, second = second, first
    return first or None, second


def _is_order(given: Any) -> bool:
    return bool(given) and all(isinstance(item, list | tuple) for item in given)


def passes(model: Model, filter_: object, values: Mapping[str, object]) -> bool:
    """Whether a row with these values passes a filter in memory."""
    return holds(model.checked(filter_), lambda name: plain(values.get(name)))


def _count(reading: sa.Connection, model: Model, condition: sa.ColumnElement[bool]) -> int:
    return int(reading.execute(sa.select(sa.func.count()).select_from(model.table).where(condition)).scalar() or 0)


def _ordered(model: Model, wanted: sa.Select[Any], order: object) -> sa.Select[Any]:
    for item in cast("Sequence[Any]", order or ()):
        name, direction = (item, 1) if isinstance(item, str) else (item[0], item[1] if len(item) > 1 else 1)
        if direction not in (1, -1):
            raise ModelError(model.name, f"an order is 1 (up) or -1 (down), not {direction!r}")
        by = sortable(model, str(name))
        wanted = wanted.order_by(by if direction == 1 else by.desc())
    return wanted.order_by(*[column(model, name) for name in model.primary])


def column(model: Model, name: str) -> sa.Column[Any]:
    """The column of a field; ModelError if there is no such field."""
    return cast("sa.Column[Any]", model.field(name).column)


def sortable(model: Model, name: str) -> sa.Column[Any]:
    """The column of a field to order or to group by; ModelError if what it holds has no order."""
    if model.field(name).kind is Kind.JSON:
        raise ModelError(model.name, f"{name} holds JSON, which has no order: nothing is ordered or grouped by it")
    return column(model, name)
