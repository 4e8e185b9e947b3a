"""Series that respect days off: slots left out, or moved to the workday after or before."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import NamedTuple

from jitai_tasks.schedule.civil import DAY
from jitai_tasks.schedule.local import LocalTime
from jitai_tasks.schedule.series import Between, Move, Moved, Series, walk
from jitai_tasks.schedule.workdays import Workdays

#: How far ahead a workday among the slots is looked for.
_HORIZON = 15 * 366
_FEWEST_TRIES = 8
#: So many workdays are remembered.
_MOST_KNOWN = 2000
#: So many slots are worked out one by one, and remembered.
_FEW = 20


@dataclass(frozen=True, slots=True)
class OnWorkdays:
    """The slots on workdays. Moving a slot by whole cycles until it is on a workday gives the same: the slots of a
    rule are their own cycle."""

    inner: Series
    local: LocalTime
    workdays: Workdays

    def next_instant(self, at: int) -> int | None:
        found = self.inner.next_instant(at)
        if found is None:
            return None
        day = self.local.zone.wall(found) // DAY
        return found if self.workdays.includes(day) else self._after_rest(day, self.local.zone.wall(at) // DAY)

    def _after_rest(self, day: int, asked: int) -> int | None:
        """The first slot on a workday after `day`, which is one off; `asked` is where the search began."""
        tries = 1
        while (later := self.workdays.at_or_after(day + 1)) is not None:
            if day > asked + _HORIZON and tries > _FEWEST_TRIES:
                break
            found = self.inner.next_instant(self.local.start_of_day(later) - 1)
            if found is None:
                break
            day, tries = self.local.zone.wall(found) // DAY, tries + 1
            if self.workdays.includes(day):
                return found
        return None

    def count(self, after: int, until: int) -> int:
        total = 0
        day = self.workdays.at_or_after(self.local.zone.wall(after) // DAY)
        while day is not None:
            end = day + 1
            while self.workdays.includes(end) and end < day + 7:
                end += 1
            first = max(self.local.start_of_day(day) - 1, after)
            if first >= until:
                break
            total += self.inner.count(first, min(self.local.start_of_day(end) - 1, until))
            day = self.workdays.at_or_after(end)
        return total

    def instants(self, after: int, until: int) -> Iterable[int]:
        return walk(self, after, until)

    def move(self, instant: int) -> Move | None:
        return self.inner.move(instant)


class _Source(NamedTuple):
    """A day whose slots run on a workday: those in (before, last]."""

    before: int
    last: int
    #: How much later they run; None if a clock changes on one of the two days: then each has its own way.
    shift: int | None


class _Target(NamedTuple):
    """A workday, and the days whose slots run on it: itself, and the days off that come before it or after it."""

    day: int
    #: In order; the workday is the last of them, or the first.
    sources: tuple[_Source, ...]
    before: int
    last: int
    #: The slots themselves where days off take part, if there are few of them or a clock changes.
    slots: list[int] | None


@dataclass(frozen=True, slots=True)
class MovedToWorkday:
    """The slots on days off go to a workday near, at the same time of day; slots that then coincide are one."""

    inner: Between
    local: LocalTime
    workdays: Workdays
    forward: bool = True
    #: By day: the workday that slots are due on if they are due on that day or next after it.
    _targets: dict[int, _Target] = field(default_factory=dict, repr=False, compare=False)

    def next_instant(self, at: int) -> int | None:
        target = self._at_or_after(self.local.zone.wall(at) // DAY)
        while target is not None:
            alone = len(target.sources) == 1
            found = None if alone else self._first_of(target, at)
            if found is not None:
                return found
            following = self.inner.next_instant(max(at, target.before) if alone else target.last)
            if following is None or (alone and following <= target.last):
                return following
            target = self._of(self.local.zone.wall(following) // DAY)
            if target is not None and len(target.sources) == 1:
                return following
        return None

    def count(self, after: int, until: int) -> int:
        total, last = 0, self.local.zone.wall(until) // DAY
        target = self._at_or_after(self.local.zone.wall(after) // DAY)
        while target is not None and target.day <= last:
            total += self._count_on(target, after, until)
            target = self._at_or_after(target.day + 1)
        return total

    def instants(self, after: int, until: int) -> Iterable[int]:
        return walk(self, after, until)

    def move(self, instant: int) -> Move | None:
        if self.inner.next_instant(instant - 1) == instant:
            return self.inner.move(instant)
        target = self._at_or_after(self.local.zone.wall(instant) // DAY)
        for before, last, shift in target.sources if target is not None else ():
            begin, end = (before, last) if shift is None else (instant - shift - 1, instant - shift)
            for found in self.inner.instants(begin, end):
                if self.moved_to(found) == instant:
                    return Move(Moved.HOLIDAY, self.named(found))
        return None

    def moved_to(self, slot: int) -> int:
        """Where a slot that the rule names goes: to itself, if it is on a workday."""
        day, time = divmod(self.named(slot), DAY)
        target = self.workdays.at_or_after(day) if self.forward else self.workdays.at_or_before(day)
        return slot if target in (None, day) else self.local.one_instant(target * DAY + time)

    def named(self, slot: int) -> int:
        """The wall time that the rule names a slot for: another day may have it where a gap leaves it out."""
        wall, move = self.local.zone.wall(slot), self.inner.move(slot)
        return move.wall if move is not None and move.wall // DAY == wall // DAY else wall

    def _first_of(self, target: _Target, at: int) -> int | None:
        """The first slot later than `at` on a workday that takes in days off."""
        if target.slots is not None:
            i = bisect_right(target.slots, at)
            return target.slots[i] if i < len(target.slots) else None
        best = None
        for before, last, shift in target.sources:
            assert shift is not None
            slot = self.inner.next_instant(max(at - shift, before))
            if slot is not None and slot <= last and (best is None or slot + shift < best):
                best = slot + shift
        return best

    def _count_on(self, target: _Target, after: int, until: int) -> int:
        """How many slots in (after, until] run on a workday."""
        source = target.sources[0]
        if len(target.sources) == 1:
            return self.inner.count(max(source.before, after), min(source.last, until))
        if target.slots is not None:
            return bisect_right(target.slots, until) - bisect_right(target.slots, after)
        if self.inner.start <= target.before + 1 and target.last <= self.inner.end:
            return self._count_whole(target.sources, after, until)
        return sum(after < found <= until for found in self._all_on(target.sources, target.day))

    def _count_whole(self, sources: Iterable[_Source], after: int, until: int) -> int:
        """The slots in (after, until] of whole days without a change of clocks: two days whose first slots are at the
        same time of day have all of them in common, and no slot if those are not."""
        counts: dict[int, int] = {}
        for before, last, shift in sources:
            slot = self.inner.next_instant(before)
            if slot is not None and slot <= last and shift is not None and slot + shift not in counts:
                begin, end = max(before, after - shift), min(last, until - shift)
                counts[slot + shift] = self.inner.count(begin, end) if begin < end else 0
        return sum(counts.values())

    def _all_on(self, sources: Iterable[_Source], workday: int) -> set[int]:
        """The slots that run on a workday."""
        found: set[int] = set()
        times: set[int] = set()
        for before, last, shift in sources:
            if shift is not None:
                found.update(slot + shift for slot in self.inner.instants(before, last))
            else:
                times.update(self._times_of_day(before, last))
        found.update(self.local.one_instant(workday * DAY + time) for time in times)
        return found

    def _times_of_day(self, before: int, last: int) -> Iterator[int]:
        """The times that the rule names the slots of a day, (before, last], for."""
        slots, wall = self.inner.instants(before, last), self.local.zone.wall
        ahead = wall(last) - last
        if wall(before + 1) - (before + 1) == ahead:  # no clock changes on it
            return ((slot + ahead) % DAY for slot in slots)
        return (self.named(slot) % DAY for slot in slots)

    def _slots_on(self, sources: tuple[_Source, ...], workday: int) -> list[int] | None:
        """All slots of a workday that takes in days off, where that is the way to know them."""
        if len(sources) == 1:
            return None
        few = len(list(islice(self.inner.instants(sources[0].before, sources[-1].last), _FEW))) < _FEW
        if few or any(source.shift is None for source in sources):
            return sorted(self._all_on(sources, workday))
        return None

    def _at_or_after(self, day: int) -> _Target | None:
        """The first workday that is not before `day`."""
        known = self._targets.get(day)
        if known is not None:
            return known
        workday = self.workdays.at_or_after(day)
        if workday is None:
            return None
        if len(self._targets) > _MOST_KNOWN:
            self._targets.clear()
        self._targets[day] = target = self._worked_out(workday)
        return target

    def _of(self, day: int) -> _Target | None:
        """The workday that slots of `day` run on."""
        if self.forward:
            return self._at_or_after(day)
        workday = self.workdays.at_or_before(day)
        return None if workday is None else self._at_or_after(workday)

    def _worked_out(self, workday: int) -> _Target:
        days = self._days_for(workday)
        bounds = list(pairwise(self.local.start_of_day(day) for day in range(days.start, days.stop + 1)))
        own, end = bounds[workday - days.start]
        sources = tuple(_Source(first - 1, after - 1, _shift(first, after, own, end)) for first, after in bounds)
        slots = self._slots_on(sources, workday)
        return _Target(day=workday, sources=sources, before=bounds[0][0] - 1, last=bounds[-1][1] - 1, slots=slots)

    def _days_for(self, workday: int) -> range:
        """The days whose slots run on this workday: it, and the days off before or after it."""
        if self.forward:
            before = self.workdays.at_or_before(workday - 1)
            return range(workday if before is None else before + 1, workday + 1)
        after = self.workdays.at_or_after(workday + 1)
        return range(workday, workday + 1 if after is None else after)


def _shift(first: int, after: int, own: int, end: int) -> int | None:
    """How much later the slots of the day [first, after) run on the workday [own, end)."""
    return own - first if first == own or after - first == end - own == DAY else None
