"""What becomes of the jobs a worker held when it ended: the supervisor's errands to the store about deaths."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from ..ids import shown
from ..store import Database, claims, jobs
from ..store.records import Released
from .crew import Death

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why the supervisor has killed a worker: the job in its hands, and whether its time limit was the reason."""

    job: int
    token: int
    expired: bool


def settle(
    database: Database, death: Death, verdict: Verdict | None, *, counted: bool, then: Callable[[Released], object]
) -> None:
    """Release what the dead worker held; `counted` if the job in its hands was interrupted by no will of ours."""
    hands = death.last
    begun = hands.begun() if counted and verdict is None else []
    with database.begin() as connection:
        now = database.now()
        if verdict is not None and verdict.expired:
            jobs.expire(connection, verdict.job, verdict.token, now=now)
        released = claims.release_worker(connection, death.member.worker, now=now, begun=begun)
    if begun:
        _logger.warning(
            "a worker died (%s) while it performed or finished job %s: %d jobs run again, %d ended",
            _how(death.status), shown(hands.job), len(released.rerun), len(released.ended),
        )  # fmt: skip
    then(released)


def _how(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit {status}"
