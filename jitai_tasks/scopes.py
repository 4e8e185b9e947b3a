"""Which transaction the code that runs here and now is in, and what jobs it has created."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, cast

from .errors import StoreError

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.orm import Session

    from .element import Element
    from .sessions import JoinedSession
    from .store import Database
    from .store.records import Job, NewJob

#: Key of a session's `info` under which the running job stands that it belongs to.
WRITER = "jitai_job"


class Scope:
    """One transaction on the app's database, opened when it is first needed; whoever runs inside joins it.

    Jobs are written on a connection. A session is more than they need; it joins that connection once it is used.
    """

    def __init__(self, database: Callable[[], Database]) -> None:
        self._database = database
        self._session: JoinedSession | None = None
        self._connection: sa.Connection | None = None
        #: Whether runs were ended in it: it holds locks on the state of their tasks.
        self.steers = False
        #: How many independent transactions are open inside it. Each may be the one writer of SQLite: meanwhile it must
        #: not begin.
        self.stands_by = 0

    @property
    def database(self) -> Database:
        """The database it is on."""
        return self._database()

    @property
    def session(self) -> JoinedSession:
        """Its session; the first access makes it."""
        if self._session is None:
            from .sessions import JoinedSession  # noqa: PLC0415  # start-up cost: SQLAlchemy

            self._session = JoinedSession.on(self.database, joins=self._joined)
        return self._session

    def _joined(self) -> sa.Connection | None:
        """What its session begins in."""
        self._refuse_to_begin()
        return self._connection

    def _refuse_to_begin(self) -> None:
        if self.stands_by:
            raise StoreError(
                "this session belongs to the transaction around, and SQLite has one writer at a time: the independent "
                "transaction inside it; end that first, or use its own session"
            )

    @property
    def connection(self) -> sa.Connection:
        """Its connection, in the transaction."""
        if self._session is not None and self._session.is_open:
            return self._session.connection()
        if self._connection is None:
            self._connection = self.database.engine.connect()
        if not self._connection.in_transaction():
            self._refuse_to_begin()
            self._connection.begin()
        return self._connection

    @property
    def used(self) -> bool:
        """True once somebody asked for the session."""
        return self._session is not None

    @property
    def begun(self) -> bool:
        """Whether it holds a transaction of the database by now."""
        by_session = self._session is not None and self._session.holds
        return by_session or (self._connection is not None and self._connection.in_transaction())

    @property
    def has_open_session(self) -> bool:
        """Whether its session was used: it may hold what is still to be written."""
        return self._session is not None and self._session.is_open

    @property
    def needs_savepoint(self) -> bool:
        """Whether a part of it that fails alone has to leave something standing."""
        return True

    def add(self, jobs: Sequence[NewJob]) -> None:
        """Create jobs that exist exactly if this transaction commits."""
        from .store import jobs as stored  # noqa: PLC0415  # start-up cost: SQLAlchemy

        stored.create(self.connection, jobs)

    def mark(self) -> int:
        """Where the list of what would follow stands now, for `forget_since`."""
        return 0

    def forget_since(self, mark: int) -> None:
        """Drop what was added after the mark: its savepoint was rolled back."""

    def commit(self) -> None:
        """Commit, if there is anything to commit."""
        if self._session is not None and self._session.is_open:
            self._session.commit_really()
        elif self._connection is not None:
            self._connection.commit()

    def rollback(self) -> None:
        """Roll back, if there is anything to roll back."""
        if self._session is not None:
            self._session.rollback_really()
        if self._connection is not None:
            self._connection.rollback()

    def close(self) -> None:
        """Give the connection back. The scope can be used again."""
        if self._session is not None:
            self._session.close_really()
            self._session = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self.steers = False


class JobScope(Scope):
    """The transaction of a running job. It ends with the job's finish: success commits both, anything else neither."""

    def __init__(self, job: Job, database: Callable[[], Database]) -> None:
        super().__init__(database)
        self.job = job
        #: Jobs the function created; the finish inserts them if the job succeeds.
        self.outbox: list[NewJob] = []
        #: The next planned run, set by `BaseTask.afterReturn`.
        self.successor: NewJob | None = None
        #: The elements it obtained, by name.
        self.touched: dict[str, Element] = {}

    @property
    def session(self) -> JoinedSession:
        """Its session; whoever listens to it can tell which job writes."""
        session = super().session
        session.info[WRITER] = self.job
        return session

    @property
    def needs_savepoint(self) -> bool:
        """False until something was read or written; whatever breaks after that is refused when the job is finished."""
        return self.used and self.session.is_open

    def add(self, jobs: Sequence[NewJob]) -> None:
        """Create jobs that exist exactly if this job succeeds."""
        self.outbox += jobs

    def mark(self) -> int:
        return len(self.outbox)

    def forget_since(self, mark: int) -> None:
        del self.outbox[mark:]


class LentScope(Scope):
    """The transaction of a session that the application has made itself, for code that follows from what it saves."""

    def __init__(self, session: Session, held: Session | sa.Connection, database: Callable[[], Database]) -> None:
        super().__init__(database)
        self._lent = session
        #: The session, or its connection, whichever is on the app's database.
        self._held = held

    @property
    def session(self) -> Session:  # type: ignore[override]  # it behaves as a joined one while it is lent
        """That session, which nobody inside can end."""
        return self._lent

    @property
    def connection(self) -> sa.Connection:
        """Its connection, which may be one of an engine of the application."""
        return self._lent.connection() if self._held is self._lent else cast("sa.Connection", self._held)

    @property
    def used(self) -> bool:
        """True: something is being saved with it."""
        return True

    begun = has_open_session = used

    def add(self, jobs: Sequence[NewJob]) -> None:
        from .store import jobs as stored  # noqa: PLC0415  # start-up cost: SQLAlchemy

        stored.create_within(self._held, jobs, database=self.database)


#: The transaction that code running here joins; None outside of all.
current_scope: ContextVar[Scope | None] = ContextVar("jitai_tasks_scope", default=None)

# A forked child is in no transaction: the one it was forked in belongs to its parent.
os.register_at_fork(after_in_child=partial(current_scope.set, None))


def current_job_scope() -> JobScope | None:
    """The scope of the running job, if the code runs in one and in no independent transaction inside it."""
    scope = current_scope.get()
    return scope if isinstance(scope, JobScope) else None


@contextmanager
def entered(scope: Scope) -> Iterator[Scope]:
    """Within it, `scope` is the transaction that others join; ending it is left to the caller."""
    token = current_scope.set(scope)
    try:
        yield scope
    finally:
        current_scope.reset(token)


@contextmanager
def following(session: Session, held: Session | sa.Connection, database: Callable[[], Database]) -> Iterator[None]:
    """Within it, code joins the transaction of a session that saves, whoever made the session. `held`: the session, or
    its connection, whichever is on the app's database."""
    around = current_scope.get()
    if around is not None and around.used and around.session is session:
        yield
        return
    from .sessions import lent  # noqa: PLC0415  # start-up cost: SQLAlchemy

    with lent(session), entered(LentScope(session, held, database)):
        yield


@contextmanager
def owned(scope: Scope) -> Iterator[Scope]:
    """Within it, `scope` is the transaction that others join; committed at the end, rolled back by an exception."""
    token = current_scope.set(scope)
    try:
        yield scope
        scope.commit()
    except BaseException:
        scope.rollback()
        raise
    finally:
        scope.close()
        current_scope.reset(token)


@contextmanager
def beside(around: Scope, scope: Scope) -> Iterator[Scope]:
    """`owned`, while the transaction around it must not begin."""
    around.stands_by += 1  # a count, for coroutines may end in another order than they began
    try:
        with owned(scope):
            yield scope
    finally:
        around.stands_by -= 1


@contextmanager
def savepoint(scope: Scope) -> Iterator[Scope]:
    """A part of a transaction that can fail alone: an exception undoes its writes and the jobs it created."""
    mark = scope.mark()
    try:
        with _part(scope):
            yield scope
    except BaseException:
        scope.forget_since(mark)
        raise


def _part(scope: Scope) -> AbstractContextManager[object]:
    if not scope.needs_savepoint:
        return _first_part(scope)
    from .sessions import is_in_flush, part_of_flush  # noqa: PLC0415  # start-up cost: SQLAlchemy

    return part_of_flush(scope.session) if is_in_flush(scope.session) else scope.session.begin_nested()


@contextmanager
def _first_part(scope: Scope) -> Iterator[None]:
    """Nothing lies before it: to undo it is to undo all there is, and that saves a savepoint's two statements."""
    try:
        yield
        scope.session.settle()
    except BaseException:
        scope.rollback()
        raise
