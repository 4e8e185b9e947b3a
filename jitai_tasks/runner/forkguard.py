"""Keeping a thread of the supervisor from its connections while a process is forked: a child must inherit none."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ..store import Database


class ForkGuard:
    """What a thread does with its database lies within `at_work`; a fork lies within `standing_still`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Within it, connections may be open."""
        with self._lock:
            yield

    @contextmanager
    def standing_still(self, seconds: float) -> Iterator[bool]:
        """Within it, none is open: a process may be forked. False if the work did not end in time."""
        held = self._lock.acquire(timeout=seconds)
        try:
            if held:
                self._database.dispose()
            yield held
        finally:
            if held:
                self._lock.release()
