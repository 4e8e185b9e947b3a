"""Being on time: a job that will be due in a moment is claimed a moment before, and begun when it is due."""

from __future__ import annotations

import time

from ..store import Database

#: Seconds that a claim is begun ahead of time: as long as such claims took lately, and never more than the last.
_FIRST, _DECAY, _MOST = 0.002, 0.9, 0.02


class Ahead:
    """Learns how long it takes a worker to wake up and to claim. Instants are microseconds by the database's clock."""

    def __init__(self, database: Database) -> None:
        self._now = database.now
        self._lead = _FIRST
        self._begins = 0.0

    def seconds_until(self, due: int, *, early: bool) -> float:
        """How long to rest until the claim for this instant begins, or until the instant itself."""
        seconds = (due - self._now()) / 1e6 - (self._lead if early else 0.0)
        self._begins = time.monotonic() + max(seconds, 0.0)
        return seconds

    def claimed(self) -> None:
        """The claim has been answered."""
        took = time.monotonic() - self._begins
        self._lead = min(max(took, self._lead * _DECAY), _MOST)

    def comes(self, due: int) -> bool:
        """Wait until it is that time; False if it does not come, because the clock was set back."""
        end = time.monotonic() + 2 * _MOST
        while (left := (due - self._now()) / 1e6) > 0:
            if time.monotonic() >= end:
                return False
            time.sleep(min(left, _MOST))
        return True
