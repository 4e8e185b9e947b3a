"""Runs that days off or a clock change left out or moved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..clock import SECOND
from ..moments import local_text
from ..schedule import Schedule
from ..schedule.building import Span, nominal_series
from ..schedule.local import Gap, LocalTime
from .whyruns import Cause, Reason


def days_off_and_clocks(schedule: Schedule, since: int, until: int, *, now: int) -> Iterator[Reason]:
    """What days off and clock changes did to the slots in (since, until]: the day off that passed last, or comes first;
    the first clock change."""
    zone = schedule.zone.name
    days = list(schedule.first_rested(since, until))
    left_out = max((at for at in days if at <= now), default=min(days, default=None))
    if left_out is not None and schedule.resting is not None:
        moved = schedule.next_instant(left_out - 1)
        to = f"; the next run: {local_text(moved, zone)}" if moved is not None else ""
        text = f"{local_text(left_out, zone)} is a day off in {schedule.resting.calendar}{to}"
        yield Reason(Cause.HOLIDAY, text, "skipHoliday 0 would let it run")
    for at, before, after in schedule.zone.transitions(since, until):
        if (named := _swallowed(schedule, at)) is not None:
            text = f"a run at {local_text(named, zone)} fell into the clock change ({_shift(before, after)}): left out"
            yield Reason(Cause.CLOCK_CHANGE, text, 'dst {"gap": "after"} would let it run')
            return


def _swallowed(schedule: Schedule, at: int) -> int | None:
    """The instant at which a slot would have come if gaps did not leave it out; None if none is left out."""
    if schedule.local.policy.gap is not Gap.SKIP:
        return None
    lenient = LocalTime(schedule.zone, replace(schedule.local.policy, gap=Gap.AFTER))
    span = Span(start=schedule.start, end=schedule.end, wall=schedule.anchor)
    found = nominal_series(schedule.rule, lenient, span).next_instant(at - 1)
    return found if found == at and schedule.nominal.next_instant(at - 1) != at else None


def _shift(before: int, after: int) -> str:
    return f"{(after - before) / (3600 * SECOND):+g} h"
