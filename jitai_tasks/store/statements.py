"""Prebuilt statements of the hot path, as text for the driver: SQLAlchemy Core would cost more than the database.

Texts are written with `?`; drivers that want `%s` get it. None of them contains a literal `?` or `%`.
"""

# ruff: noqa: S608 - texts are put together from our own constants; values are always bound

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import CursorResult
from sqlalchemy.engine.interfaces import DBAPICursor

from .tables import JOB_COLUMNS, NEW_COLUMNS, OUTCOME_COLUMNS

#: The channel of PostgreSQL that runners listen on.
CHANNEL = "jitai_tasks"

Rows = list[Sequence[Any]]

JOB_LIST = ", ".join(JOB_COLUMNS)
RUN_LIST = ", ".join(JOB_COLUMNS + OUTCOME_COLUMNS)
INSERT_JOB = f"INSERT INTO jitai_jobs ({', '.join(NEW_COLUMNS)}) VALUES ({', '.join('?' * len(NEW_COLUMNS))})"
INSERT_RUN = (
    f"INSERT INTO jitai_runs ({RUN_LIST}) VALUES ({', '.join('?' * (len(JOB_COLUMNS) + len(OUTCOME_COLUMNS)))})"
)


def execute(connection: sa.Connection, text: str, values: Sequence[object] = ()) -> CursorResult[Any]:
    """Run one statement with positional values through SQLAlchemy; for what is not hot."""
    return connection.exec_driver_sql(spelt(text, connection.dialect.paramstyle), tuple(values))


def change(connection: sa.Connection, text: str, values: Sequence[object] = ()) -> int:
    """Run one statement with positional values; answers how many rows changed."""
    with _Cursor(connection, text) as (cursor, spelt):
        cursor.execute(spelt, values)
        return int(cursor.rowcount)


def fetch(connection: sa.Connection, text: str, values: Sequence[object] = ()) -> Rows:
    """Run one statement and bring all its rows."""
    with _Cursor(connection, text) as (cursor, spelt):
        cursor.execute(spelt, values)
        return cast("Rows", cursor.fetchall())


def fetch_anew(connection: sa.Connection, text: str, values: Sequence[object] = ()) -> Rows:
    """As `fetch`; psycopg has it planned for these values, and for tables as large as they are by now.

    Of a statement that is run often, a plan for tables that were small would be kept, and for lists of any length.
    """
    anew = {"prepare": False} if is_psycopg(connection) else {}
    with _Cursor(connection, text) as (cursor, spelt):
        cast("Any", cursor).execute(spelt, values, **anew)
        return cast("Rows", cursor.fetchall())


def execute_many(connection: sa.Connection, text: str, rows: Sequence[tuple[object, ...]]) -> int:
    """Run one statement for every row; answers how many rows changed."""
    if not rows:
        return 0
    with _Cursor(connection, text) as (cursor, spelt):
        cursor.executemany(spelt, rows)
        return int(cursor.rowcount)


def copy_in(connection: sa.Connection, text: str, rows: Sequence[tuple[object, ...]]) -> None:
    """PostgreSQL with psycopg: rows at the speed of COPY."""
    with _Cursor(connection, text) as (cursor, _), cast("Any", cursor).copy(text) as copy:
        for row in rows:
            copy.write_row(row)


class _Cursor:
    """The driver's own cursor, in the transaction of `connection`; its errors come as SQLAlchemy's.

    A class, because a generator would cost as much as a short statement.
    """

    __slots__ = ("_connection", "_cursor", "_text")

    def __init__(self, connection: sa.Connection, text: str) -> None:
        self._connection = connection
        self._text = text

    def __enter__(self) -> tuple[DBAPICursor, str]:
        if not self._connection.in_transaction():
            self._connection.begin()
        self._cursor = self._connection.connection.cursor()
        return self._cursor, spelt(self._text, self._connection.dialect.paramstyle)

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        try:
            if error is not None and isinstance(error, self._connection.dialect.loaded_dbapi.Error):
                raise _wrapped(self._connection, self._cursor, error, self._text) from error
        finally:
            self._cursor.close()


def _wrapped(connection: sa.Connection, cursor: DBAPICursor, error: Exception, text: str) -> BaseException:
    """As SQLAlchemy does it: a lost connection is not used again, nor are its neighbours in the pool."""
    dialect = connection.dialect
    lost = dialect.is_disconnect(cast("Any", error), connection.connection, cursor)
    if lost:
        connection.invalidate(error)
        connection.engine.dispose()
    return as_ours(dialect, error, text, lost=lost)


def as_ours(dialect: sa.Dialect, error: Exception, text: str, *, lost: bool) -> BaseException:
    """A driver's error as SQLAlchemy would raise it, without the values of the statement."""
    return sa.exc.DBAPIError.instance(
        text,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=lost,
        dialect=dialect,
    )


def is_psycopg(connection: sa.Connection) -> bool:
    """Whether psycopg's own cursor is at hand, with all it can do: not the one that stands for an async connection."""
    return connection.dialect.driver == "psycopg" and not connection.dialect.is_async


def marks(values: Sequence[object]) -> str:
    """`?, ?, ?`: as many as there are values."""
    return ", ".join("?" * len(values))


def make(connection: sa.Connection) -> str:
    """ "sqlite", "postgresql" or "mysql" (MariaDB included)."""
    name = connection.dialect.name
    return "mysql" if name == "mariadb" else name


@cache
def spelt(text: str, paramstyle: str) -> str:
    """The text with the marks that a driver wants."""
    if paramstyle == "numeric_dollar":
        parts = text.split("?")
        return parts[0] + "".join([f"${number}{part}" for number, part in enumerate(parts[1:], 1)])
    return text if paramstyle == "qmark" else text.replace("?", "%s")
