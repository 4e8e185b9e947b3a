"""Waking runners when there is work: doorbells on this host, NOTIFY on PostgreSQL. Polling is the floor everywhere.

A doorbell is a Unix datagram socket whose path stands in the runner's row; ringing it is one datagram that is thrown
away when nobody listens. It serves SQLite, MariaDB and MySQL, and PostgreSQL where NOTIFY is switched off.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import stat
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

import sqlalchemy as sa

from ..errors import StoreError

if TYPE_CHECKING:
    from .database import Database

#: Seconds that a list of doorbells is good for.
REMEMBER = 0.2
_LONGEST_PATH = 100  # bytes; the system allows 107


class Listener:
    """What a runner waits on. Put `fileno()` into a select, asking for it anew each time; then `drain()`.

    Register `path` as the runner's doorbell. A listener that is cut off from PostgreSQL stays silent and tries to
    listen again; its owner polls meanwhile, as it must anyway.
    """

    def __init__(self, database: Database) -> None:
        self._ear = _ear(database)

    @property
    def path(self) -> str:
        """The doorbell's path for `RunnerRecord.doorbell`; "" where none is needed."""
        return self._ear.path

    def fileno(self) -> int:
        """The descriptor that becomes readable when somebody rings."""
        return self._ear.fileno()

    def drain(self) -> bool:
        """Take in everything that rang; True if anything did."""
        return self._ear.drain()

    def close(self) -> None:
        """Stop listening; the doorbell's file goes."""
        self._ear.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def listens_on_channel(database: Database) -> bool:
    """Whether this database wakes its runners itself."""
    return database.dialect == "postgresql" and database.notify


class Bells:
    """The doorbells of the runners registered in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._paths: list[str] = []
        self._read_at = -REMEMBER

    def ring(self) -> None:
        """Wake every runner of this host. Never blocks, never fails."""
        if listens_on_channel(self._database):
            return  # the transaction that brought the work has notified
        with contextlib.suppress(OSError, sa.exc.SQLAlchemyError):
            _send(self._known())

    def _known(self) -> list[str]:
        if time.monotonic() - self._read_at >= REMEMBER:
            with self._database.read() as connection:
                found = connection.exec_driver_sql("SELECT doorbell FROM jitai_runners WHERE doorbell <> ''")
                self._paths = [row[0] for row in found]
            self._read_at = time.monotonic()
        return self._paths


class _Ear(Protocol):
    @property
    def path(self) -> str: ...

    def fileno(self) -> int: ...

    def drain(self) -> bool: ...

    def close(self) -> None: ...


def _ear(database: Database) -> _Ear:
    if not listens_on_channel(database):
        return _Doorbell()
    from .channel import Channel  # noqa: PLC0415 - PostgreSQL's driver is an extra

    return Channel(database)


class _Doorbell:
    def __init__(self) -> None:
        folder = _private_folder()
        _sweep(folder)
        self.path = str(folder / f"{os.getpid()}-{secrets.token_hex(4)}.bell")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(self.path)

    def fileno(self) -> int:
        return self._socket.fileno()

    def drain(self) -> bool:
        rang = False
        with contextlib.suppress(BlockingIOError):
            while self._socket.recv(16):
                rang = True
        return rang

    def close(self) -> None:
        self._socket.close()
        Path(self.path).unlink(missing_ok=True)


def _send(paths: list[str]) -> None:
    if not paths:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
        bell.setblocking(False)
        for path in paths:
            with contextlib.suppress(OSError):
                bell.sendto(b"!", path)


def _private_folder() -> Path:
    """Where the sockets of this user are: nobody else may plant or ring one."""
    folder = Path(tempfile.gettempdir()) / f"jitai-tasks-{os.getuid()}"
    if len(str(folder)) > _LONGEST_PATH - 40:
        folder = Path(f"/tmp/jitai-tasks-{os.getuid()}")  # noqa: S108 - checked below
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise StoreError(f"{folder} is not a private folder of this user; remove it")
    return folder


def _sweep(folder: Path) -> None:
    """Remove the doorbells of runners that were killed: nobody answers there."""
    for path in folder.glob("*.bell"):
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(str(path))
            except ConnectionRefusedError:
                path.unlink(missing_ok=True)
