"""The watchman looks at the seats: who is over the time limit, who performs what is no longer theirs, who hoards."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

from ..ids import shown
from ..store import Database, claims
from . import processes
from .crew import Member
from .seats import Glance, Phase, Seats
from .strays import Strays
from .verdicts import Verdict

_logger = logging.getLogger(__name__)

#: A job that takes longer than this lets its worker lose the rest of its batch, if somebody else is idle.
_HOARDING = 0.05
#: A job is asked after (has it been ended by force?) when it has run this long, and then this often.
_ASK_AFTER, _ASK_EVERY, _ASK_SOONEST = 0.25, 0.5, 0.05


class Watchman:
    """Kills workers, and remembers why until their death is reported."""

    def __init__(self, seats: Seats, runner: int) -> None:
        self._seats = seats
        self._runner = runner
        self._hoarding = Hoarding(seats)
        self._strays = Strays(seats, runner)
        self._asked = 0.0
        self.verdicts: dict[int, Verdict] = {}

    def look(self, workers: list[Member]) -> list[Glance]:
        """Kill who is over the limit; answers who sits on jobs that an idle worker could do (they lose them)."""
        hoarders = []
        self._strays.meet(workers)
        for member in workers:
            glance = self._seats.glance(member.seat)
            if glance.worker != member.worker:
                continue
            if glance.is_over_limit():
                self._kill(member, glance, expired=True)
            elif self._hoarding.recalled(member.seat, glance):
                hoarders.append(glance)
        return hoarders

    def wants_to_ask(self, workers: Iterable[Member], *, bell: bool) -> bool:
        """Whether it is time to ask the store which claims are still alive."""
        age = time.monotonic() - self._asked
        if age < (_ASK_SOONEST if bell else _ASK_EVERY):
            return False
        return self._strays.is_due() or any(self._performs(member, 0.0 if bell else _ASK_AFTER) for member in workers)

    def asking(self) -> None:
        """The store is being asked."""
        self._asked = time.monotonic()

    def ask(self, database: Database, workers: list[Member]) -> None:
        """Kill workers whose job somebody has ended meanwhile: what they do is no longer wanted."""
        before = {member.seat: self._seats.glance(member.seat) for member in workers}
        with database.read() as connection:
            live = claims.live_ids(connection, self._runner)
        for member in workers:
            glance = before[member.seat]
            if glance.phase is Phase.PERFORMING and live.get(glance.job) != glance.token:
                self._kill(member, glance, expired=False)
        if self._strays.is_due():
            self._strays.hand_back(database)

    def _performs(self, member: Member, seconds: float) -> bool:
        glance = self._seats.glance(member.seat)
        return glance.phase is Phase.PERFORMING and glance.seconds() >= seconds

    def _kill(self, member: Member, glance: Glance, *, expired: bool) -> None:
        """SIGKILL, unless the worker has gone on to something else since it was looked at."""
        again = self._seats.glance(member.seat)
        if again.count != glance.count or not member.pid or member.worker in self.verdicts:
            return
        self.verdicts[member.worker] = Verdict(glance.job, glance.token, expired)
        why = f"is over its time limit of {glance.timeout_ms / 1000:g} s" if expired else "has been ended"
        _logger.warning("job %s %s: its worker is killed and replaced", shown(glance.job), why)
        processes.kill_group(member.pid)


class Hoarding:
    """Takes the rest of a batch from a worker that is held up by one job, while another worker is idle."""

    def __init__(self, seats: Seats) -> None:
        self._seats = seats

    def recalled(self, seat: int, glance: Glance) -> bool:
        """Forbid a worker that hoards to begin another job of its batch; True if it had not begun one meanwhile.

        The worker first says what it begins, then looks whether it may; here it is the other way round. So either it
        sees the recall, or we see what it has begun.
        """
        more = glance.ahead > 0 or glance.coming != 0
        held_up = glance.phase is Phase.PERFORMING and more and glance.seconds() > _HOARDING
        if not held_up or self._seats.is_recalled(seat) or not self._seats.someone_idle():
            return False
        self._seats.recall(seat)
        return self._seats.glance(seat).count == glance.count


def share_out(database: Database, hoarder: Glance) -> None:
    """Hand back the jobs of a recalled batch that were not begun: the last ones, in the order of their turn; and those
    of the batch after it."""
    with database.begin() as connection:
        if hoarder.ahead:
            rest = claims.held(connection, hoarder.token)[-hoarder.ahead :]
            claims.hand_back(connection, hoarder.token, [job.id for job in rest])
        if hoarder.coming:
            claims.hand_back(connection, hoarder.coming)
