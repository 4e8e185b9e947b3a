"""The keeper: sees to it that every enabled task has its next job, and that the history does not grow for ever."""

from __future__ import annotations

import logging
import math
import signal
import time
from collections.abc import Callable
from itertools import chain

from .. import datefields, planning
from ..app import App
from ..clock import SECOND
from ..outlook.deadlines import notice
from ..store import pruning
from ..store.trouble import refused
from .outcome import attempt, message
from .patience import TROUBLE, Patience
from .seats import Phase, Seat
from .shared import Shared
from .signals import Signals

_logger = logging.getLogger(__name__)

_DAY = 86_400 * SECOND
_PRUNE_EVERY = 600.0
#: Planned moments are remembered so many times as long as history, so that a backfill knows what ran.
_MEMORY = 2


class Keeper:
    """One process or thread per runner; any number may work on one database, each finds done what another did."""

    def __init__(self, app: App, shared: Shared, seat: Seat, *, signals: Signals, stopping: Callable[[], bool]) -> None:
        self._app = app
        self._shared = shared
        self._seat = seat
        self._signals = signals
        self._stopping = stopping
        self._patience = Patience(self._sleep, shared.seats.may_speak)
        self._pruned = time.monotonic()
        self._swept = -math.inf

    def keep(self) -> None:
        """Look after the schedules now, whenever the supervisor asks, and every minute."""
        while not self._stopping():
            self._seat.say(Phase.PERFORMING)
            if self._tend():
                self._seat.done += 1
            self._seat.say(Phase.RESTING)
            self._sleep(self._shared.plan.heal_every)
            self._signals.take_all_but(signal.SIGTERM)

    def _tend(self) -> bool:
        """One round, again until the database has answered; False if this process shall stop before."""
        while not self._stopping():
            tended = attempt(self._round)
            if tended.error is None:
                self._patience.answered()
                return True
            if not isinstance(tended.error, TROUBLE) or refused(tended.error):
                _logger.error("the schedules could not all be looked after: %s", message(tended.error))
                return True
            self._patience.wait(tended.error)
        return False

    def _round(self) -> None:
        planning.ensure(self._app)
        notice(self._app)
        if time.monotonic() - self._swept > datefields.EVERY:
            datefields.sweep(self._app, stopping=self._stopping)
            self._swept = time.monotonic()
        if time.monotonic() - self._pruned > _PRUNE_EVERY:
            self._prune()
            self._pruned = time.monotonic()

    def _prune(self) -> None:
        database, days = self._app.database, self._app.settings.history_days * _DAY
        now = database.now()
        runs = pruning.prune(database, before=now - days, stopping=self._stopping)
        moments = pruning.prune_occurrences(database, before=now - _MEMORY * days, stopping=self._stopping)
        for _ in chain(runs, moments):
            self._seat.say(Phase.PERFORMING)

    def _sleep(self, seconds: float) -> None:
        if not self._stopping():
            self._signals.wait(seconds)


def keep(app: App, shared: Shared, seat: Seat, _worker: int) -> int:
    """The body of the keeper process: until SIGTERM; SIGUSR1 asks for a round."""
    signals = Signals()
    signals.catch([signal.SIGTERM, signal.SIGUSR1])

    def stopping() -> bool:
        return signals.came(signal.SIGTERM) or seat.retired()

    Keeper(app, shared, seat, signals=signals, stopping=stopping).keep()
    return 0
