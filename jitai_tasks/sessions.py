"""Database sessions inside a running job or an open transaction: they join it instead of ending it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, event
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session, SessionTransaction

from .errors import StoreError
from .store import Database

#: Key of a session's `info` under which stands, once it has flushed rows of models, the call that does what follows.
FOLLOW_UP = "jitai_follow_up"


def is_in_flush(session: Session) -> bool:
    """Whether the session is sending rows to the database at this moment."""
    return session._flushing  # noqa: SLF001 - it is known nowhere else


@contextmanager
def part_of_flush(session: Session) -> Iterator[Session]:
    """A part that can fail alone of what is done while a session flushes. A savepoint of the session's own would undo
    with it what the session is about to write."""
    new = session.new
    with session.connection().begin_nested():
        try:
            yield session
        except BaseException:
            for entity in session.new - new:
                session.expunge(entity)
            raise


class Joined(Session):
    """A session in a transaction that somebody else ends: `commit` flushes, `close` does nothing."""

    def begin(self, nested: bool = False) -> SessionTransaction:
        """A savepoint; the transaction itself is begun already, and its owner ends it."""
        if not nested and self.has_begun():
            raise InvalidRequestError(
                "a transaction is already begun; for a part of it that can fail alone: begin_nested"
            )
        return super().begin(nested=nested)

    def has_begun(self) -> bool:
        """Whether that transaction is under way."""
        return True

    def __init_subclass__(cls) -> None:
        """What the application's own class wants of its subclasses does not concern those made here."""

    def commit(self) -> None:
        """Send what is pending to the database, unless that is under way; the transaction goes on."""
        if not is_in_flush(self):
            self.flush()

    def settle(self) -> None:
        """Send what is pending to the database, and do what follows from it."""
        self.flush()
        follow_up = self.info.get(FOLLOW_UP)
        if follow_up is not None:
            follow_up(self)

    def rollback(self) -> None:
        """Undo back to the innermost savepoint."""
        nested = self.get_nested_transaction()
        if nested is None:
            raise InvalidRequestError(
                "this session is in the transaction of who saves; raise an exception to undo that, or undo a part of it"
                " that was begun with begin_nested"
            )
        nested.rollback()

    def close(self) -> None:
        """Nothing: others still use it."""

    def reset(self) -> None:
        """Nothing, for the same reason."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing, for the same reason."""


@contextmanager
def lent(session: Session) -> Iterator[None]:
    """Within it, whoever gets hold of a session of the application takes part in its transaction and cannot end it."""
    own = type(session)
    session.__class__ = _joined(own)  # type: ignore[arg-type]  # classes are hashable
    try:
        yield
    finally:
        session.__class__ = own


@lru_cache(maxsize=64)  # every sessionmaker has a class of its own
def _joined(own: type[Session]) -> type[Session]:
    return own if issubclass(own, Joined) else type(own.__name__, (Joined, own), {})


class JoinedSession(Joined):
    """A session that takes part in a transaction it does not own: `commit` flushes, `close` does nothing.

    The owner ends it with `commit_really` or `close_really`. A rollback inside a savepoint undoes the savepoint.
    Most are handed out and never used: each is set up when somebody first asks it for anything.
    """

    #: The connection whose transaction its own begins in, if there is one by then.
    joins: Callable[[], Connection | None]
    #: Whether it was ever used, and whether it is in a transaction on this database now.
    begun = holds = False

    @classmethod
    def on(cls, database: Database, *, joins: Callable[[], Connection | None]) -> Self:
        """A fresh one on a database."""
        made = cls.__new__(cls)
        made.__dict__.update(joins=joins, _engine=database.engine)
        return made

    def __getattr__(self, name: str) -> Any:
        """What is missing comes with the set-up."""
        engine = self.__dict__.pop("_engine", None)
        if engine is None:
            raise AttributeError(f"a session has no {name}")
        super().__init__(engine, expire_on_commit=False, join_transaction_mode="control_fully")
        return getattr(self, name)

    @property
    def is_open(self) -> bool:
        """Whether it is in a transaction; to ask sets nothing up."""
        return self.begun and self.in_transaction()

    def has_begun(self) -> bool:
        connection = self.joins()
        return connection is not None and connection.in_transaction()

    def rollback(self) -> None:
        """Undo back to the innermost savepoint, or all there is."""
        if self.get_nested_transaction() is not None:
            super().rollback()
            return
        if not self.in_transaction():
            Session.begin(self)  # what others wrote on the connection is undone, too
        Session.rollback(self)

    def commit_really(self) -> None:
        """Commit; for the owner of the transaction."""
        Session.commit(self)

    def rollback_really(self) -> None:
        """Roll everything back; for the owner of the transaction."""
        Session.rollback(self)

    def close_really(self) -> None:
        """Give the connection back; for the owner of the transaction."""
        if self.begun:
            Session.close(self)


@event.listens_for(JoinedSession, "after_transaction_create")
def _join(session: JoinedSession, transaction: SessionTransaction) -> None:
    if transaction.parent is not None:
        return
    try:
        connection = session.joins()
    except StoreError:
        transaction.close()  # refused, so nothing has begun
        raise
    session.begun = True
    if connection is not None:
        session.connection(bind_arguments={"bind": connection})


@event.listens_for(JoinedSession, "after_begin")
def _note_begin(session: JoinedSession, _transaction: SessionTransaction, connection: Connection) -> None:
    session.holds = session.holds or connection.engine is session.bind


@event.listens_for(JoinedSession, "after_transaction_end")
def _note_end(session: JoinedSession, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.holds = False
