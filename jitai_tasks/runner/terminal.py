"""The terminal a runner was started from. When it goes, the runner stops; any other SIGHUP asks for a reload.

Both come as SIGHUP: the system sends one to whoever sits at a terminal that is closed, people send one to have a runner
reload. They differ in whether the terminal is still there.
"""

from __future__ import annotations

import errno
import math
import os
import signal
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager

_STOP = {signal.SIGTERM, signal.SIGINT}
#: The signal and the end of the terminal come together, in either order.
_TOGETHER = 3.0
_STREAMS = (0, 1, 2)


class Terminal:
    """Knows why a runner is to stop. Made before the signals are caught."""

    def __init__(self) -> None:
        shielded = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN  # by nohup: it is to outlive its terminal
        self._has_one = not shielded and _is_there()
        self._streams = [stream for stream in _STREAMS if os.isatty(stream)]
        self._seen = time.monotonic()
        self._hung_up = -math.inf

    def stops(self, came: Collection[int]) -> bool:
        """Whether the runner is to stop, by the signals that came since the last call. To be asked often."""
        return bool(_STOP & set(came)) or self._is_closed(came)

    def _is_closed(self, came: Collection[int]) -> bool:
        if not self._has_one:
            return False
        now = time.monotonic()
        if signal.SIGHUP in came:
            self._hung_up = now
        if _is_there():
            self._seen = now
        elif now - self._seen < _TOGETHER and now - self._hung_up < _TOGETHER:
            self._let_go()
            return True
        return False

    def _let_go(self) -> None:
        """Writing to a closed terminal fails, and what is still to be said must not fail."""
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in self._streams:
            os.dup2(nowhere, stream)
        os.close(nowhere)


@contextmanager
def unread_if_closed() -> Iterator[None]:
    """Within it, something is shown; a terminal that is closed already is no reason to fail."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.EIO:
            raise


def _is_there() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
