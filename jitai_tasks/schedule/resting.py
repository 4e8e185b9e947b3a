"""Series that respect days off: slots left out, or moved to the workday after or before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from jitai_tasks.schedule.civil import DAY
from jitai_tasks.schedule.local import LocalTime
from jitai_tasks.schedule.series import Move, Moved, Series, walk
from jitai_tasks.schedule.workdays import Workdays

#: How far ahead a workday among the slots is looked for.
_HORIZON = 15 * 366
_FEWEST_TRIES = 8


@dataclass(frozen=True, slots=True)
class OnWorkdays:
    """The slots on workdays. Moving a slot by whole cycles until it is on a workday gives the same: the slots of a
    rule are their own cycle."""

    inner: Series
    local: LocalTime
    workdays: Workdays

    def next_instant(self, at: int) -> int | None:
        tries, last = 0, self.local.zone.wall(at) // DAY + _HORIZON
        while True:
            found = self.inner.next_instant(at)
            if found is None:
                return None
            day = self.local.zone.wall(found) // DAY
            if self.workdays.includes(day):
                return found
            later = self.workdays.at_or_after(day + 1)
            tries += 1
            if later is None or (day > last and tries > _FEWEST_TRIES):
                return None
            at = self.local.start_of_day(later) - 1

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


@dataclass(frozen=True, slots=True)
class MovedToWorkday:
    """The slots on days off go to a workday near, at the same time of day; slots that then coincide are one."""

    inner: Series
    local: LocalTime
    workdays: Workdays
    forward: bool = True

    def next_instant(self, at: int) -> int | None:
        wall = self.local.zone.wall(at)
        target = self.workdays.at_or_after(wall // DAY)
        if target is None:
            return None
        today = target == wall // DAY
        found = self._first_on(target, at, wall - target * DAY if today else 0)
        if found is not None:
            return found
        sources = self._sources(target)
        following = self.inner.next_instant(self.local.start_of_day(sources.stop) - 1)
        while following is not None:
            later = self._target(self.local.zone.wall(following) // DAY)
            if later is None:
                return None
            found = self._first_on(later, at, 0)
            if found is not None:
                return found
            following = self.inner.next_instant(self.local.start_of_day(self._sources(later).stop) - 1)
        return None

    def count(self, after: int, until: int) -> int:
        total = 0
        day = self.workdays.at_or_after(self.local.zone.wall(after) // DAY)
        while day is not None and self.local.start_of_day(day) <= until:
            first, last = self.local.start_of_day(day) - 1, self.local.start_of_day(day + 1) - 1
            if len(self._sources(day)) == 1:
                total += self.inner.count(max(first, after), min(last, until))
            else:
                total += sum(after < found <= until for found in self._all_on(day))
            day = self.workdays.at_or_after(day + 1)
        return total

    def instants(self, after: int, until: int) -> Iterable[int]:
        return walk(self, after, until)

    def move(self, instant: int) -> Move | None:
        if self.inner.next_instant(instant - 1) == instant:
            return self.inner.move(instant)
        target = self.local.zone.wall(instant) // DAY
        for day in self._sources(target):
            for found in self._candidates(day, target, instant):
                if self.moved_to(found) == instant:
                    return Move(Moved.HOLIDAY, self.local.zone.wall(found))
        return None

    def _candidates(self, day: int, target: int, instant: int) -> Iterable[int]:
        """The slots of a day that may have been moved to `instant`."""
        if not (self._is_even(day) and self._is_even(target)):
            return self._on(day)
        same_time = instant - self.local.start_of_day(target) + self.local.start_of_day(day)
        return self.inner.instants(same_time - 1, same_time)

    def _first_on(self, target: int, at: int, time: int) -> int | None:
        """The first slot later than `at` on the workday `target`; none of its slots before `time` of day are."""
        found = (self._first_from(day, target, at, time) for day in self._sources(target))
        return min((each for each in found if each is not None), default=None)

    def _first_from(self, day: int, target: int, at: int, time: int) -> int | None:
        if not (self._is_even(day) and self._is_even(target)):
            # Where clocks change, the order of slots on one day need not be their order on the other.
            return min((moved for slot in self._on(day) if (moved := self.moved_to(slot)) > at), default=None)
        slot = self.inner.next_instant(self.local.start_of_day(day) + time - 1)
        while slot is not None and self.local.zone.wall(slot) // DAY == day:
            moved = self.moved_to(slot)
            if moved > at:
                return moved
            slot = self.inner.next_instant(slot)
        return None

    def _is_even(self, day: int) -> bool:
        """Whether no clock changes on this day."""
        return self.local.start_of_day(day + 1) - self.local.start_of_day(day) == DAY

    def _all_on(self, target: int) -> set[int]:
        """The slots that run on a workday."""
        found: set[int] = set()
        for day in self._sources(target):
            if self._is_even(day) and self._is_even(target):
                shift = self.local.start_of_day(target) - self.local.start_of_day(day)
                found.update(slot + shift for slot in self._on(day))
            else:
                found.update(map(self.moved_to, self._on(day)))
        return found

    def _on(self, day: int) -> Iterable[int]:
        return self.inner.instants(self.local.start_of_day(day) - 1, self.local.start_of_day(day + 1) - 1)

    def moved_to(self, slot: int) -> int:
        """Where a slot that the rule names goes: to itself, if it is on a workday."""
        wall = self.local.zone.wall(slot)
        day, time = divmod(wall, DAY)
        target = self._target(day)
        return slot if target in (None, day) else self.local.one_instant(target * DAY + time)

    def _target(self, day: int) -> int | None:
        return self.workdays.at_or_after(day) if self.forward else self.workdays.at_or_before(day)

    def _sources(self, target: int) -> range:
        """The days whose slots run on this workday: it, and the days off before or after it."""
        if self.forward:
            before = self.workdays.at_or_before(target - 1)
            return range(target if before is None else before + 1, target + 1)
        after = self.workdays.at_or_after(target + 1)
        return range(target, target + 1 if after is None else after)
