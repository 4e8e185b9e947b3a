"""Jitter: a delay per slot that is always the same for the same slot of the same task."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from jitai_tasks.schedule.series import Move, Series, walk


@dataclass(frozen=True, slots=True)
class Jittered:
    """Each instant of a series from `start` on, later by less than `width`, never later than `end`."""

    inner: Series
    width: int
    key: str
    start: int
    end: int

    def due(self, planned: int) -> int:
        """When the slot planned for `planned` is due."""
        digest = blake2b(f"{self.key}\0{planned}".encode(), digest_size=8).digest()
        return min(planned + int.from_bytes(digest) % self.width, self.end)

    def planned(self, due: int) -> int:
        """For when the slot was planned that is due at `due`."""
        return next(planned for planned in self._near(due) if self.due(planned) == due)

    def next_instant(self, at: int) -> int | None:
        best: int | None = None
        planned = self.inner.next_instant(max(at - self.width, self.start - 1))
        while planned is not None and planned <= self.end and (best is None or planned < best):
            due = self.due(planned)
            if due > at and (best is None or due < best):
                best = due
            planned = self.inner.next_instant(planned)
        return best

    def count(self, after: int, until: int) -> int:
        return self.inner.count(after, until) + self._late(after) - self._late(until)

    def instants(self, after: int, until: int) -> Iterable[int]:
        return walk(self, after, until)

    def move(self, instant: int) -> Move | None:
        return self.inner.move(self.planned(instant))

    def _late(self, at: int) -> int:
        """How many slots are planned for `at` or before, and due after it."""
        return sum(self.due(planned) > at for planned in self._near(at))

    def _near(self, at: int) -> Iterator[int]:
        return walk(self.inner, max(at - self.width, self.start - 1), at)
