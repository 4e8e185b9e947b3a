"""Series of instants: what a schedule is made of. Each answers the next instant, and how many there are in a range."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from jitai_tasks.schedule.local import LocalTime, WallRule


class Moved(StrEnum):
    """Why a slot is not where the rule names it."""

    HOLIDAY = "holiday"
    DST = "dst"


class Move(NamedTuple):
    """Why a slot was moved, and the wall time that the rule named."""

    reason: Moved
    wall: int


class Series(Protocol):
    """Strictly increasing instants."""

    def next_instant(self, at: int) -> int | None:
        """The first instant strictly later than `at`."""

    def count(self, after: int, until: int) -> int:
        """How many instants lie in (after, until]."""

    def instants(self, after: int, until: int) -> Iterable[int]:
        """The instants in (after, until], in order."""

    def move(self, instant: int) -> Move | None:
        """What moved the slot at `instant`; None if it stands where the rule names it."""


def walk(series: Series, after: int, until: int) -> Iterator[int]:
    """The instants in (after, until], one step after the other."""
    found = series.next_instant(after)
    while found is not None and found <= until:
        yield found
        found = series.next_instant(found)


@dataclass(frozen=True, slots=True)
class Once:
    """One instant."""

    at: int

    def next_instant(self, at: int) -> int | None:
        return self.at if at < self.at else None

    def count(self, after: int, until: int) -> int:
        return int(after < self.at <= until)

    def instants(self, after: int, until: int) -> Iterable[int]:
        return (self.at,) if after < self.at <= until else ()

    def move(self, instant: int) -> Move | None:
        return None


@dataclass(frozen=True, slots=True)
class Elapsed:
    """`anchor`, and every `step` microseconds before and after it, whatever the wall clock does."""

    anchor: int
    step: int

    def next_instant(self, at: int) -> int | None:
        return at + self.step - (at - self.anchor) % self.step

    def count(self, after: int, until: int) -> int:
        return max((until - self.anchor) // self.step - (after - self.anchor) // self.step, 0)

    def instants(self, after: int, until: int) -> Iterable[int]:
        return range(after + self.step - (after - self.anchor) % self.step, until + 1, self.step)

    def move(self, instant: int) -> Move | None:
        return None


@dataclass(frozen=True, slots=True)
class OnTheWall:
    """A rule of wall times in a zone."""

    rule: WallRule
    local: LocalTime

    def next_instant(self, at: int) -> int | None:
        return self.local.next_instant(self.rule, at)

    def count(self, after: int, until: int) -> int:
        return self.local.count(self.rule, after, until)

    def instants(self, after: int, until: int) -> Iterable[int]:
        return self.local.instants_of(self.rule, after, until)

    def move(self, instant: int) -> Move | None:
        named = self.local.gap_wall(self.rule, instant)
        return None if named is None else Move(Moved.DST, named)


@dataclass(frozen=True, slots=True)
class Later:
    """The instants of a series, each later by `delta`, whatever the wall clock does."""

    inner: Series
    delta: int

    def next_instant(self, at: int) -> int | None:
        found = self.inner.next_instant(at - self.delta)
        return None if found is None else found + self.delta

    def count(self, after: int, until: int) -> int:
        return self.inner.count(after - self.delta, until - self.delta)

    def instants(self, after: int, until: int) -> Iterable[int]:
        return (found + self.delta for found in self.inner.instants(after - self.delta, until - self.delta))

    def move(self, instant: int) -> Move | None:
        found = self.inner.move(instant - self.delta)
        return None if found is None else Move(found.reason, found.wall + self.delta)


@dataclass(frozen=True, slots=True)
class Between:
    """The instants of a series from `start` to `end`, both included."""

    inner: Series
    start: int
    end: int

    def next_instant(self, at: int) -> int | None:
        found = self.inner.next_instant(max(at, self.start - 1))
        return found if found is not None and found <= self.end else None

    def count(self, after: int, until: int) -> int:
        after, until = max(after, self.start - 1), min(until, self.end)
        return self.inner.count(after, until) if after < until else 0

    def instants(self, after: int, until: int) -> Iterable[int]:
        after, until = max(after, self.start - 1), min(until, self.end)
        return self.inner.instants(after, until) if after < until else ()

    def move(self, instant: int) -> Move | None:
        return self.inner.move(instant)
