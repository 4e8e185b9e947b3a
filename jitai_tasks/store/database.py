"""The database of an app: one engine, its transactions, its clock."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Self

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..clock import Clock, SystemClock
from . import commits, connecting, proving, sqlite, wakeups
from . import url as urls
from .floors import Floors
from .records import Run
from .servertime import ServerTime


class Database:
    """One database, whatever its make. Open it with `Database.open`; it is safe to share between threads."""

    def __init__(self, engine: sa.Engine, *, shown: str, clock: Clock, notify: bool = True) -> None:
        #: The URL without its password.
        self.url = shown
        #: "sqlite", "postgresql" or "mysql" (MariaDB included).
        self.dialect = "mysql" if engine.dialect.name == "mariadb" else engine.dialect.name
        self.clock = clock
        #: Whether commits that bring work notify the runners (PostgreSQL).
        self.notify = notify
        self.engine = engine.execution_options(jitai_database=self)
        alone = {"isolation_level": "AUTOCOMMIT"} if self.dialect == "postgresql" else {}
        self._single = self.engine.execution_options(**alone)
        self._time = ServerTime(self)
        self._bells = wakeups.Bells(self)
        #: Lanes that claims have seen (MariaDB, MySQL): where to look first, never where to look only.
        self.known_lanes: dict[str, set[int]] = {}
        #: Where claims may start to look.
        self.floors = Floors()
        #: Told, in the same transaction, of each run that is ended without its worker: killed, or gone.
        self.tell: Callable[[sa.Connection, Run], None] | None = None
        self._abandoned: list[object] = []
        commits.watch(engine)
        _open.add(self)

    @classmethod
    def open(cls, url: str, *, clock: Clock | None = None) -> Self:
        """Connect and check that the database can serve; raises DatabaseUnreachable with what to do.

        Settings in the query of the URL: `synchronous=FULL` (SQLite), `notify=off` (PostgreSQL).
        """
        parsed = urls.parsed(url)
        engine, settings = connecting.engine_for(parsed)
        try:
            proving.prove_usable(engine, urls.shown(parsed))
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, shown=urls.shown(parsed), clock=clock or SystemClock(), notify=settings.notify)

    @contextmanager
    def begin(self, *, yielding: bool = False) -> Iterator[sa.Connection]:
        """A connection in a write transaction: committed at the end, rolled back by an exception.

        `yielding`: on SQLite, where one writes at a time, others go first; for who writes much.
        """
        with (
            self.engine.connect() as connection,
            sqlite.beginning(connection, sqlite.YIELDING, True) if yielding else nullcontext(),
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def single(self) -> Iterator[sa.Connection]:
        """As `begin`, for work that needs but one statement: on PostgreSQL each is a transaction by itself, which saves
        two round trips."""
        with self._single.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection for looking only: never waits for writers."""
        with self.engine.connect() as connection, sqlite.beginning(connection, sqlite.READ_ONLY, True):
            yield connection

    @contextmanager
    def migrating(self) -> Iterator[sa.Connection]:
        """A write transaction that no other migration shares."""
        with self.engine.connect() as connection, connecting.alone(connection):
            yield connection

    def session(self) -> Session:
        """A SQLAlchemy session on this database; on SQLite its transactions begin as writers."""
        return Session(self.engine, expire_on_commit=False)

    def clear_log(self) -> None:
        """SQLite: do now and then what a commit would have to do by itself; elsewhere nothing."""
        if self.dialect == "sqlite":
            with self.engine.connect() as connection:
                sqlite.clear_log(connection)

    def now(self) -> int:
        """Microseconds since 1970 by the database's clock; a little late rather than early."""
        return self._time.now()

    def lease_now(self) -> int:
        """Microseconds by the clock that leases are measured with: the database's, on SQLite the host's boot clock."""
        return self._time.lease_now()

    def ring(self) -> None:
        """Wake the runners after a commit that brought work. Never blocks, never fails."""
        self._bells.ring()

    def on_commit(self, held: sa.Connection | Session, call: Callable[[], object]) -> None:
        """Call `call` once `held`'s transaction has committed; forget it if it rolls back."""
        commits.on_commit(held, call)

    def _begin_anew(self) -> None:
        """In a forked child: leave the parent's connections alone and start with fresh ones."""
        self._abandoned.append(self.engine.pool)  # a closed SQLite handle would drop the parent's locks
        self.engine.dispose(close=False)
        self._time.forget()

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


#: All that this process has opened.
_open: weakref.WeakSet[Database] = weakref.WeakSet()


def _forked() -> None:
    for database in list(_open):
        database._begin_anew()  # noqa: SLF001 - nobody else has to think of it


os.register_at_fork(after_in_child=_forked)


def database_of(connection: sa.Connection) -> Database | None:
    """The Database a connection came from; None for a connection of the application's own engine."""
    found: Database | None = connection.get_execution_options().get("jitai_database")
    return found
