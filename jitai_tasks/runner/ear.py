"""The runner's ear: hears that jobs were committed, wherever that was, and wakes a worker.

It has a thread of its own: a server that hangs while one listens to it must not stop the supervision.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ..store import Database
from ..store.wakeups import REMEMBER, Listener
from .shared import Shared
from .signals import Signals, readable

_LOOK_UP_EVERY = 1.0


class Ear:
    """Listens from `start` to `close`; `heard` is called in its thread after each ring."""

    def __init__(self, database: Database, shared: Shared, heard: Callable[[], object]) -> None:
        self._listener = Listener(database)
        self._shared = shared
        self._heard = heard
        self._closing = threading.Event()
        self._signals = Signals()
        self._thread = threading.Thread(target=self._listen, name="ear", daemon=True)

    @property
    def path(self) -> str:
        """The doorbell, for the runner's row."""
        return self._listener.path

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._closing.set()
        self._signals.poke()
        self._thread.join(_LOOK_UP_EVERY)
        self._listener.close()
        if not self._thread.is_alive():
            self._signals.release()

    def _listen(self) -> None:
        rung_by_all = time.monotonic() + REMEMBER
        while (left := rung_by_all - time.monotonic()) > 0 and not self._closing.is_set():
            self._listen_for(left)
        self._pass_on()  # of those who knew only the doorbells that were there before this one
        while not self._closing.is_set():
            self._listen_for(_LOOK_UP_EVERY)

    def _listen_for(self, seconds: float) -> None:
        ready = readable(self._listener, self._signals, seconds=seconds)
        if self._listener in ready and self._listener.drain():
            self._pass_on()

    def _pass_on(self) -> None:
        if self._shared.seats.someone_idle():
            self._shared.wake.ring()
        self._heard()
