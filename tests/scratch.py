"""Folders for test servers: short paths, and swept away by later runs when their owner was killed."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import tempfile
from pathlib import Path
from typing import IO

_TMP = "/tmp"  # sockets have 107 bytes
_PREFIX = "jts"
_LOCKS: list[IO[str]] = []


def folder() -> Path:
    """A new folder, locked as long as this process lives."""
    _sweep()
    made = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_TMP))
    lock = (made / "unlocked").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    (made / "unlocked").rename(made / "lock")
    _LOCKS.append(lock)
    return made


def _sweep() -> None:
    """Remove what killed test runs left behind."""
    for path in Path(_TMP).glob(f"{_PREFIX}*/lock"):
        with contextlib.suppress(OSError), path.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path.parent, ignore_errors=True)
