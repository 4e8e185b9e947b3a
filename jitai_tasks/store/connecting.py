"""Engines for the three kinds of database."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL

from ..errors import DatabaseUnreachable
from . import sqlite

if TYPE_CHECKING:
    import psycopg

_OWN = ("synchronous", "notify")
_SHORT_WAITS = "jitai_short_waits"
_OFF = ("off", "0", "false", "no")
#: A connection that lay idle this long is asked whether it still lives before it is used.
ASK_AFTER = 5.0
#: Seconds to wait for a server that does not answer.
_CONNECT_WITHIN = 10
#: Arguments of tasks may be secret: errors do not quote them.
_COMMON: dict[str, Any] = {"max_overflow": 50, "hide_parameters": True}
#: Values of the statements that lock out other migrations.
_MIGRATION = {"name": "jitai_schema_version"}
_STRICT = "SET SESSION sql_mode = CONCAT_WS(',', @@sql_mode, 'STRICT_ALL_TABLES'), time_zone = '+00:00'"
#: Seconds, seconds and tries, as for PostgreSQL.
_KEEPALIVE = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}
_EXTRA = {"postgresql": "postgres", "mysql": "mysql"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the query of the URL says to us and not to the driver."""

    synchronous: str = "NORMAL"
    notify: bool = True


def engine_for(url: URL) -> tuple[sa.Engine, Settings]:
    """The engine and our own settings from the URL's query."""
    settings = Settings(
        synchronous=str(url.query.get("synchronous", "NORMAL")).upper(),
        notify=str(url.query.get("notify", "on")).lower() not in _OFF,
    )
    url = url.difference_update_query(_OWN)
    make = url.get_backend_name()
    if make == "sqlite":
        return _sqlite(url, settings.synchronous), settings
    try:
        engine = sa.create_engine(
            url, isolation_level="READ COMMITTED", **_COMMON, connect_args=_ARGUMENTS[make](url.query)
        )
    except ImportError as error:
        raise DatabaseUnreachable(
            f"the driver for {make} is not installed ({error}); pip install 'jitai-tasks[{_EXTRA[make]}]'"
        ) from None
    except (ValueError, TypeError) as error:
        raise DatabaseUnreachable(f"the query of the database URL makes no sense: {error}; correct it") from None
    _ask_after_idling(engine)
    if make == "mysql":
        event.listen(engine, "connect", partial(_connected, listens="read_timeout" in url.query))
    return engine, settings


async def connect_line(engine: sa.Engine) -> psycopg.AsyncConnection[tuple[Any, ...]]:
    """PostgreSQL: a connection beside the pool, each of whose statements is a transaction by itself."""
    import psycopg  # noqa: PLC0415  # there with the extra "postgres" only

    _, arguments = engine.dialect.create_connect_args(engine.url)
    arguments = {**arguments, **_postgresql(engine.url.query), "cursor_factory": psycopg.AsyncRawCursor}
    return await psycopg.AsyncConnection.connect(autocommit=True, **arguments)


@contextmanager
def alone(connection: sa.Connection) -> Iterator[None]:
    """A transaction that holds off every other migration of the same database until it has committed.

    SQLite's write transactions are alone anyway; a lock of MariaDB or MySQL belongs to the connection.
    """
    if connection.dialect.name in ("sqlite", "postgresql"):
        with connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext(:name))"), _MIGRATION)
            yield
        return
    while not connection.scalar(sa.text("SELECT GET_LOCK(:name, 60)"), _MIGRATION):
        connection.rollback()
    connection.commit()
    try:
        with connection.begin():
            yield
    finally:
        if not connection.invalidated:  # a lost connection has lost its lock
            connection.execute(sa.text("SELECT RELEASE_LOCK(:name)"), _MIGRATION)
            connection.commit()


def wait_at_most_a_second(connection: sa.Connection) -> None:
    """For locks that this transaction cannot pass over; SQLite's one lock is held already."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL lock_timeout = '1s'")
    elif connection.dialect.name != "sqlite":
        connection.exec_driver_sql("SET SESSION innodb_lock_wait_timeout = 1")
        connection.info[_SHORT_WAITS] = True


def _sqlite(url: URL, synchronous: str) -> sa.Engine:
    if synchronous not in sqlite.SYNCHRONOUS:
        raise DatabaseUnreachable(f"synchronous={synchronous}: use one of {', '.join(sqlite.SYNCHRONOUS)}")
    if url.query:
        raise DatabaseUnreachable(
            f"the URL of an SQLite file says synchronous=… and nothing else: {', '.join(url.query)}"
        )
    engine = sa.create_engine(url, connect_args={"timeout": 0, "check_same_thread": False}, **_COMMON)
    sqlite.prepare(engine, synchronous=synchronous)
    return engine


def _postgresql(query: Mapping[str, Any]) -> dict[str, Any]:
    wanted = {
        "application_name": "jitai-tasks", "connect_timeout": _CONNECT_WITHIN,
        "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3,
    }  # fmt: skip
    return {name: value for name, value in wanted.items() if name not in query}


def _mysql(query: Mapping[str, Any]) -> dict[str, Any]:
    """Reading is limited until the connection stands: something that accepts it may never say a word."""
    wanted = {"charset": "utf8mb4", "connect_timeout": _CONNECT_WITHIN, "read_timeout": _CONNECT_WITHIN}
    return {name: value for name, value in wanted.items() if name not in query}


def _connected(connection: Any, _record: object, *, listens: bool) -> None:
    """A statement may take as long as it takes, unless the URL says otherwise; a host that has vanished is noticed."""
    if not listens:
        connection._read_timeout = None  # noqa: SLF001 - PyMySQL has no other way
    with connection.cursor() as cursor:
        cursor.execute(_STRICT)  # after an init_command of the URL's own
    found = connection._sock  # noqa: SLF001
    for name, value in _KEEPALIVE.items():
        if found.family != socket.AF_UNIX and hasattr(socket, name):
            found.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _ask_after_idling(engine: sa.Engine) -> None:
    """After a server's restart the first user of an old connection would get the error; a ping each time costs much."""

    def note(_connection: object, record: sa.pool.ConnectionPoolEntry) -> None:
        record.info["jitai_idle_since"] = time.monotonic()

    def ask(connection: Any, record: sa.pool.ConnectionPoolEntry, _proxy: object) -> None:
        if time.monotonic() - record.info.get("jitai_idle_since", time.monotonic()) < ASK_AFTER:
            return
        try:
            alive = engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise sa.exc.DisconnectionError from error
        if not alive:
            raise sa.exc.DisconnectionError

    event.listen(engine, "checkin", note)
    event.listen(engine, "checkout", ask)
    event.listen(engine, "checkin", _wait_as_usual)


def _wait_as_usual(connection: Any, record: sa.pool.ConnectionPoolEntry) -> None:
    """MariaDB and MySQL know no setting for one transaction."""
    if connection is not None and record.info.pop(_SHORT_WAITS, False):
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION innodb_lock_wait_timeout = DEFAULT")


_ARGUMENTS = {"postgresql": _postgresql, "mysql": _mysql}
