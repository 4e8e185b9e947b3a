"""Missed slots: which of them still run, and how many are skipped, counted without going through them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from jitai_tasks.schedule.civil import SECOND
from jitai_tasks.schedule.rule import Kind
from jitai_tasks.schedule.schedule import Schedule, Slot


class Misfire(StrEnum):
    """What becomes of missed slots: those within the grace run, one runs for all, or all run."""

    SKIP = "skip"
    RUN_ONCE = "runOnce"
    RUN_ALL = "runAll"


@dataclass(frozen=True, slots=True, kw_only=True)
class MisfirePolicy:
    """The keys `misfire`, `misfireGrace` and `misfireMax` of a task."""

    misfire: Misfire = Misfire.SKIP
    #: With `skip`: how late a slot may still run, in microseconds.
    grace: int = 300 * SECOND
    #: The most slots that run; the latest ones do.
    most: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A range of slots that do not run: when the first and the last were due, and how many there are."""

    first: int
    last: int
    count: int
    #: Whether they came while a run was at work; else nothing ran at all.
    overlapped: bool = False


def catch_up(schedule: Schedule, watermark: int, now: int, policy: MisfirePolicy) -> tuple[list[Slot], Skipped | None]:
    """What to do about the slots in (watermark, now]: those that run now, and the range before them that does not.

    A schedule of one single moment always runs, however late."""
    missed = schedule.count(watermark, now)
    running = _running(schedule, watermark, now, policy) if missed else 0
    border = schedule.nth_last(running, now) if 0 < running < missed else (watermark if running else now)
    slots = list(schedule.slots(border, now)) if running else []
    if missed == running:
        return slots, None
    return slots, _skipped(schedule, watermark, border, missed - running)


def _running(schedule: Schedule, watermark: int, now: int, policy: MisfirePolicy) -> int:
    """How many of the slots in (watermark, now] run."""
    if schedule.rule.kind is Kind.NORMAL or policy.misfire is Misfire.RUN_ONCE:
        return 1
    since = max(watermark, now - policy.grace - 1) if policy.misfire is Misfire.SKIP else watermark
    return min(schedule.count(since, now), policy.most)


def _skipped(schedule: Schedule, watermark: int, border: int, count: int) -> Skipped:
    first, last = schedule.next_instant(watermark), schedule.last_until(border)
    assert first is not None
    assert last is not None
    return Skipped(first=first, last=last, count=count)
