"""Every run that would happen in a range, under the policies, with outages; and the load that makes."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ..app import App
from ..errors import InvalidTime
from ..schedule import Lasted, Load, Run, Schedule, Skipped, catch_up, load
from ..schedule.civil import DAY, HOUR, MINUTE
from .playing import Played, Range, cast_of, played, policy_of

__all__ = ["SimulatedRun", "Simulation", "SkippedRange", "policy_of", "simulate", "simulated_runs"]

LONGEST = 3700 * DAY
#: Why planned moments are skipped.
MISSED, OVERLAP = "missed", "overlap"
_CANDIDATES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedRun:
    """A run that would happen: when it is due, and when it begins (later only after an outage)."""

    task: str
    due: int
    begins: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedRange:
    """Planned moments that would be skipped: one row of history."""

    task: str
    first: int
    last: int
    count: int
    #: MISSED in an outage, or OVERLAP with a run at work.
    reason: str = MISSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What would happen. Instants and durations are microseconds, instants since 1970 UTC."""

    start: int
    end: int
    total: int
    by_task: Mapping[str, int]
    #: Start of the hour → runs that begin in it; hours without runs are left out.
    by_hour: Mapping[int, int]
    #: The minute in which the most runs begin, and how many; None if there are none.
    busiest: tuple[int, int] | None
    #: What overlaps leave out of a task is one range here; `simulated_runs` tells each.
    skipped: tuple[SkippedRange, ...]
    #: Runs of a task that would be ended by the next one: `overlap` is cancelPrevious.
    ended: Mapping[str, int] = field(default_factory=dict)
    #: How long a run of each task was taken to last; tasks that nothing is known of are left out.
    durations: Mapping[str, int] = field(default_factory=dict)
    #: Tasks that decide in code when they run, and were asked only so often.
    cut_short: tuple[str, ...] = ()


def simulate(
    app: App, start: int, end: int, *, outages: Sequence[Range] = (), duration: float | None = None
) -> Simulation:
    """What all enabled tasks would do in [start, end] if no runner ran during `outages`, pairs (from, to).

    A run lasts as long as `expect.maxDuration` of its task says, else as its latest runs did (the median), else
    `duration` seconds, else no time at all. Nothing is run and nothing is stored. Raises InvalidTime for a range that
    is none or longer than ten years, and for outages that overlap.
    """
    outages = _checked(start, end, outages)
    cast = cast_of(app, duration)
    tally, calm = _Tally(), cast.calm
    for after, until in _open(start, end, outages):
        tally.add_load(load(calm, after, until))
    for begin, finish in outages:
        for name, schedule in calm.items():
            tally.add_late(name, *catch_up(schedule, begin, finish, cast.policies[name]), finish)
        tally.look_at(finish // MINUTE * MINUTE, calm, since=finish)
    tally.add_played(played(cast, start, end, outages), calm)
    return tally.simulation(start, end, cast.durations)


def simulated_runs(
    app: App, start: int, end: int, *, outages: Sequence[Range] = (), duration: float | None = None
) -> Iterator[SimulatedRun | SkippedRange]:
    """The runs themselves in the order in which they begin, with the ranges that would be skipped."""
    outages = _checked(start, end, outages)
    cast = cast_of(app, duration)
    lines = [
        _line(name, Lasted(cast.lasting[name], end).play(cast.planned(name, start, end, outages)))
        for name in (*cast.plain, *cast.coded)
    ]
    yield from heapq.merge(*lines, key=_begins)


class _Tally:
    """Counts the runs by task, hour and minute; of minutes only those that may be the busiest."""

    def __init__(self) -> None:
        self._by_task, self._by_hour, self._tops = Counter[str](), Counter[int](), Counter[int]()
        #: By minute: runs that begin late, after an outage.
        self._late = Counter[int]()
        self._skipped: list[SkippedRange] = []
        self._ended: dict[str, int] = {}
        self._cut: list[str] = []

    def add_load(self, part: Load) -> None:
        """Runs that begin when they are planned."""
        self._by_task.update(part.by_task)
        self._by_hour.update(part.by_hour)
        if part.busiest is not None:
            self._tops[part.busiest[0]] += part.busiest[1]

    def add_late(self, name: str, running: Sequence[object], skipped: Skipped | None, finish: int) -> None:
        """What becomes of a task's slots of an outage that ends at `finish`."""
        self._by_task[name] += len(running)
        self._by_hour[finish // HOUR * HOUR] += len(running)
        self._late[finish // MINUTE * MINUTE] += len(running)
        self._skipped += [_range(name, skipped)] if skipped is not None else []

    def look_at(self, minute: int, calm: Mapping[str, Schedule], *, since: int) -> None:
        """Count all runs of the minute in which an outage ended."""
        planned = sum(each.count(since, minute + MINUTE - 1) for each in calm.values())
        self._tops[minute] = self._late[minute] + planned

    def add_played(self, groups: Iterator[Played], calm: Mapping[str, Schedule]) -> None:
        """Tasks that were played run by run."""
        minutes = Counter[int]()
        for group in groups:
            self._add_group(group)
            for minute, count in Counter(at // MINUTE * MINUTE for at in group.begins).items():
                minutes[minute] += count * len(group.names)
        for minute, count in minutes.items():
            self._by_hour[minute // HOUR * HOUR] += count
        for minute in list(self._tops):
            self._tops[minute] += minutes.pop(minute, 0)
        for minute, count in minutes.most_common(_CANDIDATES):
            self._tops[minute] = count + sum(each.count(minute - 1, minute + MINUTE - 1) for each in calm.values())

    def _add_group(self, group: Played) -> None:
        for name in group.names:
            self._by_task[name] += len(group.begins)
            self._skipped += [_range(name, each) for each in group.skipped]
            if group.ended:
                self._ended[name] = group.ended
        self._cut += group.names if group.cut else []

    def simulation(self, start: int, end: int, durations: Mapping[str, int]) -> Simulation:
        """What was counted."""
        busiest = max(self._tops, key=lambda minute: (self._tops[minute], -minute), default=None)
        return Simulation(
            start=start,
            end=end,
            total=self._by_task.total(),
            by_task=dict(self._by_task),
            by_hour={hour: self._by_hour[hour] for hour in sorted(self._by_hour) if self._by_hour[hour]},
            busiest=None if busiest is None or not self._tops[busiest] else (busiest, self._tops[busiest]),
            skipped=tuple(self._skipped),
            ended=self._ended,
            durations=durations,
            cut_short=tuple(self._cut),
        )


def _checked(start: int, end: int, outages: Sequence[Range]) -> list[Range]:
    if not 0 <= end - start <= LONGEST:
        raise InvalidTime("to", "expected a moment after from, at most ten years later")
    found = sorted((max(begin, start - 1), min(finish, end)) for begin, finish in outages)
    for (_, before), (begin, _) in pairwise(found):
        if begin < before:
            raise InvalidTime("outage", "two outages overlap; make one of them")
    return [(begin, finish) for begin, finish in found if begin < finish]


def _open(start: int, end: int, outages: Sequence[Range]) -> Iterator[Range]:
    """The stretches in which runners run."""
    after = start - 1
    for begin, finish in outages:
        yield after, begin
        after = finish
    yield after, end


def _range(name: str, skipped: Skipped) -> SkippedRange:
    reason = OVERLAP if skipped.overlapped else MISSED
    return SkippedRange(task=name, first=skipped.first, last=skipped.last, count=skipped.count, reason=reason)


def _line(name: str, found: Iterator[Run | Skipped] | Iterator[Run]) -> Iterator[SimulatedRun | SkippedRange]:
    for each in found:
        if isinstance(each, Skipped):
            yield _range(name, each)
        else:
            yield SimulatedRun(task=name, due=each.due, begins=each.begins)


def _begins(each: SimulatedRun | SkippedRange) -> int:
    return each.begins if isinstance(each, SimulatedRun) else each.last
