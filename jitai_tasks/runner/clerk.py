"""The supervisor's errands to the store, on their own thread: a database that hangs must not stop the supervision."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

from ..store import Database
from .forkguard import ForkGuard
from .patience import TROUBLE, Patience

_logger = logging.getLogger(__name__)

Errand = Callable[[Database], object]


class Clerk:
    """Does errands one after the other, each until the database has answered."""

    def __init__(self, database: Database, may_speak: Callable[[], bool]) -> None:
        self._database = database
        self._errands: queue.SimpleQueue[Errand | None] = queue.SimpleQueue()
        self.guard = ForkGuard(database)
        self._closing = threading.Event()
        self._patience = Patience(self._closing.wait, may_speak)
        self._thread = threading.Thread(target=self._work, name="clerk", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def ask(self, errand: Errand) -> None:
        """Do this when those before it are done."""
        self._errands.put(errand)

    def finish(self, seconds: float) -> bool:
        """Do what is left, then stop; False if the database did not answer in time."""
        self._errands.put(None)
        self._thread.join(seconds)
        self._closing.set()
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (errand := self._errands.get()) is not None:
            self._do(errand)

    def _do(self, errand: Errand) -> None:
        while not self._closing.is_set():
            try:
                with self.guard.at_work():
                    errand(self._database)
            except TROUBLE as error:
                self._patience.wait(error)
                continue
            self._patience.answered()
            return
