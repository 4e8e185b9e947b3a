"""A schedule: the slots of one task. Pure: no clock, no I/O, the same answer for the same question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from jitai_tasks.schedule.civil import DAY, LAST_INSTANT, SECOND, date_of, datetime_of
from jitai_tasks.schedule.jitter import Jittered
from jitai_tasks.schedule.local import LocalTime
from jitai_tasks.schedule.resting import MovedToWorkday
from jitai_tasks.schedule.rule import Rule
from jitai_tasks.schedule.series import Elapsed, Moved, OnTheWall, Series
from jitai_tasks.schedule.workdays import Calendar
from jitai_tasks.schedule.zones import Zone


class HolidayPolicy(StrEnum):
    """Where a slot on a day off goes: on by whole cycles until a workday, or to the workday after or before."""

    CYCLE = "cycle"
    NEXT = "nextWorkday"
    PREVIOUS = "previousWorkday"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One planned moment. Instants are microseconds since 1970 UTC."""

    #: When it is due, jitter included.
    at: int
    #: When it is planned, without jitter.
    planned: int
    #: Why it was moved, or None if it stands where the rule names it.
    moved: Moved | None = None
    #: The wall time that the rule named, if it was moved.
    named: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resting:
    """What days off do to a schedule."""

    calendar: Calendar
    policy: HolidayPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The slots of one task in one zone, from `start` to `end` inclusive. Made by `parse_timer`."""

    rule: Rule
    local: LocalTime
    #: The first and the last instant that may be a slot.
    start: int
    end: int = LAST_INSTANT
    #: The wall time that days, weeks, months and years count from.
    anchor: int = 0
    #: The slots as the rule names them, before days off and jitter.
    nominal: Series
    #: The slots as they are due.
    series: Series
    #: None: holidays make no difference.
    resting: Resting | None = None

    @property
    def zone(self) -> Zone:
        """The zone of its wall times."""
        return self.local.zone

    @property
    def jitter(self) -> int:
        """The width of the jitter in microseconds; 0 for none."""
        return self.series.width if isinstance(self.series, Jittered) else 0

    @property
    def settled(self) -> Series:
        """The slots as they are planned: days off respected, without jitter."""
        return self.series.inner if isinstance(self.series, Jittered) else self.series

    @property
    def minds_dst(self) -> bool:
        """Whether its policy for changes of the clocks makes a difference between its start and its end: elapsed time
        knows none, and a cron job with a wildcard follows the clock on the wall as it is."""
        if isinstance(self.settled, MovedToWorkday):
            return True
        if isinstance(self.nominal, OnTheWall):
            return self.nominal.local == self.local
        return not isinstance(self.nominal, Elapsed)

    @property
    def fingerprint(self) -> str:
        """Changes with the rule, the zone's data and the calendar: what was planned before is to be planned again."""
        facts = (self.rule, self.zone.name, self.zone.fingerprint, self.local.policy, self.start, self.end)
        rest = self.resting and (self.resting.policy.value, str(self.resting.calendar))
        return sha256(repr((facts, rest, self.jitter)).encode()).hexdigest()[:16]

    def next_instant(self, at: int) -> int | None:
        """When the first slot strictly later than `at` is due (the first one of all, before the start); or None."""
        start = self.start
        found = self.series.next_instant(at if at >= start else start - 1)
        return found if found is not None and found <= self.end else None

    def next_after(self, at: int) -> Slot | None:
        """The first slot strictly later than `at`, with what moved it; None if there is none."""
        found = self.next_instant(at)
        return None if found is None else self.slot(found)

    def slot(self, due: int) -> Slot:
        """The slot that is due at an instant which `next_instant` gave."""
        planned = self.series.planned(due) if isinstance(self.series, Jittered) else due
        move = self.series.move(due)
        if move is None:
            return Slot(at=due, planned=planned)
        return Slot(at=due, planned=planned, moved=move.reason, named=datetime_of(move.wall))

    def last_until(self, until: int) -> int | None:
        """When the last slot is due that is not later than `until`; None if there is none."""
        width, found = SECOND, None
        while found is None:
            low = max(until - width, self.start - 1)
            found = self._next_until(low, until)
            if found is None and low < self.start:
                return None
            width *= 4
        high = until
        # `found` is a slot, and from `high` on there is none: halve the distance until nothing lies between.
        while (later := self._next_until(found, until)) is not None:
            middle = (later + high) // 2
            found = self._next_until(middle, until)
            if found is None:
                found, high = later, middle
        return found

    def nth_last(self, count: int, until: int) -> int:
        """An instant after which there are `count` slots up to `until`; there must be as many."""
        width = SECOND
        while until - width >= self.start and self.count(until - width, until) < count:
            width *= 4
        low, high = until - width, until
        while high - low > 1:
            middle = (low + high) // 2
            found = self.count(middle, until)
            if found == count:
                return middle
            low, high = (middle, high) if found > count else (low, middle)
        return low

    def instants(self, after: int, until: int) -> Iterable[int]:
        """When the slots in (after, until] are due, in order."""
        after, until = max(after, self.start - 1), min(until, self.end)
        return self.series.instants(after, until) if after < until else ()

    def slots(self, after: int, until: int) -> Iterator[Slot]:
        """The slots in (after, until], in order."""
        return map(self.slot, self.instants(after, until))

    def count(self, after: int, until: int) -> int:
        """How many slots lie in (after, until], without going through them."""
        after, until = max(after, self.start - 1), min(until, self.end)
        return self.series.count(after, until) if after < until else 0

    def _next_until(self, at: int, until: int) -> int | None:
        found = self.next_instant(at)
        return found if found is not None and found <= until else None

    def rested(self, after: int, until: int) -> Iterator[int]:
        """The slots that the rule names in (after, until] and that days off left out or moved away."""
        for begin, end in self._days_off(after, until):
            yield from self.nominal.instants(begin, end)

    def first_rested(self, after: int, until: int) -> Iterator[int]:
        """The same, but only the first slot of each day."""
        for begin, end in self._days_off(after, until):
            found = self.nominal.next_instant(begin)
            if found is not None and found <= end:
                yield found

    def count_rested(self, after: int, until: int) -> int:
        """How many they are."""
        return sum(self.nominal.count(begin, end) for begin, end in self._days_off(after, until))

    def _days_off(self, after: int, until: int) -> Iterator[tuple[int, int]]:
        """The parts of (after, until] that are days off, each as (begin, end]."""
        after, until = max(after, self.start - 1), min(until, self.end)
        if self.resting is None or after >= until:
            return
        for day in range(self.zone.wall(after) // DAY, self.zone.wall(until) // DAY + 1):
            if not self.resting.calendar.is_workday(date_of(day)):
                first, last = self.local.start_of_day(day) - 1, self.local.start_of_day(day + 1) - 1
                yield max(first, after), min(last, until)

    def unknown_years(self, after: int, until: int) -> list[int]:
        """The years from `after` to `until` for which its calendar has no data."""
        if self.resting is None:
            return []
        years = range(self.zone.local(after).year, self.zone.local(until).year + 1)
        return [year for year in years if not self.resting.calendar.covers(year)]
