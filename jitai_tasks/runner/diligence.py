"""Whether a process works or only waits: a module that imports something large is busy, one that hangs is not."""

from __future__ import annotations

import time

import psutil

#: A process that used less than `_BUSY` of a core for this long stands still.
_STILL = 0.5
_BUSY = 0.1


class Diligence:
    """Watches how much of a core a process uses."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.restart()

    def restart(self) -> None:
        """It has said something: it did not stand still until now."""
        self._since, self._used = time.monotonic(), self._cpu()

    def stands_still(self) -> bool:
        """True if it neither said nor did anything lately. To be asked often."""
        elapsed = time.monotonic() - self._since
        if elapsed < _STILL:
            return False
        idle = self._cpu() - self._used < elapsed * _BUSY
        self.restart()
        return idle

    def _cpu(self) -> float:
        try:
            times = psutil.Process(self._pid).cpu_times()
        except psutil.Error:
            return 0.0  # it is gone, which is noticed where its channel is read
        return times.user + times.system
