"""Which transaction the code that runs here and now is in, and what jobs it has created."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from .errors import StoreError

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.orm import Session

    from .app import App
    from .element import Element
    from .sessions import JoinedSession
    from .store import Database
    from .store.records import Job, NewJob

P = ParamSpec("P")
R = TypeVar("R")


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

    @property
    def database(self) -> Database:
        """The database it is on."""
        return self._database()

    @property
    def session(self) -> JoinedSession:
        """Its session; the first access makes it."""
        if self._session is None:
            from .sessions import JoinedSession  # noqa: PLC0415  # start-up cost: SQLAlchemy

            self._session = JoinedSession.on(self.database, joins=lambda: self._connection)
        return self._session

    @property
    def connection(self) -> sa.Connection:
        """Its connection, in the transaction."""
        if self._session is not None and self._session.in_transaction():
            return self._session.connection()
        if self._connection is None:
            self._connection = self.database.engine.connect()
        if not self._connection.in_transaction():
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
        if self._session is not None and self._session.in_transaction():
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
        return self.used and self.session.in_transaction()

    def add(self, jobs: Sequence[NewJob]) -> None:
        """Create jobs that exist exactly if this job succeeds."""
        self.outbox += jobs

    def mark(self) -> int:
        return len(self.outbox)

    def forget_since(self, mark: int) -> None:
        del self.outbox[mark:]


#: The transaction that code running here joins; None outside of all.
current_scope: ContextVar[Scope | None] = ContextVar("jitai_tasks_scope", default=None)


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
def owned(scope: Scope) -> Iterator[Scope]:
    """Within it, `scope` is the transaction that others join; committed at the end, rolled back by an exception."""
    with entered(scope):
        try:
            yield scope
            scope.commit()
        except BaseException:
            scope.rollback()
            raise
        finally:
            scope.close()


@contextmanager
def savepoint(scope: Scope) -> Iterator[Scope]:
    """A part of a transaction that can fail alone: an exception undoes its writes and the jobs it created."""
    mark = scope.mark()
    try:
        with scope.session.begin_nested() if scope.needs_savepoint else _first_part(scope):
            yield scope
    except BaseException:
        scope.forget_since(mark)
        raise


@contextmanager
def _first_part(scope: Scope) -> Iterator[None]:
    """Nothing lies before it: to undo it is to undo all there is, and that saves a savepoint's two statements."""
    try:
        yield
        scope.session.settle()
    except BaseException:
        scope.rollback()
        raise


@dataclass(slots=True)
class Transaction:
    """`with app.transaction() as session:` or `@app.transaction()`; an independent one joins nothing around it."""

    app: App
    independent: bool = False
    _open: list[Any] = field(default_factory=list)

    def __enter__(self) -> Session:
        around = current_scope.get()
        if around is None or self.independent:
            _refuse_second_writer(self.app, around is not None and around.used)
            held = owned(Scope(lambda: self.app.database))
        else:
            held = savepoint(around)
        scope: Scope = held.__enter__()
        self._open.append(held)
        return scope.session

    def __exit__(self, *error: Any) -> bool | None:
        held = self._open.pop()
        answer: bool | None = held.__exit__(*error)
        return answer

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """As a decorator: each call runs in a transaction of its own, or joins the one around it."""
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def awaited(*args: P.args, **kwargs: P.kwargs) -> Any:
                with Transaction(self.app, self.independent):
                    return await function(*args, **kwargs)

            return awaited  # type: ignore[return-value]  # it awaits what R is an awaitable of

        @functools.wraps(function)
        def called(*args: P.args, **kwargs: P.kwargs) -> R:
            with Transaction(self.app, self.independent):
                return function(*args, **kwargs)

        return called


def transaction(
    app: App, function: Callable[P, R] | None = None, *, independent: bool = False
) -> Transaction | Callable[P, R]:
    """A transaction to enter or to decorate with, or the function already decorated."""
    if function is None:
        return Transaction(app, independent)
    if not callable(function):
        raise TypeError(f"a transaction takes the function that it decorates, or nothing; not {function!r}")
    return Transaction(app, independent)(function)


@contextmanager
def joined(app: App) -> Iterator[sa.Connection]:
    """A connection to write on: in the `app.transaction()` around, else in a transaction of its own.

    The transaction of a running job is not joined: it ends when the job does, and what people ask for shall not wait.
    """
    scope = current_scope.get()
    if scope is None or isinstance(scope, JobScope):
        with alone(app) as connection:
            yield connection
    else:
        scope.steers = True
        yield scope.connection


@contextmanager
def alone(app: App) -> Iterator[sa.Connection]:
    """A connection in a transaction of its own, whatever is around. StoreError if it would wait for what is around."""
    around = current_scope.get()
    _refuse_second_writer(app, around is not None and around.begun)
    if around is not None and around.steers:
        raise StoreError(
            "the transaction around this has ended or canceled runs of tasks: what switches or reschedules tasks would "
            "wait for it; do this before it, or after it"
        )
    with app.database.begin() as connection:
        yield connection


def _refuse_second_writer(app: App, there_is_one: bool) -> None:
    if there_is_one and app.database.dialect == "sqlite":
        raise StoreError(
            "SQLite has one writer at a time, and the transaction around this one is it: it would wait for itself. "
            "Do this before the transaction has begun to write, or after it; or use another database"
        )


def session_here(app: App) -> Session:
    """The session of the transaction around, which it joins; outside of all, a plain one that the caller ends."""
    scope = current_scope.get()
    return app.database.session() if scope is None else scope.session


def submit(app: App, jobs: Sequence[NewJob], *, session: Session | sa.Connection | None = None) -> None:
    """Create jobs: with `session` if one is given, else in the transaction around, else at once.

    Inside a running job they exist exactly if the job succeeds. After the commit the runners are woken.
    """
    scope = current_scope.get()
    if session is not None:
        insert(app.database, session, jobs)
    elif scope is not None:
        scope.add(jobs)
    else:
        with app.database.begin() as connection:
            insert(app.database, connection, jobs)


def insert(database: Database, held: Session | sa.Connection, jobs: Sequence[NewJob]) -> None:
    """Insert jobs on a session or connection, and wake the runners once that has committed."""
    from sqlalchemy.orm import Session  # noqa: PLC0415  # start-up cost: SQLAlchemy

    from .store import jobs as stored  # noqa: PLC0415  # as above
    from .store.database import database_of  # noqa: PLC0415  # as above

    connection = held.connection() if isinstance(held, Session) else held
    stored.create(connection, jobs)
    if database_of(connection) is None:  # the application's own engine; ours rings by itself
        database.on_commit(held, database.ring)
