"""Whether a process works or only waits: a module that imports something large is busy, one that hangs is not."""

from __future__ import annotations

import time
from typing import Protocol

import psutil

from .hand import Hand

#: A process that used less than `_BUSY` of a core for this long stands still.
_STILL = 0.5
_BUSY = 0.1


class Loader(Protocol):
    """A process that loads an app."""

    hand: Hand

    @property
    def pid(self) -> int: ...


class Diligence:
    """Watches how much of a core a process uses that loads an app."""

    def __init__(self, candidate: Loader) -> None:
        self._candidate = candidate
        self._restart()

    def _restart(self) -> None:
        self._since, self._used = time.monotonic(), self._cpu()
        self._changes = self._candidate.hand.changes

    def stands_still(self) -> bool:
        """True if it neither did anything lately nor took something else in hand. To be asked often."""
        if self._candidate.hand.changes != self._changes:
            self._restart()
        elapsed = time.monotonic() - self._since
        if elapsed < _STILL:
            return False
        idle = self._cpu() - self._used < elapsed * _BUSY
        self._restart()
        return idle

    def _cpu(self) -> float:
        try:
            times = psutil.Process(self._candidate.pid).cpu_times()
        except psutil.Error:
            return 0.0  # it is gone, which is noticed where its channel is read
        return times.user + times.system
