"""From wall time to instants under a zone's daylight saving: which instants a wall time names, and rules of walls."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple, Protocol

from jitai_tasks.schedule.civil import DAY, LAST_INSTANT, SECOND
from jitai_tasks.schedule.zones import Zone


class Gap(StrEnum):
    """When a slot fires whose wall time does not exist: at the gap's end, one second before it begins, or never."""

    AFTER = "after"
    BEFORE = "before"
    SKIP = "skip"


class Overlap(StrEnum):
    """Which of the two instants a wall time means that exists twice."""

    FIRST = "first"
    SECOND = "second"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class DstPolicy:
    """What daylight saving does to slots given in wall time."""

    gap: Gap = Gap.AFTER
    overlap: Overlap = Overlap.FIRST


#: A wall time and its instants are closer than this.
_ROOM = 3 * DAY
#: The first instant after a gap, the first of an overlap: what is done where nothing else is asked for.
USUAL = DstPolicy()


class WallRule(Protocol):
    """A rule on the wall clock, without zone, start or end."""

    def next_wall(self, wall: int) -> int | None:
        """The first wall time of the rule at or after `wall`; None if there is none up to the year 9999."""

    def count_walls(self, start: int, end: int) -> int:
        """How many wall times of the rule lie in [start, end)."""

    def walls(self, start: int, end: int) -> Iterable[int]:
        """The wall times of the rule in [start, end), in order."""


@dataclass(frozen=True, slots=True)
class Shifted:
    """The wall times of another rule, each later by `delta`."""

    inner: WallRule
    delta: int

    def next_wall(self, wall: int) -> int | None:
        found = self.inner.next_wall(wall - self.delta)
        return None if found is None else found + self.delta

    def count_walls(self, start: int, end: int) -> int:
        return self.inner.count_walls(start - self.delta, end - self.delta)

    def walls(self, start: int, end: int) -> Iterator[int]:
        return (wall + self.delta for wall in self.inner.walls(start - self.delta, end - self.delta))


class _Table(NamedTuple):
    """Interval i takes the wall times [lows[i], highs[i]) and makes them instants, held within [starts[i], caps[i]]."""

    starts: list[int]
    offsets: list[int]
    lows: list[int]
    highs: list[int]
    caps: list[int]


class LocalTime:
    """Wall time of one zone under one policy."""

    __slots__ = ("_horizon", "_table", "_usual", "policy", "zone")

    def __init__(self, zone: Zone, policy: DstPolicy = USUAL) -> None:
        self.zone = zone
        self.policy = policy
        #: The same zone under the usual policy, where every wall time has exactly one instant.
        self._usual = self if policy == USUAL else LocalTime(zone)
        self._table = _table_of(zone, policy)
        self._horizon = zone.horizon

    def next_instant(self, rule: WallRule, at: int) -> int | None:
        """The first instant of `rule` strictly later than `at`."""
        if at >= self._horizon - 1:
            return self._far(rule, at)
        starts, offsets, lows, highs, caps = self._table
        i = bisect_right(starts, at) - 1
        offset, low = offsets[i], lows[i]
        wall = at + offset + 1
        found = rule.next_wall(wall if wall > low else low)
        if found is None:
            return None
        if found < highs[i]:
            instant = found - offset
            if instant <= caps[i]:
                return instant
            if caps[i] > at:
                return caps[i]
        if wall > highs[i]:
            # In the first pass of an overlap whose second one counts: its walls are still to come.
            found = rule.next_wall(highs[i]) or found
        return self._later(rule, i + 1, found)

    def count(self, rule: WallRule, after: int, until: int) -> int:
        """How many instants of `rule` lie in (after, until]."""
        pieces = self.zone.pieces(after, until)
        return sum(self._count(behind(rule, ahead), begin, end) for ahead, begin, end in pieces)

    def instants_of(self, rule: WallRule, after: int, until: int) -> Iterator[int]:
        """The instants of `rule` in (after, until], in order."""
        for ahead, begin, end in self.zone.pieces(after, until):
            found = self._listed(behind(rule, ahead), begin, end)
            yield from (each + ahead for each in found) if ahead else found

    def instants(self, wall: int) -> tuple[int, ...]:
        """The instants that a wall time names: none, one or two."""
        if ahead := self.zone.ahead(wall):
            return tuple(each + ahead for each in self.instants(wall - ahead))
        table = self._table
        middle = bisect_right(table.starts, wall) - 1
        near = range(max(middle - 3, 0), min(middle + 4, len(table.starts)))
        return tuple(
            min(max(table.starts[i], wall - table.offsets[i]), table.caps[i])
            for i in near
            if table.lows[i] <= wall < table.highs[i]
        )

    def one_instant(self, wall: int) -> int:
        """The instant of a wall time that must have exactly one: a start, an end, the value of a date field."""
        found = self.instants(wall)
        return found[0] if found else self._usual.only_instant(wall)

    def start_of_day(self, day: int) -> int:
        """The first instant of a local day."""
        return self._usual.only_instant(day * DAY)

    def only_instant(self, wall: int) -> int:
        """The one instant of a wall time under the usual policy, which must be this one's."""
        if ahead := self.zone.ahead(wall):
            return self.only_instant(wall - ahead) + ahead
        # Under this policy each interval's wall times begin where those of the one before it end.
        i = bisect_right(self._table.lows, wall) - 1
        return max(self._table.starts[i], wall - self._table.offsets[i])

    def gap_wall(self, rule: WallRule, instant: int) -> int | None:
        """The wall time in a gap for which `rule` fires at `instant`; None if `instant` shows a time of the rule."""
        if ahead := self.zone.ahead(instant):
            found = self.gap_wall(behind(rule, ahead), instant - ahead)
            return None if found is None else found + ahead
        starts, offsets, lows, _, caps = self._table
        i = bisect_right(starts, instant) - 1
        wall = instant + offsets[i]
        if rule.next_wall(wall) == wall:
            return None
        return rule.next_wall(lows[i] if instant == starts[i] else caps[i] + offsets[i] + 1)

    def _later(self, rule: WallRule, i: int, found: int) -> int | None:
        """The first instant of `rule` from interval `i` on; `found` is its first wall time after interval i - 1."""
        starts, offsets, lows, highs, caps = self._table
        wall: int | None = found
        while i < len(starts):
            if found < lows[i] or lows[i] < highs[i - 1]:
                wall = rule.next_wall(lows[i])
            if wall is None:
                return None
            if wall < highs[i]:
                return min(max(starts[i], wall - offsets[i]), caps[i])
            i, found = i + 1, wall
        return self._far(rule, max(found - _ROOM, self._horizon - 1))

    def _far(self, rule: WallRule, at: int) -> int | None:
        """The same where the table has ended."""
        if at > LAST_INSTANT:
            return None
        ahead = self.zone.ahead(at)
        found = self.next_instant(behind(rule, ahead), at - ahead)
        return None if found is None else found + ahead

    def _count(self, rule: WallRule, after: int, until: int) -> int:
        first = bisect_right(self._table.starts, after) - 1
        last = bisect_right(self._table.starts, until) - 1
        return sum(self._count_within(rule, i, after + 1, until + 1) for i in range(first, last + 1))

    def _listed(self, rule: WallRule, after: int, until: int) -> Iterator[int]:
        first = bisect_right(self._table.starts, after) - 1
        last = bisect_right(self._table.starts, until) - 1
        for i in range(first, last + 1):
            yield from self._within(rule, i, after + 1, until + 1)

    def _count_within(self, rule: WallRule, i: int, begin: int, end: int) -> int:
        """How many instants of interval `i` lie in [begin, end)."""
        low, high = self._plain(i, begin, end)
        count = rule.count_walls(low, high) if low < high else 0
        return count + self._has_first(rule, i, begin, end) + self._has_last(rule, i, begin, end)

    def _within(self, rule: WallRule, i: int, begin: int, end: int) -> Iterator[int]:
        """The instants of interval `i` that lie in [begin, end)."""
        low, high = self._plain(i, begin, end)
        offset = self._table.offsets[i]
        if self._has_first(rule, i, begin, end):
            yield self._table.starts[i]
        for wall in rule.walls(low, high) if low < high else ():
            yield wall - offset
        if self._has_last(rule, i, begin, end):
            yield self._table.caps[i]

    def _plain(self, i: int, begin: int, end: int) -> tuple[int, int]:
        """The wall times of interval `i` that fall into [begin, end) without being moved."""
        starts, offsets, lows, highs, caps = self._table
        offset = offsets[i]
        low = max(begin + offset, starts[i] + offset, lows[i])
        return low, min(end + offset, highs[i], caps[i] + offset + 1)

    def _has_first(self, rule: WallRule, i: int, begin: int, end: int) -> bool:
        """Whether the start of interval `i` is a slot only because a gap moves one there."""
        start, low = self._table.starts[i], self._table.lows[i]
        enter = start + self._table.offsets[i]
        if low >= enter or not begin <= start < end:
            return False
        return rule.count_walls(low, enter) > 0 and rule.count_walls(enter, enter + 1) == 0

    def _has_last(self, rule: WallRule, i: int, begin: int, end: int) -> bool:
        """Whether the last second of interval `i` is a slot only because a gap moves one there."""
        cap, high = self._table.caps[i], self._table.highs[i]
        leave = cap + self._table.offsets[i]
        if high <= leave + 1 or not begin <= cap < end:
            return False
        return rule.count_walls(leave + 1, high) > 0 and rule.count_walls(leave, leave + 1) == 0


def behind(rule: WallRule, ahead: int) -> WallRule:
    """The rule, each wall time earlier by `ahead`."""
    return Shifted(rule, -ahead) if ahead else rule


@lru_cache(maxsize=4096)
def _table_of(zone: Zone, policy: DstPolicy) -> _Table:
    starts, offsets = zone.starts, zone.offsets
    ends = [*starts[1:], zone.horizon]
    before = [offsets[0], *offsets[:-1]]
    after = [*offsets[1:], offsets[-1]]
    lows = [_low(*row, policy) for row in zip(starts, offsets, before, strict=True)]
    highs = [_high(*row, policy) for row in zip(ends, offsets, after, strict=True)]
    last = SECOND if policy.gap is Gap.BEFORE else 1
    return _Table(starts, offsets, lows, highs, [end - last for end in ends])


def _low(start: int, offset: int, before: int, policy: DstPolicy) -> int:
    if offset > before:
        return start + (before if policy.gap is Gap.AFTER else offset)
    return start + (before if policy.overlap is Overlap.FIRST else offset)


def _high(end: int, offset: int, after: int, policy: DstPolicy) -> int:
    if after > offset:
        return end + (after if policy.gap is Gap.BEFORE else offset)
    return end + (after if policy.overlap is Overlap.SECOND else offset)
