"""Databases as elements, and transactions as JitAi spells them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

from sqlalchemy import URL

from ..app import App
from ..store import Database
from ..transactions import Transaction

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

P = ParamSpec("P")
R = TypeVar("R")


class DatabaseElement:
    """`app.getElement("databases.Default")`: the app's own database, or another one that a URL names."""

    def __init__(self, app: App, url: str | None) -> None:
        self._app = app
        self._other = None if url is None else app.connected(Database.open(url, clock=app.clock))

    @property
    def database(self) -> Database:
        """The database behind it."""
        return self._other or self._app.database

    @property
    def engine(self) -> Engine:
        """SQLAlchemy's engine."""
        return self.database.engine

    def session(self) -> Session:
        """A session on it: joined to the transaction around if this is the app's own database."""
        return self._app.session() if self._other is None else self._other.session()

    def commit(self) -> None:
        """Commit the work so far; inside a running task or a transaction it is committed with that, at its end."""
        self._app.session().commit()

    def rollback(self) -> None:
        """Undo the work so far of the transaction around."""
        self._app.session().rollback()


class RequiresNewTransaction:
    """`@RequiresNewTransaction` or `with RequiresNewTransaction():` a transaction of its own, whatever is around."""

    @overload
    def __new__(cls, function: None = None) -> Transaction: ...  # type: ignore[misc]  # it stands for other things

    @overload
    def __new__(cls, function: Callable[P, R]) -> Callable[P, R]: ...  # type: ignore[misc]

    def __new__(cls, function: Any = None) -> Any:
        return _spelled(function, independent=True)


def transaction(function: Any = None) -> Any:
    """`@transaction` or `with transaction():` joins the transaction around, or is one of its own."""
    return _spelled(function, independent=False)


def server_url(driver: str, settings: Mapping[str, Any]) -> str:
    """The URL for host, port, user, password and dbname."""
    url = URL.create(
        driver,
        username=settings.get("user") or settings.get("username"),
        password=settings.get("password"),
        host=settings.get("host"),
        port=int(settings["port"]) if settings.get("port") else None,
        database=settings.get("dbname") or settings.get("database"),
    )
    return url.render_as_string(hide_password=False)


def _spelled(function: Callable[..., Any] | None, *, independent: bool) -> Any:
    if function is None:
        return Transaction(App.current(), independent)

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        return Transaction(App.current(), independent)(function)(*args, **kwargs)

    return called
