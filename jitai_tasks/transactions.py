"""Transactions of applications: begun, joined, or beside the one around; and jobs created in them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from .errors import StoreError
from .scopes import JobScope, Scope, beside, current_scope, owned, savepoint

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.orm import Session

    from .app import App
    from .store.records import NewJob

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(slots=True)
class Transaction:
    """`with app.transaction() as session:` or `@app.transaction()`; an independent one joins nothing around it."""

    app: App
    independent: bool = False
    _open: list[Any] = field(default_factory=list)

    def __enter__(self) -> Session:
        around = current_scope.get()
        held = self._independent(around) if around is None or self.independent else savepoint(around)
        scope: Scope = held.__enter__()
        try:
            session = scope.session
        except BaseException as error:  # the database cannot be had: nobody is inside
            held.__exit__(type(error), error, error.__traceback__)
            raise
        self._open.append(held)
        return session

    def _independent(self, around: Scope | None) -> AbstractContextManager[Scope]:
        scope = Scope(lambda: self.app.database)
        if around is None or self.app.database.dialect != "sqlite":
            return owned(scope)
        _refuse_second_writer(self.app, around.begun or around.has_open_session)
        return beside(around, scope)

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
            "Join it by app.transaction(), do this before it has begun to write or after it, or use another database"
        )


def session_here(app: App) -> Session:
    """The session of the transaction around, which it joins; outside of all, a plain one that the caller ends."""
    scope = current_scope.get()
    return app.database.session() if scope is None else scope.session


def submit(app: App, jobs: Sequence[NewJob], *, session: Session | sa.Connection | None = None) -> None:
    """Create jobs: with `session` if one is given, else in the transaction around, else at once.

    Inside a running job they exist exactly if the job succeeds. After the commit the runners are woken.
    """
    from .store import jobs as stored  # noqa: PLC0415  # start-up cost: SQLAlchemy

    scope = current_scope.get()
    if session is not None:
        stored.create_within(session, jobs, database=app.database)
    elif scope is not None:
        scope.add(jobs)
    else:
        with app.database.begin() as connection:
            stored.create(connection, jobs)
