"""What rows were before a flush: as their session knows it, and what it has not loaded, as the database has it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import InstanceState, Session
from sqlalchemy.orm.base import NO_VALUE

from .mapping import Model
from .unreadable import UNREADABLE

Values = dict[str, object]

_AT_ONCE = 500  # rows read with one statement


def values_before(
    session: Session, model: Model, entities: Sequence[object], needed: Collection[str]
) -> list[tuple[Values, Values]]:
    """For each mapped object that has a row: its values before, and those among them that it has not loaded.

    A session expires what it has committed, and columns may be deferred. The fields that are `needed` are then read, by
    one statement for all objects; what cannot be read stays unknown.
    """
    known = [_loaded(model, entity) for entity in entities]
    missing = {name for values in known for name in needed if name not in values}
    if not missing:
        return [(values, {}) for values in known]
    keys = [_key(model, entity) for entity in entities]
    stored = _stored(session, model, keys, sorted(missing))
    answers = []
    for entity, values, key in zip(entities, known, keys, strict=True):
        found = {**stored.get(model.subject(key), {}), **key}
        here = model.values(entity)
        unloaded = {name: value for name, value in found.items() if name not in here and not _sets_itself(model, name)}
        answers.append(({**found, **values}, unloaded))
    return answers


def empty_of_new(model: Model, entity: object) -> Values:
    """The fields of a new mapped object that nobody has set and nobody will: they are empty."""
    given = model.values(entity)
    return dict.fromkeys(
        name for name, field in model.fields.items() if name not in given and _stays_empty(field.column)
    )


def is_given(column: Any) -> bool:
    """Whether a column that has a value gets another one from programs only."""
    by_itself = column.primary_key or column.computed or column.onupdate or column.server_onupdate
    return not by_itself


def _stays_empty(column: Any) -> bool:
    filled = column.primary_key or column.default or column.server_default or column.computed or column.identity
    return not filled


def _loaded(model: Model, entity: object) -> Values:
    """The values before, as far as the object knows them."""
    state = cast(InstanceState[Any], sa.inspect(entity))
    values = model.values(entity)
    for name, old in state.committed_state.items():
        if name not in model.fields:
            continue
        if old is NO_VALUE:
            values.pop(name, None)
        else:
            values[name] = old
    return values


def _key(model: Model, entity: object) -> Values:
    """The primary key under which the object's row is stored."""
    state = cast(InstanceState[Any], sa.inspect(entity))
    stored = zip(state.mapper.primary_key, state.identity or (), strict=True)
    by_column = {column.name: value for column, value in stored}
    return {name: by_column[model.fields[name].column.name] for name in model.primary}


def _stored(
    session: Session, model: Model, keys: Sequence[Mapping[str, object]], names: Sequence[str]
) -> dict[str, Values]:
    """Fields of rows, by subject; rows that hold what Python cannot are left out."""
    fields = list(dict.fromkeys([*model.primary, *names]))
    columns = [cast("sa.Column[Any]", model.fields[name].column).label(name) for name in fields]
    connection = session.connection(bind_arguments={"mapper": model.entity})
    found: dict[str, Values] = {}

    def read(some: Sequence[Mapping[str, object]]) -> None:
        rows = connection.execute(sa.select(*columns).where(model.where_keys(some))).mappings()
        found.update({model.subject(values): values for values in map(dict, rows)})

    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        try:
            read(some)
        except UNREADABLE:
            for key in some:
                with suppress(*UNREADABLE):
                    read([key])
    return found


def _sets_itself(model: Model, name: str) -> bool:
    """Whether the database gives the field a value of its own at each update."""
    column = cast("sa.Column[Any]", model.fields[name].column)
    return column.onupdate is not None or column.server_onupdate is not None
