"""Which database errors pass by themselves, and doing the work again when one does."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa

from ..errors import NotBegun
from . import sqlite

if TYPE_CHECKING:
    from .database import Database

T = TypeVar("T")

ATTEMPTS = 20
_LONGEST_PAUSE = 0.5

_POSTGRESQL = frozenset({"40001", "40P01", "55P03", "57P01", "57P02", "57P03", "53300"})
#: Lost, or not to be had: the server goes, is gone, or is not there yet.
_MYSQL_BROKEN = frozenset({1053, 1927, 2002, 2003, 2006, 2013, 2055})
#: Not the statement but its whole transaction was undone, and the next statement silently begins another one.
_MYSQL_UNDONE = frozenset({1020, 1213})
#: No such database, column, table, function or index; a syntax error; a missing right; a wrong number of values.
_MYSQL_REFUSED = frozenset(
    {1044, 1045, 1049, 1054, 1058, 1064, 1072, 1091, 1136, 1142, 1143, 1146, 1176, 1227, 1305, 1370, 1410}
)
#: Classes of SQLSTATE: syntax error or access rule violation, and names of databases and schemas that are not there.
_POSTGRESQL_REFUSED = ("42", "3D", "3F", "0A", "26")
_SQLITE_REFUSED = frozenset(
    {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_MISUSE, sqlite3.SQLITE_RANGE}
)
_MYSQL = _MYSQL_BROKEN | _MYSQL_UNDONE | {1040, 1205, 3572}


def transient(error: BaseException) -> bool:
    """Whether the same work may succeed when done again: deadlock, serialization, lock timeout, lost connection."""
    if isinstance(error, sa.exc.DBAPIError):
        return error.connection_invalidated or _passing(error.orig)
    return isinstance(error, sa.exc.TimeoutError) or _passing(error)


def refused(error: BaseException) -> bool:
    """Whether the database has understood and refuses: a table, a column or a right is missing, a statement is wrong.

    Doing the same again changes nothing before somebody has changed the database, or the code.
    """
    if isinstance(error, sa.exc.DBAPIError):
        return not error.connection_invalidated and _refused(error.orig)
    if isinstance(error, sa.exc.SQLAlchemyError):
        return not isinstance(error, sa.exc.TimeoutError)
    return _refused(error)


def conflict(error: BaseException) -> bool:
    """Whether another transaction was in the way (deadlock, serialization, lock timeout): nothing of ours was kept."""
    return transient(error) and not lost(error)


def lost(error: BaseException) -> bool:
    """Whether the connection broke: what was being committed may be stored or not."""
    if isinstance(error, sa.exc.DBAPIError):
        return error.connection_invalidated or _broken(error.orig)
    return _broken(error)


def undone(error: BaseException | None) -> bool:
    """Whether the server undid the transaction without ending it for the client: MariaDB and MySQL at a deadlock."""
    return error is not None and _number(error) in _MYSQL_UNDONE


class _BeforeTheCall:
    """Entered for every job, and so no generator."""

    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, sa.exc.SQLAlchemyError) and transient(error):
            raise NotBegun("the database broke off before the function began") from error


#: Within it, what a run needs to know before its function begins is asked of the database; NotBegun if that breaks off.
before_the_call = _BeforeTheCall()


def rerun(database: Database, work: Callable[[sa.Connection], T], *, attempts: int = ATTEMPTS) -> T:
    """Do `work` in a write transaction, again from its start when another transaction was in the way."""
    for attempt in range(1, attempts):
        try:
            with database.begin() as connection:
                return work(connection)
        except sa.exc.DBAPIError as error:
            if not conflict(error):
                raise
        pause(attempt)
    with database.begin() as connection:
        return work(connection)


def pause(attempt: int) -> None:
    """Wait a moment, longer with each attempt and never in step with others."""
    time.sleep(random.uniform(0, min(0.001 * 2**attempt, _LONGEST_PAUSE)))


def _passing(error: BaseException | None) -> bool:
    if error is None:
        return False
    if isinstance(error, sqlite3.Error):
        return sqlite.locked(error)
    return _sqlstate(error) in _POSTGRESQL or _number(error) in _MYSQL or _broken(error)


def _broken(error: BaseException | None) -> bool:
    if isinstance(error, sqlite3.Error) or error is None:
        return False
    sqlstate = _sqlstate(error)
    if sqlstate is not None:
        return sqlstate.startswith("08") or sqlstate in ("57P01", "57P02", "57P03")
    if _number(error) in _MYSQL_BROKEN:
        return True
    return type(error).__module__.startswith("psycopg") and type(error).__name__ in (
        "OperationalError",
        "InterfaceError",
    )


def _refused(error: BaseException | None) -> bool:
    if error is None or _passing(error):
        return False
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)  # none: Python's own complaint about what it was given
        return code is None or (code & 0xFF) in _SQLITE_REFUSED
    sqlstate = _sqlstate(error)
    if sqlstate is not None:
        return sqlstate.startswith(_POSTGRESQL_REFUSED)
    return _number(error) in _MYSQL_REFUSED or type(error).__name__ == "ProgrammingError"


def _sqlstate(error: BaseException) -> str | None:
    """That of PostgreSQL; PyMySQL gives some of its errors one too, but their numbers say more."""
    return None if _number(error) is not None else getattr(error, "sqlstate", None)


def _number(error: BaseException) -> object:
    return error.args[0] if type(error).__module__.startswith("pymysql") and error.args else None
