"""Signals as something a `select` can wait for; the handlers themselves do nothing but remember."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterable
from types import FrameType
from typing import Protocol


class Signals:
    """The signals of this process that have come, in the order of their coming."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._came: list[int] = []

    def catch(self, numbers: Iterable[int]) -> None:
        """From now on remember these signals, and make `fileno` readable when one comes (main thread only)."""
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        for number in numbers:
            signal.signal(number, self._remember)

    def fileno(self) -> int:
        return self._read

    def take(self) -> list[int]:
        """The signals since the last call."""
        drain(self._read)
        came, self._came = self._came, []
        return came

    def take_all_but(self, kept: int) -> None:
        """Forget what has come, except this signal."""
        self._came = [number for number in self._came if number == kept]

    def wait(self, seconds: float) -> None:
        """Sleep until a signal comes or the time is up."""
        ready, _, _ = select.select([self._read], [], [], seconds)
        if ready:
            drain(self._read)

    def came(self, number: int) -> bool:
        """Whether this signal has come and was not taken."""
        return number in self._came

    def poke(self) -> None:
        """Make `fileno` readable, from any thread."""
        try:
            os.write(self._write, b"\0")
        except BlockingIOError:
            return

    def close(self) -> None:
        """Give the pipe back; signals are no longer written to it."""
        signal.set_wakeup_fd(-1)
        self.release()

    def release(self) -> None:
        """Give the pipe back, if no signal was ever caught."""
        os.close(self._read)
        os.close(self._write)

    def _remember(self, number: int, _frame: FrameType | None) -> None:
        self._came.append(number)


class Readable(Protocol):
    """What a `select` can wait for."""

    def fileno(self) -> int: ...


def readable(*sources: Readable, seconds: float | None = None) -> list[Readable]:
    """Wait until some of `sources` can be read, or the time is up; answers which."""
    ready: list[Readable] = select.select(sources, [], [], seconds)[0]
    return ready


def drain(descriptor: int) -> None:
    """Read away what waits in a pipe that does not block."""
    try:
        while os.read(descriptor, 4096):
            pass
    except BlockingIOError:
        return


def forget() -> None:
    """In a forked child: no signal of the parent's is handled any more; a Ctrl-C is left to the supervisor."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGHUP, signal.SIGUSR1):
        signal.signal(number, signal.SIG_DFL)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
