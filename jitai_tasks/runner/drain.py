"""Draining: noticing that nothing is due any more."""

from __future__ import annotations

from collections.abc import Iterable

from ..store import Database, claims
from .crew import Member
from .plan import Plan
from .seats import Glance, Phase, Seats


class Drain:
    """Done when the schedules were looked after, everybody rests, and the store has nothing due."""

    def __init__(self, plan: Plan, seats: Seats) -> None:
        self._plan = plan
        self._seats = seats
        self._asked: list[Glance] | None = None
        self.done = False

    def wants_to_ask(self, members: Iterable[Member]) -> bool:
        """Whether the store should be asked now."""
        if self._asked is not None or not self._all_rest(members):
            return False
        self._asked = self._seats.glances()
        return True

    def ask(self, database: Database) -> None:
        """Ask the store what is due; nobody may have stirred meanwhile."""
        with database.read() as connection:
            due = claims.next_due(connection, queues=self._plan.queues)
        nothing_due = due is None or due > database.now()
        stirred = [a.done for a in self._asked or []] != [b.done for b in self._seats.glances()]
        self._asked = None
        self.done = nothing_due and not stirred

    def _all_rest(self, members: Iterable[Member]) -> bool:
        """Every worker is idle, and the keeper has made its first round."""
        seats = [(member.role, self._seats.glance(member.seat)) for member in members]
        idle = all(glance.phase in (Phase.IDLE, Phase.RESTING) for _, glance in seats)
        return idle and any(role == "keeper" and glance.done > 0 for role, glance in seats)
