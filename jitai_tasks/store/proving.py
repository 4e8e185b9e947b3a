"""The proof, at start, that what answers behind a URL can serve: or what is in the way, and what to do."""
# ruff: noqa: S608 - table names are our own constants

from __future__ import annotations

import sqlite3

import sqlalchemy as sa

from ..errors import DatabaseUnreachable
from . import sqlite
from .tables import metadata

OLDEST_SQLITE = (3, 35)
OLDEST_POSTGRESQL = (13,)
OLDEST_MARIADB = (10, 6)
OLDEST_MYSQL = (8, 0)

#: What drivers raise when they cannot connect, or cannot make sense of what the URL tells them.
_REFUSED = (sa.exc.SQLAlchemyError, sqlite3.Error, TypeError, ValueError, AttributeError, LookupError, OSError)
#: What databases say, by a part of their message, and what to do about it.
_ADVICE = {
    "unable to open database file": "check that the folder exists and that this user may write in it",
    "readonly": "the file, its folder or its disk is read-only: give this user the right to write",
    "read-only": "the file, its folder or its disk is read-only: give this user the right to write",
    "database is locked": "another process holds a lock on the file: find it (`lsof FILE`) and let it finish",
    "not a database": "this is no SQLite file: name another one",
    "malformed": "the file is damaged: restore a backup",
    "password authentication failed": "check user and password",
    "no password supplied": "put the password into the URL: postgresql://user:password@host/name",
    "pg_hba.conf": "the server refuses this user from this host: allow it in pg_hba.conf",
    "Access denied": "check user and password, and that the user may use this database (GRANT)",
    "does not exist": "create it, or check the spelling",
    "Unknown database": "create it, or check the spelling",
    "Connection refused": "start the server, or check host and port",
    "Can't connect": "start the server, or check host and port",
    "No such file or directory": "start the server, or check its socket's path",
    "could not translate host name": "check the host's name",
    "Name or service not known": "check the host's name",
    "invalid integer value": "correct it in the URL's query",
    "bad value for": "correct it in the URL's query",
    "invalid literal": "correct it in the URL's query",
    "timed out": "the server does not answer: check host, port and firewall",
    "timeout": "the server does not answer: check host, port and firewall",
    "too many": "raise the server's limit of connections, or use fewer workers",
    "invalid connection option": "remove it from the URL's query",
    "unexpected keyword argument": "remove it from the URL's query",
    "denied": "give this user the right to create and change tables (GRANT)",
}


def prove_usable(engine: sa.Engine, shown: str) -> None:
    """Connect, look at the version and the rights; DatabaseUnreachable says what is in the way."""
    try:
        reason = _obstacle(engine)
    except _REFUSED as error:
        reason = explained(error)
    if reason is not None:
        engine.dispose()
        raise DatabaseUnreachable(f"{shown}: {reason}")


def _obstacle(engine: sa.Engine) -> str | None:
    try:
        with engine.connect() as connection, sqlite.beginning(connection, sqlite.PATIENCE, 0.0):
            reason = _PROOFS[engine.dialect.name](connection) or _missing_rights(connection)
            connection.rollback()
    except sa.exc.OperationalError as error:
        if not sqlite.locked(error.orig):
            raise
        return _unreadable(engine)
    return reason


def _unreadable(engine: sa.Engine) -> str | None:
    """Somebody writes to the SQLite file at this moment, so it can be written to; but can it be read meanwhile?"""
    with (
        engine.connect() as connection,
        sqlite.beginning(connection, sqlite.PATIENCE, sqlite.PATIENCE_AT_START),
        sqlite.beginning(connection, sqlite.READ_ONLY, True),
    ):
        return _PROOFS[engine.dialect.name](connection)


def explained(error: BaseException) -> str:
    """What the database said, in one line, and what to do about it."""
    said = str(getattr(error, "orig", None) or error)
    advice = next((text for sign, text in _ADVICE.items() if sign.lower() in said.lower()), "check the URL")
    return f"{' '.join(said.split())}; {advice}"


def _sqlite(_connection: sa.Connection) -> str | None:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        return f"Python brings SQLite {sqlite3.sqlite_version}, needed is 3.35 or newer; use a newer Python"
    return None


def _postgresql(connection: sa.Connection) -> str | None:
    version = connection.dialect.server_version_info or ()
    if version < OLDEST_POSTGRESQL:
        return f"this is PostgreSQL {_dotted(version)}, needed is 13 or newer; upgrade the server"
    if connection.scalar(sa.text("SELECT pg_is_in_recovery()")):
        return "this is a read-only replica; use the primary's address"
    if connection.scalar(sa.text("SELECT current_setting('transaction_read_only')")) == "on":
        return "transactions are read-only here; use the primary's address, or set default_transaction_read_only = off"
    if _pooled_by_transaction(connection):
        return (
            "a pooler in transaction mode is in between, which breaks prepared statements and LISTEN; use its session"
            " mode, or the server's own address"
        )
    if not connection.scalar(sa.text("SELECT has_schema_privilege(current_schema(), 'CREATE')")) and not _tables(
        connection
    ):
        return "this user may not create tables; GRANT CREATE ON SCHEMA public TO it, or let its owner run `db upgrade`"
    return None


def _pooled_by_transaction(connection: sa.Connection) -> bool:
    """A pooler hands out process ids of its own invention; in transaction mode a client is served by one process now
    and by another then, or two idle clients by the same."""
    asked = sa.text("SELECT pg_backend_pid()")
    server = connection.scalar(asked)
    told = connection.connection.driver_connection.info.backend_pid  # type: ignore[union-attr]
    if server == told:
        return False
    connection.rollback()
    again = connection.scalar(asked)
    connection.rollback()
    with connection.engine.connect() as other:
        return again != server or bool(other.scalar(asked) == again)


def _mysql(connection: sa.Connection) -> str | None:
    version = connection.dialect.server_version_info or ()
    maria = bool(getattr(connection.dialect, "is_mariadb", False))
    name, oldest = ("MariaDB", OLDEST_MARIADB) if maria else ("MySQL", OLDEST_MYSQL)
    if version < oldest:
        return f"this is {name} {_dotted(version)}, needed is {_dotted(oldest)} or newer; upgrade the server"
    if connection.scalar(sa.text("SELECT @@global.read_only")):
        return "this server is read-only, as replicas are; use the primary's address"
    return None


def _missing_rights(connection: sa.Connection) -> str | None:
    """On tables that are there: whether this user may do what we do. Changes nothing."""
    there = _tables(connection)
    if "jitai_jobs" not in there:
        return None
    for name in there:
        stored = connection.exec_driver_sql(f"SELECT * FROM {name} WHERE 1 = 0").keys()  # whichever version it is
        columns = ", ".join(column for column in stored if column in metadata.tables[name].columns)
        connection.exec_driver_sql(f"INSERT INTO {name} ({columns}) SELECT {columns} FROM {name} WHERE 1 = 0")
        connection.exec_driver_sql(f"DELETE FROM {name} WHERE 1 = 0")
    return None


def _tables(connection: sa.Connection) -> list[str]:
    return [name for name in sa.inspect(connection).get_table_names() if name in metadata.tables]


def _dotted(version: tuple[object, ...]) -> str:
    return ".".join(map(str, version))


_PROOFS = {"sqlite": _sqlite, "postgresql": _postgresql, "mysql": _mysql, "mariadb": _mysql}
