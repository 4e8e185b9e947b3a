"""Forgetting old history without being in anybody's way: in portions as large as the database takes quickly."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ..ids import first_id
from . import alarms, history, occurrences, schedules
from .trouble import rerun

if TYPE_CHECKING:
    from .database import Database

#: Runs in the first portion: with the largest logs these are 5 MiB.
_FIRST, _LARGEST = 5, 1_000
#: Seconds a portion should take. Nobody who waits for one shall notice.
_ENOUGH, _TOO_LONG = 0.02, 0.05
_EARLIEST = -(1 << 63)


class Portion:
    """How many runs to forget at a time, learnt from how long the last ones took."""

    def __init__(self) -> None:
        self.size = _FIRST

    def took(self, seconds: float) -> None:
        """The last portion took this long."""
        if seconds > _TOO_LONG:
            self.size = max(self.size // 4, 1)
        elif seconds < _ENOUGH:
            self.size = min(self.size * 2, _LARGEST)


def prune(database: Database, *, before: int, stopping: Callable[[], bool] = lambda: False) -> Iterator[int]:
    """Forget the runs that ended before `before`, oldest first, with their logs; answers the number in each portion.

    Every portion is a transaction of its own, and gives way to others after it for as long as it took.
    """
    portion = Portion()
    while not stopping():
        size = portion.size
        with _timed(portion):
            gone = rerun(database, partial(history.prune, before=before, limit=size))
        yield gone
        if gone < size:
            return


def prune_occurrences(
    database: Database, *, before: int, stopping: Callable[[], bool] = lambda: False
) -> Iterator[int]:
    """Forget the planned moments of schedules from before `before`, and alarms; answers the number in each portion.

    Kept are those of rows, of jobs that were created later (a backfill) or still live, and what is not behind the
    watermark: a schedule comes back to nothing that is forgotten.
    """
    portion, made_before = Portion(), first_id(before)
    with database.read() as connection:
        marks = {task: state.watermark for task, state in schedules.all(connection).items()}
    for task, watermark in marks.items():
        ends = {alarms.BY: before, alarms.DURATION: before}
        if watermark is not None:
            ends[""] = min(before, watermark)
        for subject, end in ends.items():
            walk = _Walk(database=database, task=task, subject=subject, before=end, made_before=made_before)
            yield from walk.prune(portion, stopping)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    """Through the old moments of one task or of its alarms, each looked at once."""

    database: Database
    task: str
    #: "" for the schedule, or the subject of an alarm.
    subject: str
    before: int
    made_before: int

    def prune(self, portion: Portion, stopping: Callable[[], bool]) -> Iterator[int]:
        after: int | None = _EARLIEST
        while after is not None and not stopping():
            with _timed(portion):
                gone, after = self._forget(after, portion.size)
            yield gone

    def _forget(self, after: int, limit: int) -> tuple[int, int | None]:
        """How many of the next `limit` were forgotten, and where to go on."""
        made_before = self.made_before
        with self.database.read() as connection:
            found = occurrences.past(
                connection, self.task, subject=self.subject, after=after, before=self.before, limit=limit
            )
            slots = occurrences.over(connection, found, made_before=made_before)
        forget = partial(occurrences.prune, task=self.task, subject=self.subject, slots=slots, made_before=made_before)
        gone = rerun(self.database, forget) if slots else 0
        return gone, found[-1][0] if len(found) == limit else None


@contextmanager
def _timed(portion: Portion) -> Iterator[None]:
    began = time.monotonic()
    yield
    seconds = time.monotonic() - began
    portion.took(seconds)
    time.sleep(min(seconds, 0.1))
