"""What a flush has really written. Relationships change rows while it runs, and the application's own listeners for
"before_flush" may come after ours; neither could be told beforehand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstanceState, Session
from sqlalchemy.orm.base import NO_VALUE
from sqlalchemy.orm.unitofwork import UOWTransaction

from .beforehand import empty_of_new, values_before
from .change import Change, Operate
from .mapping import Model

#: The model of a class whose changes somebody follows, and the fields that are needed for it.
Followed = tuple[Model, Collection[str]] | None


def flushed(
    session: Session,
    context: UOWTransaction,
    announced: Sequence[Change],
    followed: Callable[[type], Followed],
) -> list[Change]:
    """The changes that the flush has made, renewed: the announced ones that came about, then others, all `late`."""
    known = {id(change.entity): change for change in announced}
    followed = cache(followed)
    made: list[Change] = []
    late: list[Change] = []
    for entity, operate in _written(context):
        change = known.get(id(entity))
        if change is not None and change.operate is operate:
            _renew(change)
            made.append(change)
            continue
        of = followed(type(entity))  # type: ignore[arg-type]  # classes are hashable
        if of is not None and (operate is not Operate.UPDATE or is_edited(session, entity)):
            late.append(_late(session, *of, operate, entity, change))
    order = {id(change): number for number, change in enumerate(announced)}
    return [*sorted(made, key=lambda change: order[id(change)]), *late]


def is_edited(session: Session, entity: object) -> bool:
    """Whether anything of the object's own row has changed; rows that refer to it are another matter."""
    return session.is_modified(entity, include_collections=False)


def _renew(change: Change) -> None:
    """It is late as well if relationships, or listeners that came after ours, have set more than was announced."""
    announced = change.post or {}
    change.renew()
    written = change.post or {}
    names = change.model.given & announced.keys()
    change.late = any(announced[name] != written.get(name) for name in names)


def _written(context: UOWTransaction) -> Iterator[tuple[object, Operate]]:
    for state, (deleted, listed) in context.states.items():
        entity = None if listed else state.obj()
        if entity is not None:
            yield entity, Operate.DELETE if deleted else Operate.ADD if state.key is None else Operate.UPDATE


def _late(
    session: Session, model: Model, needed: Collection[str], operate: Operate, entity: object, announced: Change | None
) -> Change:
    """A change that was announced as another one, or not at all."""
    if announced is not None:
        prev, unloaded = announced.prev, announced.unloaded
    elif operate is Operate.ADD:
        prev, unloaded = None, empty_of_new(model, entity)
    else:
        prev, unloaded = _as_it_was(session, model, entity, needed if operate is Operate.UPDATE else model.primary)
    current = operate is Operate.ADD or (announced is not None and announced.current)
    return Change(model=model, operate=operate, entity=entity, prev=prev, unloaded=unloaded, current=current, late=True)


def _as_it_was(
    session: Session, model: Model, entity: object, needed: Collection[str]
) -> tuple[dict[str, object], dict[str, object]]:
    """`values_before`, asked afterwards: what has overwritten a value that was not loaded is no value of before."""
    ((prev, unloaded),) = values_before(session, model, [entity], needed)
    state: InstanceState[Any] = sa.inspect(entity)
    for name, old in state.committed_state.items():
        if old is NO_VALUE:
            prev.pop(name, None)
    return prev, unloaded
