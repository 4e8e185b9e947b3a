"""Keeps log lines from tearing the live table: while it is drawn, stderr goes to a file that is read between frames."""

from __future__ import annotations

import os
import sys
import tempfile

FULL = 1 << 20


class Aside:
    """Takes stderr from the terminal, for this process and those forked from it, and hands out what was written."""

    def __init__(self) -> None:
        self._terminal = os.dup(sys.stderr.fileno())
        # Appending, so that several processes write behind each other; never a pipe, which could block a worker.
        self._file = tempfile.TemporaryFile("a+b", buffering=0)  # noqa: SIM115 - closed by `close`
        self._read = 0
        os.dup2(self._file.fileno(), sys.stderr.fileno())

    def lines(self) -> list[str]:
        """The whole lines that were written since the last call."""
        found = os.pread(self._file.fileno(), FULL, self._read)
        whole = found[: found.rfind(b"\n") + 1]
        self._read += len(whole)
        if self._read >= FULL and len(whole) == len(found):
            os.ftruncate(self._file.fileno(), 0)
            self._read = 0
        return whole.decode(errors="replace").splitlines()

    def close(self) -> None:
        """Give stderr back to the terminal, and what is left with it."""
        rest = os.pread(self._file.fileno(), FULL, self._read)
        os.dup2(self._terminal, sys.stderr.fileno())
        os.close(self._terminal)
        self._file.close()
        try:
            sys.stderr.write(rest.decode(errors="replace"))
            sys.stderr.flush()
        except OSError:  # the terminal is closed; what is left in the buffer must not fail at the end of the process
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
