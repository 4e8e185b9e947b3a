"""The runner's sign of life, on its own thread and connection, and the reaping of runners that give none. Every few
seconds it clears SQLite's log, so that neither workers nor the application have to do it in a commit.

A reaper that was itself cut off from the database takes healthy runners for dead. So nobody is reaped before a full
lease of uninterrupted contact; a failed or slow query, a suspended machine or a set clock start that quiet period anew.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import replace

from ..store import Database, runners
from ..store.records import RunnerRecord
from .forkguard import ForkGuard
from .patience import TROUBLE, Patience
from .peers import Peers
from .shared import Shared

_logger = logging.getLogger(__name__)

#: A query that takes longer is a sign that others may have been cut off as well.
_SLOW = 1.0
#: Seconds between two clearings of the log.
_CLEAR_EVERY = 5.0


class QuietPeriod:
    """How long contact with the database has been without a break."""

    def __init__(self, lease: float, beat: float) -> None:
        self._lease = lease
        self._longest_gap = beat + 2 * _SLOW
        self._since: float | None = None
        self._last = 0.0
        self._drift = 0.0

    def broken(self) -> None:
        """Contact was lost."""
        self._since = None

    def answered(self, *, asked: float, now: float, wall: float) -> None:
        """A query sent at `asked` was answered at `now` (steady seconds; `wall` is the time of day then)."""
        drift = wall - now
        smooth = now - asked < _SLOW and now - self._last < self._longest_gap and abs(drift - self._drift) < _SLOW
        if self._since is None or not smooth:
            self._since = now
        self._last, self._drift = now, drift

    def is_over(self, now: float) -> bool:
        """Whether a full lease has passed since contact began or was last interrupted."""
        return self._since is not None and now - self._since >= self._lease


class Pulse:
    """Beats and reaps until it is stopped."""

    def __init__(self, database: Database, shared: Shared, record: RunnerRecord) -> None:
        self._database = database
        self._plan = plan = shared.plan
        self._record = record
        self._peers = Peers()
        self._reaped = shared.wake.ring
        self._cleared = time.monotonic()
        self._quiet = QuietPeriod(plan.lease, plan.beat)
        self.guard = ForkGuard(database)
        self._stop = threading.Event()
        self._patience = Patience(self._stop.wait, shared.seats.may_speak)
        self._thread = threading.Thread(target=self._live, name="pulse", daemon=True)

    def note(self, *, generation: str) -> None:
        """The runner works on another generation of the app from now on."""
        self._record = replace(self._record, generation=generation)

    def note_refused(self, refused: Mapping[str, str]) -> None:
        """These files could not be loaded."""
        self._record = replace(self._record, refused=refused)

    def start(self) -> None:
        """Begin; the runner is registered by now."""
        self._thread.start()

    def stop(self) -> None:
        """No further beat."""
        self._stop.set()
        self._thread.join(self._plan.beat)
        self._database.dispose()

    def _live(self) -> None:
        while not self._stop.is_set():
            with self.guard.at_work():
                self._beat()
            self._stop.wait(self._plan.beat)

    def _beat(self) -> None:
        asked = time.monotonic()
        try:
            self._sign()
            self._quiet.answered(asked=asked, now=time.monotonic(), wall=time.time())
            if self._quiet.is_over(time.monotonic()):
                self._reap()
            self._clear_log()
        except TROUBLE as error:
            self._quiet.broken()
            self._patience.wait(error)
        else:
            self._patience.answered()

    def _sign(self) -> None:
        record = self._record
        with self._database.begin() as connection:
            if not runners.beat(connection, record.id, generation=record.generation):
                _logger.warning("another runner took this one for dead; what it held runs elsewhere")
                runners.register(connection, record)
            known = runners.all(connection)
        self._peers.look(known, record)

    def _clear_log(self) -> None:
        """It costs the disk two writes that are waited for, so not with every beat of a fast pulse."""
        if time.monotonic() - self._cleared >= _CLEAR_EVERY:
            self._database.clear_log()
            self._cleared = time.monotonic()

    def _reap(self) -> None:
        with self._database.begin() as connection:
            released = runners.reap(connection, lease_us=int(self._plan.lease * 1e6))
        for dead in released:
            _logger.warning(
                "runner %d gave no sign of life: %d jobs run again, %d ended", dead.runner, len(dead.rerun),
                len(dead.ended),
            )  # fmt: skip
        if released:
            self._reaped()
