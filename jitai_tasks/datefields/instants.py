"""Dates to moments, many in a row: what a rule does with one date, at the speed that a million need."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from ..schedule.civil import DAY
from ..schedule.datefields import DateTimer

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - wall time has no zone
_MOST_DAYS = 10_000
_MOST_AT_ONCE = 100  # days
_TICK = timedelta(microseconds=1)
_UNKNOWN = 1 << 63  # no offset is that long


class Instants:
    """When a row with this date is due, for rules that are `plainly`.

    On most days the offset from universal time does not change, also not on the days around; there, wall time is moved
    by it and nothing else. All other days, and all other kinds of values, are left to the rule.
    """

    def __init__(self, timer: DateTimer) -> None:
        self._trigger = timer.trigger
        self._zone = timer.local.zone
        offset = timer.start_offset
        self._moved = offset.elapsed
        self._simple = offset.days == 0 and offset.time is None
        #: What to subtract from wall time on a day (counted from 1970); None where it changes.
        self._days: dict[int, int | None] = {}

    def __call__(self, value: object) -> int:
        if type(value) is datetime and value.tzinfo is None and self._simple:
            span = value - _EPOCH
            shift = self._shift(span.days)
            if shift is not None:
                return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds - shift + self._moved
        return self._trigger(value)

    def many(self, values: Sequence[Any]) -> list[int] | None:
        """The same for dates in rising order; None if they are to be asked for one by one."""
        if not self._simple or set(map(type, values)) != {datetime} or any(value.tzinfo for value in values):
            return None
        first, last = (values[place] - _EPOCH for place in (0, -1))
        if last.days - first.days > _MOST_AT_ONCE or not self._steady(first.days, last.days):
            return None
        shift = self(values[0]) - first // _TICK
        if self(values[-1]) - last // _TICK != shift:
            return None
        return [(value - _EPOCH) // _TICK + shift for value in values]

    def _steady(self, first: int, last: int) -> bool:
        return all(self._shift(day) is not None for day in range(first, last + 1))

    def _shift(self, day: int) -> int | None:
        found = self._days.get(day, _UNKNOWN)
        return self._learn(day) if found == _UNKNOWN else found

    def _learn(self, day: int) -> int | None:
        if len(self._days) > _MOST_DAYS:
            self._days.clear()
        low, high = (day - 2) * DAY, (day + 3) * DAY
        steady = not self._zone.transitions(low, high)
        self._days[day] = shift = self._zone.offset(day * DAY) if steady and abs(day) < 700_000 else None
        return shift
