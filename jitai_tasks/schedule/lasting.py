"""Runs that take their time: what the `overlap` policy of a task does to those that come meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from jitai_tasks.schedule.building import UNITS, shortest_distance
from jitai_tasks.schedule.civil import DAY, HOUR
from jitai_tasks.schedule.missed import Skipped
from jitai_tasks.schedule.schedule import HolidayPolicy, Schedule
from jitai_tasks.schedule.simulate import Run


class WhileAtWork(StrEnum):
    """What becomes of a slot that comes while a run is at work: the values of `overlap`."""

    SKIP = "skip"
    QUEUE = "queue"
    ALLOW = "allow"
    CANCEL = "cancelPrevious"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasting:
    """How long each run of a task takes, in microseconds, and what it does to others."""

    duration: int = 0
    overlap: WhileAtWork = WhileAtWork.SKIP

    @property
    def matters(self) -> bool:
        """Whether runs may begin elsewhere than planned, or not at all."""
        return self.duration > 0 and self.overlap in (WhileAtWork.SKIP, WhileAtWork.QUEUE)


class Lasted:
    """Plays the runs of a task one after the other; afterwards `ended` is how many made way for the next one."""

    def __init__(self, lasting: Lasting, until: int) -> None:
        self._lasting = lasting
        #: No run begins later.
        self._until = until
        self._began = self._free = -1 << 62
        self._skipped: Skipped | None = None
        self.ended = 0

    def play(self, planned: Iterable[Run | Skipped]) -> Iterator[Run | Skipped]:
        """The runs as they begin, and the ranges that do not run, from what is planned in the order of beginning."""
        for each in planned:
            if isinstance(each, Skipped):
                yield from self._told()
                yield each
            elif self._is_left_out(each):
                self._leave_out(each.due)
            else:
                yield from self._told()
                yield from self._begin(each)
        yield from self._told()

    def _is_left_out(self, run: Run) -> bool:
        return self._lasting.overlap is WhileAtWork.SKIP and self._began <= run.due < self._free

    def _begin(self, run: Run) -> Iterator[Run]:
        begins = max(run.begins, self._free) if self._lasting.matters else run.begins
        if begins > self._until:
            return
        self.ended += self._lasting.overlap is WhileAtWork.CANCEL and begins < self._free
        self._began, self._free = begins, begins + self._lasting.duration
        yield run if begins == run.begins else Run(due=run.due, begins=begins)

    def _leave_out(self, due: int) -> None:
        before = self._skipped
        first, count = (due, 1) if before is None else (before.first, before.count + 1)
        self._skipped = Skipped(first=first, last=due, count=count, overlapped=True)

    def _told(self) -> Iterator[Skipped]:
        if self._skipped is not None:
            yield self._skipped
            self._skipped = None


def may_overlap(schedule: Schedule, lasting: Lasting) -> bool:
    """Whether a run of this length may still be at work when the next one comes."""
    if lasting.duration <= 0 or lasting.overlap is WhileAtWork.ALLOW:
        return False
    distance = shortest_distance(schedule.rule) - schedule.jitter
    moved = schedule.resting is not None and schedule.resting.policy is not HolidayPolicy.CYCLE
    if moved and schedule.rule.kind in UNITS and DAY % distance:
        return True
    # A day of a clock change is shorter.
    return lasting.duration > distance - (2 * HOUR if distance >= DAY else 0)
