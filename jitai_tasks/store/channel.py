"""Listening to PostgreSQL's NOTIFY."""

from __future__ import annotations

import contextlib
import socket
import time
from typing import TYPE_CHECKING

import psycopg
import sqlalchemy as sa

from .statements import CHANNEL

if TYPE_CHECKING:
    from .database import Database

_TRY_AGAIN_AFTER = 1.0  # seconds


class Channel:
    """A connection of its own that listens; it is silent while there is none, and tries again."""

    path = ""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._silence = socket.socketpair()
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None
        self._try_at = 0.0
        self._listen()

    def fileno(self) -> int:
        self._listen()
        return self._silence[0].fileno() if self._connection is None else self._connection.fileno()

    def drain(self) -> bool:
        if self._connection is None:
            return False
        libpq = self._connection.pgconn
        rang = False
        try:
            libpq.consume_input()
            while libpq.notifies():
                rang = True
        except psycopg.Error:
            self._hang_up()
            return True  # whatever came meanwhile was missed: look
        return rang

    def close(self) -> None:
        self._hang_up()
        for end in self._silence:
            end.close()

    def _listen(self) -> None:
        if self._connection is not None or time.monotonic() < self._try_at:
            return
        self._try_at = time.monotonic() + _TRY_AGAIN_AFTER
        with contextlib.suppress(psycopg.Error, sa.exc.SQLAlchemyError):
            self._connection = _own_connection(self._database)
            self._connection.execute(f"LISTEN {CHANNEL}")

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _own_connection(database: Database) -> psycopg.Connection[tuple[object, ...]]:
    """A driver's connection that no pool gets back."""
    arguments, options = database.engine.dialect.create_connect_args(database.engine.url)
    return psycopg.connect(*arguments, **options, autocommit=True, application_name="jitai-tasks listener")
