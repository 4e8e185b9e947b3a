"""Changes of rows, as SQLAlchemy's sessions report them; what follows from one happens in the session's transaction.

A change is noticed while its session flushes, whoever saved: a model element, or the application's own code through a
plain `Session` or `AsyncSession`. Followers hear of it twice: before it is written, when they may still alter the row
or refuse by raising; and afterwards, outside of the flush and before the commit. What only the flush has found out is
`late`: they hear of it twice afterwards. Bulk statements go past all this.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.orm.unitofwork import UOWTransaction

from ..sessions import FOLLOW_UP
from .beforehand import empty_of_new, values_before
from .change import Change, Operate
from .flushed import Followed, flushed, is_edited
from .mapping import Model

_PENDING = "jitai_changes"
_QUIET = "jitai_quiet"
_AFTER_COMMIT = "jitai_after_commit"
_ROUNDS = 100


#: The model that a mapped class belongs to, if it belongs to one.
Finder = Callable[[type], Model | None]
#: A context in which code joins the transaction in which a session writes rows of a model.
Inside = Callable[[Session, Model], AbstractContextManager[None]]
#: A change, and the savepoint it was made in.
Untold = tuple[SessionTransaction | None, Change]


class Follower(Protocol):
    """Something that follows from changes of rows."""

    def needs(self, model: Model) -> Collection[str]:
        """The fields of a model whose values it has to know; none if it does not follow the model at all."""

    def before(self, session: Session, change: Change) -> None:
        """The change is about to be written, or is `late`. May set attributes of `change.entity`, or raise."""

    def after(self, session: Session, change: Change) -> None:
        """The change is written and not committed. May use the session; raising undoes the transaction."""

    def commit(self, session: Session, changes: list[Change], *, sure: bool) -> None:
        """The transaction is about to be committed with these changes. Unless `sure`, a savepoint was undone meanwhile,
        and some of them may not have happened: then only what the database holds counts."""


@dataclass(slots=True)
class Pending:
    """What a session's transaction has brought and has not been followed up yet."""

    #: Changes that are about to be written.
    captured: list[Change] = field(default_factory=list)
    #: Changes to tell `after`, each with the savepoint it was made in.
    untold: deque[Untold] = field(default_factory=deque)
    #: Those that wait until all that follows from the one being told has been told, too.
    behind: list[deque[Untold]] = field(default_factory=list)
    uncommitted: list[Change] = field(default_factory=list)
    #: What to do after the commit, each with the savepoint it was asked for in.
    later: list[tuple[SessionTransaction | None, Callable[[], None]]] = field(default_factory=list)
    sure: bool = True
    flushing: bool = False
    tell: Callable[[Session], None] | None = None
    #: Objects that were read and locked in this transaction.
    locked: set[object] = field(default_factory=set)
    #: The savepoint that was released last.
    kept: SessionTransaction | None = None

    def undo(self, savepoint: SessionTransaction) -> None:
        """Forget what was brought since a savepoint."""
        self.sure = False
        for queue in self._queues():
            kept = [item for item in queue if not _within(item[0], savepoint)]
            queue.clear()
            queue.extend(kept)

    def forget(self) -> None:
        """Forget everything: nothing of it has happened."""
        for queue in self._queues():
            queue.clear()

    def _queues(self) -> list[Any]:
        """All that is still to come, each item with its savepoint."""
        return [self.untold, *self.behind, self.later]

    @contextmanager
    def next(self) -> Iterator[Change]:
        """The next change to tell; if that fails it has not been told. What it brings is told before the others are."""
        item = self.untold.popleft()
        self.behind.append(self.untold)
        self.untold = deque()
        try:
            yield item[1]
        except BaseException:
            self.untold.appendleft(item)
            raise
        finally:
            self.untold.extend(self.behind.pop())


class Watch:
    """Listens to every session of the process until it is removed."""

    def __init__(self, find: Finder, followers: Iterable[Follower], inside: Inside) -> None:
        self._find = find
        self._followers = tuple(followers)
        self._inside = inside
        self._listeners: dict[str, Callable[..., None]] = {
            "before_flush": self._before_flush,
            "after_flush": self._after_flush,
            "before_commit": self._before_commit,
            "after_commit": self._after_commit,
            "after_soft_rollback": self._after_rollback,
            "after_transaction_end": self._after_end,
        }

    def install(self) -> None:
        """Begin to listen."""
        for name, listener in self._listeners.items():
            event.listen(Session, name, listener)

    def remove(self) -> None:
        """Stop listening."""
        for name, listener in self._listeners.items():
            event.remove(Session, name, listener)

    def _tell(self, session: Session) -> None:
        pending = pending_of(session)
        while pending.untold:
            with self._inside(session, pending.untold[0][1].model), pending.next() as change:
                if change.late:
                    for follower in self._followers:
                        follower.before(session, change)
                for follower in self._followers:
                    follower.after(session, change)
                session.flush()

    def _before_flush(self, session: Session, _context: object, _instances: object) -> None:
        pending = pending_of(session)
        pending.captured.clear()
        if session.info.get(_QUIET):
            return
        pending.flushing = True
        pending.tell = self._tell
        session.info[FOLLOW_UP] = settle
        seen: set[int] = set()
        for _ in range(_ROUNDS):
            found = list(self._changed(session, seen))
            if not found:
                return
            seen.update(id(entity) for _, _, entity in found)
            with self._inside(session, found[0][1]):
                for change in self._captured(session, found):
                    change.renew()  # those before it may have set something of this row
                    pending.captured.append(change)
                    for follower in self._followers:
                        follower.before(session, change)

    def _changed(self, session: Session, seen: set[int]) -> Iterator[tuple[Operate, Model, object]]:
        for operate, entities in (
            (Operate.ADD, session.new),
            (Operate.UPDATE, session.dirty),
            (Operate.DELETE, session.deleted),
        ):
            for entity in list(entities):
                model = None if id(entity) in seen else self._find(type(entity))
                if model is not None and (operate is not Operate.UPDATE or is_edited(session, entity)):
                    yield operate, model, entity

    def _captured(self, session: Session, found: Sequence[tuple[Operate, Model, object]]) -> list[Change]:
        """The changes that somebody follows, in their order, with what their rows were before."""
        needed = {model: self._needed(model) for model in dict.fromkeys(model for _, model, _ in found)}
        before: dict[int, tuple[dict[str, object], dict[str, object]]] = {}
        for model, names in needed.items():
            there = [entity for operate, of, entity in found if of is model and operate is not Operate.ADD]
            if there and names:
                before |= zip(map(id, there), values_before(session, model, there, names), strict=True)
        changes = []
        for operate, model, entity in found:
            if needed[model]:
                prev, unloaded = before.get(id(entity)) or (None, empty_of_new(model, entity))
                current = operate is Operate.ADD or is_current(session, entity)
                changes.append(
                    Change(model=model, operate=operate, entity=entity, prev=prev, unloaded=unloaded, current=current)
                )
        return changes

    def _needed(self, model: Model) -> set[str]:
        return {name for follower in self._followers for name in follower.needs(model)}

    def _followed(self, cls: type) -> Followed:
        model = self._find(cls)
        names = () if model is None else self._needed(model)
        return (model, names) if model is not None and names else None

    def _after_flush(self, session: Session, context: UOWTransaction) -> None:
        pending = pending_of(session)
        pending.flushing = False
        savepoint = session.get_nested_transaction()
        if not session.info.get(_QUIET):
            for change in flushed(session, context, pending.captured, self._followed):
                pending.untold.append((savepoint, change))
                pending.uncommitted.append(change)
        pending.captured.clear()

    def _before_commit(self, session: Session) -> None:
        if _PENDING not in session.info and not (session.new or session.dirty or session.deleted):
            return
        settle(session)
        if session.in_nested_transaction():
            return
        pending = cast(Pending, session.info.pop(_PENDING, None) or Pending())
        if pending.uncommitted:
            for follower in self._followers:
                follower.commit(session, pending.uncommitted, sure=pending.sure)
        for _, call in pending.later:
            after_commit(session, call)

    def _after_commit(self, session: Session) -> None:
        if (pending := session.info.get(_PENDING)) is not None:
            pending.kept = session.get_nested_transaction()
        for call in cast("list[Callable[[], None]]", session.info.pop(_AFTER_COMMIT, ())):
            call()

    def _after_rollback(self, session: Session, previous: SessionTransaction) -> None:
        session.info.pop(_AFTER_COMMIT, None)
        pending = cast("Pending | None", session.info.get(_PENDING))
        if pending is None:
            return
        pending.flushing = False
        pending.captured.clear()
        if previous.parent is None:
            session.info.pop(_PENDING).forget()
        else:
            pending.undo(previous)

    def _after_end(self, session: Session, ended: SessionTransaction) -> None:
        """A session, or a savepoint, that is closed without a word is rolled back; no other event tells of that."""
        if ended.parent is None:
            session.info.pop(_PENDING, None)
            session.info.pop(_AFTER_COMMIT, None)
        elif ended.nested and (pending := session.info.get(_PENDING)) is not None and pending.kept is not ended:
            pending.undo(ended)


def pending_of(session: Session) -> Pending:
    """What the session's transaction has brought so far."""
    return cast(Pending, session.info.setdefault(_PENDING, Pending()))


def settle(session: Session) -> None:
    """Flush, then run what follows from the changes so far, and from what that changes; nothing during a flush."""
    pending = pending_of(session)
    if is_flushing(session):
        return
    session.flush()
    if pending.untold and pending.tell is not None:
        pending.tell(session)


def after_commit(session: Session, call: Callable[[], None]) -> None:
    """For followers that hear of a commit: do this once it has succeeded, and forget it if it fails."""
    session.info.setdefault(_AFTER_COMMIT, []).append(call)


def once_committed(session: Session, call: Callable[[], None]) -> None:
    """Do this once the transaction has committed; forget it if that, or the savepoint that it is in, is undone."""
    pending_of(session).later.append((session.get_nested_transaction(), call))


def note_locked(session: Session, entity: object) -> None:
    """The object holds what the database holds, and will until the transaction ends."""
    pending_of(session).locked.add(sa.inspect(entity))


def is_current(session: Session, entity: object) -> bool:
    """Whether that was noted of an object."""
    return sa.inspect(entity) in pending_of(session).locked


def is_flushing(session: Session) -> bool:
    """Whether a flush is under way, so that another cannot begin."""
    pending = cast("Pending | None", session.info.get(_PENDING))
    return pending is not None and pending.flushing and session._flushing  # noqa: SLF001 - some end without an event


@contextmanager
def quiet(session: Session, on: bool = True) -> Iterator[None]:
    """Within it, nothing follows from what the session flushes (JitAi's `triggerEvent=0`)."""
    before = session.info.get(_QUIET, False)
    session.info[_QUIET] = before or on
    try:
        yield
    finally:
        session.info[_QUIET] = before


def _within(savepoint: SessionTransaction | None, outer: SessionTransaction) -> bool:
    while savepoint is not None:
        if savepoint is outer:
            return True
        savepoint = savepoint.parent
    return False
