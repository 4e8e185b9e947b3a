"""The tasks of a simulation: when each is planned, how long its runs last, and what they do run by run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import median
from typing import NamedTuple

from ..app import App
from ..clock import SECOND
from ..config import TaskConfig
from ..definition import Definition
from ..newjobs import config_of
from ..schedule import Lasted, Lasting, Misfire, MisfirePolicy, Run, Schedule, Skipped, WhileAtWork, may_overlap
from ..schedule import simulate as simulate_one
from ..schedule.civil import MINUTE
from ..schedule.simulate import alike
from ..store import history
from ..store.records import Status
from ..timetables import decides_itself, slots
from .tasks import enabled_tasks, has_tables, readable_schedules

Range = tuple[int, int]
#: How often a task that decides in code is asked.
ASKED = 20_000
#: So many of the latest runs tell how long one lasts.
_MEASURED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """The enabled tasks, and what is known of each."""

    app: App
    #: Those that run by their schedule.
    plain: Mapping[str, Schedule]
    #: Those that decide in code.
    coded: Mapping[str, Definition]
    policies: Mapping[str, MisfirePolicy]
    lasting: Mapping[str, Lasting]

    @property
    def calm(self) -> dict[str, Schedule]:
        """Those whose runs never meet."""
        return {name: each for name, each in self.plain.items() if not may_overlap(each, self.lasting[name])}

    @property
    def durations(self) -> dict[str, int]:
        """How long a run lasts, of those that are known to take time."""
        return {name: lasting.duration for name, lasting in self.lasting.items() if lasting.duration}

    def planned(self, name: str, start: int, end: int, outages: Sequence[Range]) -> Iterator[Run | Skipped]:
        """What a task would do if its runs took no time. One that decides in code knows no outages."""
        if name in self.plain:
            return simulate_one(self.plain[name], start - 1, end, outages=outages, policy=self.policies[name])
        asked = islice(slots(self.app, self.coded[name], start - 1, end), ASKED)
        return (Run(due=slot.at, begins=slot.at) for slot in asked)


def cast_of(app: App, duration: float | None) -> Cast:
    """The enabled tasks of an app; a run lasts `duration` seconds where nothing better is known."""
    tasks = enabled_tasks(app)
    plain = {task.full_name: each for task, each in readable_schedules(app, tasks) if not decides_itself(app, task)}
    coded = {each.full_name: each for each in tasks if each.full_name not in plain and decides_itself(app, each)}
    configs = {task.full_name: config_of(task) for task in tasks}
    known = _durations(app, configs, round((duration or 0) * SECOND))
    return Cast(
        app=app,
        plain=plain,
        coded=coded,
        policies={name: policy_of(config) for name, config in configs.items()},
        lasting={
            name: Lasting(duration=known[name], overlap=WhileAtWork(config.overlap)) for name, config in configs.items()
        },
    )


def _durations(app: App, configs: Mapping[str, TaskConfig], usual: int) -> dict[str, int]:
    declared = {
        name: round(config.expect.maxDuration * SECOND)
        for name, config in configs.items()
        if config.expect is not None and config.expect.maxDuration is not None
    }
    measured = _measured(app, [name for name in configs if name not in declared])
    return {name: declared.get(name) or measured.get(name) or usual for name in configs}


def _measured(app: App, names: list[str]) -> dict[str, int]:
    """The median of what the latest successful runs took."""
    if not names or not has_tables(app):
        return {}
    found: dict[str, int] = {}
    with app.database.read() as connection:
        for name in names:
            runs = history.find(connection, task=name, status=Status.SUCCESS, limit=_MEASURED)
            took = [run.outcome.ended - run.outcome.started for run in runs if run.outcome.started is not None]
            if took:
                found[name] = round(median(took))
    return found


def policy_of(config: TaskConfig) -> MisfirePolicy:
    """The misfire keys of a task."""
    grace = round(config.misfireGrace * SECOND)
    return MisfirePolicy(misfire=Misfire(config.misfire), grace=grace, most=config.misfireMax)


class Played(NamedTuple):
    """What tasks that are alike would do, run by run."""

    names: list[str]
    begins: list[int]
    #: Misfires one by one, all that overlaps leave out as one range.
    skipped: list[Skipped]
    #: Runs that made way for the next one.
    ended: int
    #: Whether they decide in code, and were asked only so often.
    cut: bool


def played(cast: Cast, start: int, end: int, outages: Sequence[Range]) -> Iterator[Played]:
    """The tasks that have to be played run by run, as their runs may meet or they decide in code."""
    calm = cast.calm
    groups: dict[object, dict[str, Schedule]] = {}
    for name, schedule in cast.plain.items():
        if name not in calm:
            likeness = cast.lasting[name], cast.policies[name], schedule.start % MINUTE
            groups.setdefault(likeness, {})[name] = schedule
    for group in groups.values():
        for names in alike(group, start - 1, end):
            yield _play(cast, names, start, end, outages)
    for name in cast.coded:
        yield _play(cast, [name], start, end, outages)


def _play(cast: Cast, names: list[str], start: int, end: int, outages: Sequence[Range]) -> Played:
    """What one of them does, the others do as well."""
    lasted = Lasted(cast.lasting[names[0]], end)
    begins: list[int] = []
    missed: list[Skipped] = []
    overlapped: Skipped | None = None
    for each in lasted.play(cast.planned(names[0], start, end, outages)):
        if isinstance(each, Run):
            begins.append(each.begins)
        elif each.overlapped:
            overlapped = _joined(overlapped, each)
        else:
            missed.append(each)
    left_out = 0 if overlapped is None else overlapped.count
    cut = names[0] in cast.coded and len(begins) + left_out >= ASKED
    return Played(names, begins, [*missed, *([overlapped] if overlapped else [])], lasted.ended, cut)


def _joined(before: Skipped | None, more: Skipped) -> Skipped:
    if before is None:
        return more
    return Skipped(first=before.first, last=more.last, count=before.count + more.count, overlapped=True)
