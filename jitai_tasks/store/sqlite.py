"""SQLite: how connections are set up, and how a write transaction waits for its turn.

Every transaction that may write begins with BEGIN IMMEDIATE: a plain BEGIN fails in the middle when another writer was
faster. SQLite's own waiting sleeps ever longer and lets a busy writer starve the others for seconds, so we ask again
ourselves, often.
"""

from __future__ import annotations

import contextlib
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, PoolProxiedConnection, event

#: Option of `beginning`: this connection will not write.
READ_ONLY = "jitai_read"
#: Option of `beginning`: seconds to wait for the lock.
PATIENCE = "jitai_patience"
#: Option of `beginning`: whoever else waits for the lock goes first.
YIELDING = "jitai_yielding"

_FIRST_PAUSE = 0.0001
_LONGEST_PAUSE = 0.002
#: So long nobody's pauses grow: beside busy workers the lock is free for fractions of a millisecond at a time.
_KEEN = 0.05
_GIVE_UP_AFTER = 60.0
#: Seconds to wait, before anything has worked, for a file that another process keeps for itself.
PATIENCE_AT_START = 5.0
#: Pages of the log after which a commit has to clear it by itself, here 32 MiB; SQLite's own 1,000 are reached in the
#: middle of a drain, and the commit that reaches them waits for the disk.
_CLEAR_AFTER = 8_000
SYNCHRONOUS = ("OFF", "NORMAL", "FULL", "EXTRA")


def prepare(engine: Engine, *, synchronous: str) -> None:
    """Install our set-up of connections and our BEGIN on an engine."""

    def set_up(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        with_patience(lambda: connection.execute("PRAGMA journal_mode=WAL"), PATIENCE_AT_START)
        connection.execute(f"PRAGMA synchronous={synchronous}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA wal_autocheckpoint={_CLEAR_AFTER}")

    event.listen(engine, "connect", set_up)
    # As an event of the engine it would cost every connection a third of its time.
    engine.dialect.do_begin = _begin  # type: ignore[method-assign]


@contextmanager
def beginning(connection: Connection, option: str, value: object) -> Iterator[None]:
    """Within it, the transactions of a connection begin with this option."""
    info = connection.info
    info[option] = value
    try:
        yield
    finally:
        info.pop(option, None)


def clear_log(connection: Connection) -> None:
    """Move what the log holds into the database file, as far as no reader needs it; nobody waits for that. Not inside a
    transaction. A disk that refuses is left to the next commit, which says so."""
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    with contextlib.suppress(sqlite3.OperationalError):
        raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


def with_patience(
    attempt: Callable[[], object], seconds: float = _GIVE_UP_AFTER, *, pause: float = _FIRST_PAUSE
) -> None:
    """Call `attempt` again and again, every `pause` seconds at first, while another process holds the lock."""
    began = time.monotonic()
    while True:
        try:
            attempt()
        except sqlite3.OperationalError as error:
            waited = time.monotonic() - began
            if not locked(error) or waited > seconds:
                raise
        else:
            return
        time.sleep(pause * random.uniform(0.5, 1.5))
        if waited > _KEEN:
            pause = min(pause * 1.2, _LONGEST_PAUSE)


def locked(error: BaseException | None) -> bool:
    """Whether another connection holds the lock that was wanted."""
    return isinstance(error, sqlite3.OperationalError) and (error.sqlite_errorcode & 0xFF) in (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
    )


def _begin(dbapi_connection: PoolProxiedConnection) -> None:
    raw, info = dbapi_connection.driver_connection, dbapi_connection.info
    assert isinstance(raw, sqlite3.Connection)
    if info.get(READ_ONLY):
        raw.execute("BEGIN")
        with_patience(lambda: raw.execute("SELECT 1 FROM sqlite_master LIMIT 1"), info.get(PATIENCE, _GIVE_UP_AFTER))
    else:
        pause = _LONGEST_PAUSE if info.get(YIELDING) else _FIRST_PAUSE
        with_patience(lambda: raw.execute("BEGIN IMMEDIATE"), info.get(PATIENCE, _GIVE_UP_AFTER), pause=pause)
