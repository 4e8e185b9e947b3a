"""Strays: jobs that the store gives to a worker which knows nothing of them.

When a worker is killed, or its connection breaks, while the server is busy committing its claim, the claim may take
effect after everybody has looked: nobody would perform these jobs, and nobody would miss them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

from ..store import Database, claims
from .crew import Member
from .seats import Glance, Phase, Seats

_logger = logging.getLogger(__name__)

_LOOK_EVERY = 2.0
#: In these phases a worker holds what its seat says, and nothing else.
_SURE = (Phase.IDLE, Phase.PERFORMING)


class Strays:
    """Remembers who has worked here, and hands back what no worker holds."""

    def __init__(self, seats: Seats, runner: int) -> None:
        self._seats = seats
        self._runner = runner
        self._present: dict[int, int] = {}
        self._gone: set[int] = set()
        self._looked = time.monotonic()

    def meet(self, workers: Iterable[Member]) -> None:
        """These work here now; who is missing has ended and will not come back."""
        present = {member.worker: member.seat for member in workers}
        self._gone.update(self._present.keys() - present.keys())
        self._present = present

    def is_due(self) -> bool:
        """Whether it is time to look."""
        return time.monotonic() - self._looked >= _LOOK_EVERY

    def hand_back(self, database: Database) -> None:
        """Hand back, uncounted, what nobody holds. Safe at any time: a claim that is handed back cannot be finished."""
        self._looked = time.monotonic()
        gone, present = set(self._gone), dict(self._present)
        before = {worker: self._seats.glance(seat) for worker, seat in present.items()}
        with database.read() as connection:
            held = claims.holders(connection, self._runner)
        recalled = {worker for worker, seat in present.items() if self._seats.is_recalled(seat)}  # before the last look
        now = {worker: self._seats.glance(seat) for worker, seat in present.items()}
        still = {worker: glance for worker, glance in now.items() if _has_not_stirred(worker, glance, before[worker])}
        known = {worker: _known_to(glance, recalled=worker in recalled) for worker, glance in still.items()}
        tokens = {token for worker, token in held if worker in gone or (worker in known and token not in known[worker])}
        for token in tokens:
            with database.begin() as connection:
                count = claims.hand_back(connection, token)
            _logger.warning("%d jobs of a claim whose answer was lost wait again", count)


def _has_not_stirred(worker: int, now: Glance, before: Glance) -> bool:
    return now.worker == worker and now.count == before.count and now.phase in _SURE


def _known_to(glance: Glance, *, recalled: bool) -> tuple[int, ...]:
    """The claims that a worker will still finish, or perform; what comes after a recall is dropped."""
    return (glance.token, glance.behind) if recalled else (glance.token, glance.behind, glance.coming)
