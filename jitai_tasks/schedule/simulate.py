"""Seeing the future: every run of a schedule through outages, and how many runs fall into each hour and minute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat

from jitai_tasks.schedule.building import UNITS
from jitai_tasks.schedule.civil import DAY, HOUR, MINUTE
from jitai_tasks.schedule.missed import MisfirePolicy, Skipped, catch_up
from jitai_tasks.schedule.rule import Kind
from jitai_tasks.schedule.schedule import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run that would happen: when it is due, and when it begins (later only after an outage)."""

    due: int
    begins: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How many runs would happen, and when."""

    total: int
    #: Runs of each task.
    by_task: Mapping[str, int]
    #: Start of the hour (an instant) -> runs; hours without runs are left out.
    by_hour: Mapping[int, int]
    #: The first of the minutes with the most runs, and how many; None if there are no runs.
    busiest: tuple[int, int] | None


def simulate(
    schedule: Schedule,
    after: int,
    until: int,
    *,
    outages: Sequence[tuple[int, int]] = (),
    policy: MisfirePolicy | None = None,
) -> Iterator[Run | Skipped]:
    """What happens to the slots in (after, until] if nothing runs during `outages`, pairs (from, to) in order.

    Slots of an outage are caught up at its end, by the misfire policy."""
    policy = policy or MisfirePolicy()
    for begin, end in outages:
        begin, end = max(begin, after), min(end, until)
        if begin >= end:
            continue
        yield from (Run(due=due, begins=due) for due in schedule.instants(after, begin))
        slots, skipped = catch_up(schedule, begin, end, policy)
        if skipped is not None:
            yield skipped
        yield from (Run(due=slot.at, begins=end) for slot in slots)
        after = end
    yield from (Run(due=due, begins=due) for due in schedule.instants(after, until))


def load(schedules: Mapping[str, Schedule], after: int, until: int) -> Load:
    """The runs of many tasks in (after, until], counted by hour and by minute."""
    minutes: Counter[int] = Counter()
    by_task: dict[str, int] = {}
    for names in alike(schedules, after, until):
        schedule = schedules[names[0]]
        by_task |= dict.fromkeys(names, schedule.count(after, until))
        _add(minutes, _minutes_of(schedule, after, until), len(names))
    hours: Counter[int] = Counter()
    for minute, count in minutes.items():
        hours[minute // 60] += count
    busiest = max(minutes, key=lambda minute: (minutes[minute], -minute), default=None)
    return Load(
        total=sum(by_task.values()),
        by_task={name: by_task[name] for name in schedules},
        by_hour={hour * HOUR: hours[hour] for hour in sorted(hours)},
        busiest=None if busiest is None else (busiest * MINUTE, minutes[busiest]),
    )


def alike(schedules: Mapping[str, Schedule], after: int, until: int) -> Iterable[list[str]]:
    """The names, in groups whose runs fall into the same minutes: one of each is enough to go through."""
    groups: dict[object, list[str]] = {}
    for name, schedule in schedules.items():
        groups.setdefault(_likeness(schedule, name, after, until), []).append(name)
    return groups.values()


def _likeness(schedule: Schedule, name: str, after: int, until: int) -> object:
    """Equal for two schedules only if their runs in (after, until] fall into the same minutes."""
    if schedule.jitter:
        return name
    rule, resting = schedule.rule, schedule.resting
    bounds = max(after, schedule.start - 1), min(until, schedule.end)
    rest = resting and (resting.policy, id(resting.calendar))
    if rule.kind in UNITS:
        step = rule.period * UNITS[rule.kind]
        phase = schedule.start % step
        return rule, bounds, schedule.zone.name if rest else "", rest, phase // MINUTE if step % MINUTE == 0 else phase
    anchored = rule.kind is not Kind.CRON
    anchor = (schedule.anchor if rule.period > 1 else schedule.anchor % DAY) if anchored else 0
    return rule, bounds, schedule.zone.name, schedule.local.policy, rest, anchor


def _minutes_of(schedule: Schedule, after: int, until: int) -> Iterable[int]:
    """The minute of each run; runs that are closer than minutes are counted instead of gone through."""
    first, last = after // MINUTE, until // MINUTE
    if schedule.count(after, until) <= 2 * (last - first + 1):
        return map(MINUTE.__rfloordiv__, schedule.instants(after, until))
    edges = ((minute, max(minute * MINUTE - 1, after)) for minute in range(first, last + 1))
    counted = ((minute, schedule.count(edge, min((minute + 1) * MINUTE - 1, until))) for minute, edge in edges)
    return chain.from_iterable(repeat(minute, count) for minute, count in counted)


def _add(minutes: Counter[int], more: Iterable[int], times: int) -> None:
    if times == 1:
        minutes.update(more)
        return
    for minute, count in Counter(more).items():
        minutes[minute] += count * times
