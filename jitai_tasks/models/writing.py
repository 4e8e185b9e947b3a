"""Writing rows of a model, through SQLAlchemy's session; what follows from a change is told right after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..errors import ModelError
from .changes import is_flushing, note_locked, once_committed, quiet, settle
from .datatypes import Datatype
from .fields import plain
from .fitting import fitting, new_entity, to_write
from .mapping import Model
from .reading import WRITTEN, naming, where
from .rows import RowData, row_in, snapshot
from .tables import ensure

if TYPE_CHECKING:
    from .normal import NormalModel

Row = TypeVar("Row", bound="NormalModel")


@contextmanager
def session_for(model: Model) -> Iterator[Session]:
    """The session that writes: of the transaction around, or of one of its own that commits at the end."""
    if model.changed_by:
        raise ModelError(model.name, f"its rows are records of the framework, to be read only; {model.changed_by}")
    with model.app.transaction() as session:
        if model.table in model.unsure:
            ensure(model.database, cast(sa.Table, model.table), model.unsure)
        if model.database is not model.app.database:
            session.bind_mapper(model.entity, model.database.engine)
            session.info.setdefault(WRITTEN, set()).add(model.database)
        yield session


def save(row: NormalModel, *, trigger: bool, insert: bool = False) -> None:
    """Insert a row, or update what was assigned to it, then run what follows."""
    since = row.before()
    try:
        written = _save(row, since, trigger=trigger, insert=insert)
    except BaseException:
        object.__setattr__(row, "_original_data", since)
        raise
    object.__setattr__(row, "_original_data", written)


def _save(row: NormalModel, since: Mapping[str, object], *, trigger: bool, insert: bool) -> dict[str, object]:
    """Answers what the row holds in the database now."""
    model = row.model()
    with session_for(model) as session, quiet(session, not trigger):
        entity = None if insert else _unwritten(session, row) or _stored(session, model, row)
        object.__setattr__(row, "_original_data", {} if entity is None else model.values(entity))
        if trigger:
            _lifecycle(row, "beforeSave")
        wanted = row.toDict() if entity is None else assigned(row, since)
        values = to_write(model, wanted, new=entity is None)
        if entity is None:
            entity = new_entity(model, values)
            session.add(entity)
            object.__setattr__(row, "_entity", entity)
        else:
            for name, value in values.items():
                setattr(entity, name, value)
        _flush(session, model)
        _take(row, model, entity)
        written = snapshot(row.toDict())
        row._assigned.update(values)
        # until the commit it counts as still to be written, for the commit may fail
        once_committed(session, partial(row._assigned.difference_update, values))
        if trigger:
            settle(session)
            _lifecycle(row, "afterSave")
    return written


def assigned(row: NormalModel, since: Mapping[str, object]) -> dict[str, object]:
    """What is to be written of a row whose values were `since`: what was assigned, or changed inside of a value.

    All of it, if its key is another one than it was.
    """
    values = row.toDict()
    if any(since.get(name) != values.get(name) for name in row.model().primary):
        return values
    return {
        name: value
        for name, value in values.items()
        if name in row._assigned or name not in since or since[name] != value
    }


def delete(row: NormalModel, *, trigger: bool) -> bool:
    """Delete a row, then run what follows; False if it is gone already."""
    model = row.model()
    with session_for(model) as session, quiet(session, not trigger):
        entity = _stored(session, model, row)
        if entity is None:
            return False
        object.__setattr__(row, "_original_data", model.values(entity))
        if trigger:
            _lifecycle(row, "beforeDelete")
        session.delete(entity)
        _flush(session, model)
        if trigger:
            settle(session)
            _lifecycle(row, "afterDelete")
    return True


def locked(model: Model, key: Mapping[str, object]) -> dict[str, object] | None:
    """The values of the row with this key, held until the transaction ends; None if it is gone."""
    with session_for(model) as session:
        entity = _find(session, model, key)
        return None if entity is None else model.values(entity)


def save_many(rows: type[Row], given: object, *, trigger: bool) -> list[Row]:
    """Save several rows in one transaction."""
    if not isinstance(given, Iterable) or isinstance(given, str | Mapping | RowData):
        raise ModelError(rows.model().name, f"rows are given as a list of them, not as {type(given).__name__}")
    with rows.model().app.transaction():
        found = [row_in(item) for item in given]
        made = [item if isinstance(item, rows) else rows(plain_values(item)) for item in found]
        for row in made:
            save(row, trigger=trigger)
    return made


def update_keys(model: Model, keys: Any, values: Any, *, trigger: bool) -> int:
    """Change the rows with these keys, one by one."""
    with model.app.transaction():
        found = _by_keys(model, keys)
        for row in found:
            row.update(without_key(model, row.pkData, values))
            save(row, trigger=trigger)
    return len(found)


def delete_keys(model: Model, keys: Any, *, trigger: bool) -> int:
    """Delete the rows with these keys, one by one."""
    with model.app.transaction():
        return sum(delete(row, trigger=trigger) for row in _by_keys(model, keys))


def update_where(model: Model, filter_: object, values: Any) -> int:
    """One UPDATE statement."""
    if not plain_values(values):
        raise ModelError(model.name, "there is nothing to change: updateData is empty")
    held = {model.field(name).column: fitting(model, name, value) for name, value in plain_values(values).items()}
    with session_for(model) as session:
        statement = sa.update(cast(sa.Table, model.table)).where(where(model, filter_)).values(held)
        return _changed(session, model, statement)


def delete_where(model: Model, filter_: object) -> int:
    """One DELETE statement."""
    with session_for(model) as session:
        return _changed(session, model, sa.delete(cast(sa.Table, model.table)).where(where(model, filter_)))


def plain_values(given: Any) -> dict[str, Any]:
    """The plain values of a row or a dictionary; {} for None."""
    held = row_in(given)
    values = held.toDict() if isinstance(held, RowData) else {} if held is None else held
    if not isinstance(values, Mapping):
        raise ModelError("row", f"a row is given as a row or a dictionary, not as {type(given).__name__}")
    return {str(name): plain(value) for name, value in values.items()}


def without_key(model: Model, key: Mapping[str, object], given: Any) -> dict[str, Any]:
    """The values to change in the row with this key. ModelError if its key is to be changed as well."""
    values = plain_values(given)
    for name in model.primary:
        if name in values and model.held(name, values.pop(name)) != model.held(name, key[name]):
            raise ModelError(model.name, f"the key {name} of a row cannot be changed; create another row, delete this")
    return values


def _changed(session: Session, model: Model, statement: sa.Update | sa.Delete) -> int:
    _flush(session, model)
    with _refusals(model):
        result = session.connection(bind_arguments={"mapper": model.entity}).execute(statement)
    session.expire_all()  # what it read before may have changed
    return result.rowcount


def _by_keys(model: Model, keys: Any) -> list[NormalModel]:
    listed = keys if isinstance(keys, list | tuple | set) else [keys]
    found = []
    for key in listed:
        values = plain_values(key) if isinstance(key, Mapping | RowData) else {model.primary[0]: plain(key)}
        with session_for(model) as session:
            entity = _find(session, model, values)
        if entity is not None:
            found.append(model.row(model.values(entity)))
    return found


def _unwritten(session: Session, row: NormalModel) -> object | None:
    """The new object of a row that was created during a flush, which has not written it yet."""
    return row._entity if row._entity is not None and row._entity in session.new else None


def _stored(session: Session, model: Model, row: NormalModel) -> object | None:
    return _find(session, model, row.pkData)


def _find(session: Session, model: Model, key: Mapping[str, object]) -> object | None:
    """The row with this key as it is in the database now, locked; None if there is none."""
    held = [model.held(name, key.get(name)) for name in model.primary]
    if None in held:
        return None
    if not is_flushing(session):
        session.flush()
    identity = held[0] if len(held) == 1 else tuple(held)
    with naming(model, key):
        found = cast("object | None", session.get(model.entity, identity, populate_existing=True, with_for_update=True))
    if found is not None:
        note_locked(session, found)
    return found


def _flush(session: Session, model: Model) -> None:
    if not is_flushing(session):
        with _refusals(model):
            session.flush()


@contextmanager
def _refusals(model: Model) -> Iterator[None]:
    """Within it, a value that the database does not take is a ModelError."""
    try:
        yield
    except sa.exc.StatementError as error:
        if isinstance(error, sa.exc.DBAPIError) and not isinstance(error, sa.exc.DataError):
            raise
        raise ModelError(model.name, str(error.orig)) from error


def _take(row: NormalModel, model: Model, entity: object) -> None:
    """Let the row hold what was written, keys and defaults made by the database included."""
    for name, value in model.values(entity).items():
        held = row._fields.get(name)
        if isinstance(held, Datatype):
            held.take(value)  # who got the field before sees what was written
        else:
            row._fields[name] = value


def _lifecycle(row: NormalModel, verb: str) -> None:
    function = getattr(type(row), verb, None)
    if function is not None:
        function(row, **({"triggerEvent": 1} if _takes_trigger(function) else {}))


def _takes_trigger(function: Any) -> bool:
    code = function.__code__
    return "triggerEvent" in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
