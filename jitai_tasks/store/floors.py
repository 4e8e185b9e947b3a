"""Where the due jobs of a lane begin, as the last claims saw it.

PostgreSQL, MariaDB and MySQL leave claimed rows behind as dead entries at the head of the index until they are
cleaned away, and a long transaction somewhere else keeps them from being cleaned. While there is a backlog a claim
therefore starts behind the job that the claim before it reached. What lies before that (a job handed back, or created
by another process with an earlier due time) is found by looking from the very beginning: again and again after a short
while, and whenever there is less than was asked for.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from .records import Job, NewJob

#: By queue and priority: the due time and the id of the job that a claim reached last.
Lanes = dict[tuple[str, int], tuple[int, int]]
NOTHING = (-(1 << 63), -1)

#: Seconds until the next look from the beginning: at least this, and longer where such a look costs much.
_AT_LEAST = 0.05
_TIMES_ITS_COST = 25
_AT_MOST = 1.0


class Floors:
    """The floors of one process."""

    def __init__(self) -> None:
        self._lanes: Lanes = {}
        self._until = 0.0
        #: Rises whenever floors are forgotten: what a claim has seen before that says nothing any more.
        self.forgotten = 0

    def usable(self) -> Lanes:
        """Where to start; empty when it is time to look from the beginning."""
        return self._lanes if time.monotonic() < self._until else {}

    def learn(self, claimed: Sequence[Job], limit: int, *, cost: float | None) -> None:
        """After a claim: raise the floors of a backlog, or forget them where it ended.

        `cost`: seconds that it took to look from the beginning; None if that was not done.
        """
        reached = {(job.queue, job.priority): (job.due, job.id) for job in claimed}
        self._lanes = self._lanes | reached if len(claimed) == limit else {}
        if cost is not None:
            self._until = time.monotonic() + min(max(_AT_LEAST, cost * _TIMES_ITS_COST), _AT_MOST)

    def note(self, new: Iterable[NewJob]) -> None:
        """Jobs were created here: those that come before a floor would be overlooked for a while."""
        lanes = self._lanes
        if lanes and any((job.due, job.id) < lanes.get((job.queue, job.priority), NOTHING) for job in new):
            self.forget()

    def forget(self) -> None:
        """Jobs came back: look from the beginning."""
        self._lanes = {}
        self.forgotten += 1
