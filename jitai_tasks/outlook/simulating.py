"""Every run that would happen in a range, under the policies, with outages; and the load that makes."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from ..app import App
from ..clock import SECOND
from ..config import TaskConfig
from ..definition import Definition
from ..errors import InvalidTime
from ..newjobs import config_of
from ..schedule import Misfire, MisfirePolicy, Run, Schedule, Skipped, catch_up, load
from ..schedule import simulate as simulate_one
from ..schedule.civil import DAY, HOUR, MINUTE
from ..timetables import decides_itself, slots
from .tasks import enabled_tasks, readable_schedules

Range = tuple[int, int]
LONGEST = 3700 * DAY
#: How often a task that decides in code is asked.
_ASKED = 20_000
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What would happen. Instants are microseconds since 1970 UTC."""

    start: int
    end: int
    total: int
    by_task: Mapping[str, int]
    #: Start of the hour → runs that begin in it; hours without runs are left out.
    by_hour: Mapping[int, int]
    #: The minute in which the most runs begin, and how many; None if there are none.
    busiest: tuple[int, int] | None
    skipped: tuple[SkippedRange, ...]
    #: Tasks that decide in code when they run, and were asked only so often.
    cut_short: tuple[str, ...] = ()


def simulate(app: App, start: int, end: int, *, outages: Sequence[Range] = ()) -> Simulation:
    """What all enabled tasks would do in [start, end] if no runner ran during `outages`, pairs (from, to).

    Nothing is run and nothing is stored. Runs count as short, so that none overlaps another. Raises InvalidTime for a
    range that is none or longer than ten years, and for outages that overlap.
    """
    outages = _checked(start, end, outages)
    tasks = enabled_tasks(app)
    plain = {task.full_name: schedule for task, schedule in _plain(app, tasks)}
    policies = {task.full_name: policy_of(config_of(task)) for task in tasks}
    by_task, by_hour, tops = Counter[str](), Counter[int](), Counter[int]()
    for after, until in _open(start, end, outages):
        part = load(plain, after, until)
        by_task.update(part.by_task)
        by_hour.update(part.by_hour)
        if part.busiest is not None:
            tops[part.busiest[0]] += part.busiest[1]
    skipped: list[SkippedRange] = []
    for begin, finish in outages:
        late, missed = _caught_up(plain, policies, begin, finish)
        skipped += missed
        by_task.update(late)
        by_hour[finish // HOUR * HOUR] += late.total()
        minute = finish // MINUTE * MINUTE
        tops[minute] = late.total() + sum(each.count(finish, minute + MINUTE - 1) for each in plain.values())
    coded, cut = _of_code(app, tasks, plain, start, end)
    _add_coded(coded, plain, by_task, by_hour, tops)
    busiest = max(tops, key=lambda minute: (tops[minute], -minute), default=None)
    return Simulation(
        start=start,
        end=end,
        total=by_task.total(),
        by_task=dict(by_task),
        by_hour={hour: by_hour[hour] for hour in sorted(by_hour) if by_hour[hour]},
        busiest=None if busiest is None or not tops[busiest] else (busiest, tops[busiest]),
        skipped=tuple(skipped),
        cut_short=cut,
    )


def simulated_runs(
    app: App, start: int, end: int, *, outages: Sequence[Range] = ()
) -> Iterator[SimulatedRun | SkippedRange]:
    """The runs themselves in the order in which they begin, with the ranges that would be skipped."""
    outages = _checked(start, end, outages)
    tasks = enabled_tasks(app)
    plain = dict(_named(app, tasks))
    lines = [
        _line(name, simulate_one(schedule, start - 1, end, outages=outages, policy=policy))
        for name, (schedule, policy) in plain.items()
    ]
    for task in tasks:
        if task.full_name not in plain and decides_itself(app, task):
            asked = islice(slots(app, task, start - 1, end), _ASKED)
            lines.append(_line(task.full_name, (Run(due=slot.at, begins=slot.at) for slot in asked)))
    yield from heapq.merge(*lines, key=_begins)


def policy_of(config: TaskConfig) -> MisfirePolicy:
    """The misfire keys of a task."""
    grace = round(config.misfireGrace * SECOND)
    return MisfirePolicy(misfire=Misfire(config.misfire), grace=grace, most=config.misfireMax)


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


def _plain(app: App, tasks: list[Definition]) -> Iterator[tuple[Definition, Schedule]]:
    return ((task, schedule) for task, schedule in readable_schedules(app, tasks) if not decides_itself(app, task))


def _named(app: App, tasks: list[Definition]) -> Iterator[tuple[str, tuple[Schedule, MisfirePolicy]]]:
    return ((task.full_name, (schedule, policy_of(config_of(task)))) for task, schedule in _plain(app, tasks))


def _caught_up(
    plain: Mapping[str, Schedule], policies: Mapping[str, MisfirePolicy], begin: int, finish: int
) -> tuple[Counter[str], list[SkippedRange]]:
    late = Counter[str]()
    missed: list[SkippedRange] = []
    for name, schedule in plain.items():
        running, skipped = catch_up(schedule, begin, finish, policies[name])
        late[name] += len(running)
        missed += [_range(name, skipped)] if skipped is not None else []
    return late, missed


def _range(name: str, skipped: Skipped) -> SkippedRange:
    return SkippedRange(task=name, first=skipped.first, last=skipped.last, count=skipped.count)


def _of_code(
    app: App, tasks: list[Definition], plain: Mapping[str, Schedule], start: int, end: int
) -> tuple[dict[str, list[int]], tuple[str, ...]]:
    """The moments of the tasks that decide in code, outages aside."""
    coded = [task for task in tasks if task.full_name not in plain and decides_itself(app, task)]
    found = {task.full_name: [slot.at for slot in islice(slots(app, task, start - 1, end), _ASKED)] for task in coded}
    return found, tuple(name for name, moments in found.items() if len(moments) == _ASKED)


def _add_coded(
    coded: Mapping[str, list[int]],
    plain: Mapping[str, Schedule],
    by_task: Counter[str],
    by_hour: Counter[int],
    tops: Counter[int],
) -> None:
    minutes = Counter[int]()
    for name, moments in coded.items():
        by_task[name] += len(moments)
        by_hour.update(at // HOUR * HOUR for at in moments)
        minutes.update(at // MINUTE * MINUTE for at in moments)
    for minute in list(tops):
        tops[minute] += minutes.pop(minute, 0)
    for minute, count in minutes.most_common(_CANDIDATES):
        tops[minute] = count + sum(each.count(minute - 1, minute + MINUTE - 1) for each in plain.values())


def _line(name: str, found: Iterator[Run | Skipped] | Iterator[Run]) -> Iterator[SimulatedRun | SkippedRange]:
    for each in found:
        if isinstance(each, Skipped):
            yield _range(name, each)
        else:
            yield SimulatedRun(task=name, due=each.due, begins=each.begins)


def _begins(each: SimulatedRun | SkippedRange) -> int:
    return each.begins if isinstance(each, SimulatedRun) else each.last
