"""What all tasks will do, day by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import islice

from ..app import App
from ..definition import Definition
from ..errors import InvalidTime
from ..schedule import Schedule, zone
from ..schedule.civil import date_of
from ..schedule.local import LocalTime
from ..store import jobs
from ..timetables import decides_itself, slots
from .future import FutureRun, future_run
from .tasks import enabled_tasks, has_tables, readable_schedules

#: Runs of one task and day that are listed one by one.
LISTED = 24
LONGEST = 3700
_ROWS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The runs of one task on one day."""

    task: str
    title: str
    count: int
    #: The first of them.
    runs: tuple[FutureRun, ...]
    #: Runs that the rule names on this day and that days off left out or moved away.
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day in the app's zone."""

    date: date
    entries: tuple[Entry, ...]

    @property
    def count(self) -> int:
        """All runs of the day."""
        return sum(entry.count for entry in self.entries)


def agenda(app: App, first: date, last: date) -> list[Day]:
    """The days from `first` to `last`, both included, with what every enabled task will do on them.

    Raises InvalidTime for a range that is none, or that is longer than ten years.
    """
    if last < first:
        raise InvalidTime("to", f"{last} lies before {first}")
    days = (last - first).days + 1
    if days > LONGEST:
        raise InvalidTime("to", f"expected at most {LONGEST} days, found {days}")
    tasks = enabled_tasks(app)
    here = LocalTime(zone(app.timezone))
    start = (first - date(1970, 1, 1)).days
    bounds = [(day, here.start_of_day(day) - 1, here.start_of_day(day + 1) - 1) for day in range(start, start + days)]
    by_schedule = [
        (task, schedule) for task, schedule in readable_schedules(app, tasks) if not decides_itself(app, task)
    ]
    told = {task.full_name for task, _ in by_schedule}
    by_code = [task for task in tasks if task.full_name not in told and _has_code(app, task)]
    rows = _rows(app, tasks, bounds[0][1], bounds[-1][2])
    return [
        Day(date=date_of(day), entries=tuple(_entries(app, by_schedule, by_code, rows, after, until)))
        for day, after, until in bounds
    ]


def _entries(
    app: App,
    by_schedule: list[tuple[Definition, Schedule]],
    by_code: list[Definition],
    rows: list[tuple[Definition, FutureRun]],
    after: int,
    until: int,
) -> list[Entry]:
    found = [entry for task, schedule in by_schedule if (entry := _of_schedule(app, task, schedule, after, until))]
    for task in by_code:
        runs = tuple(future_run(app, task, slot) for slot in islice(slots(app, task, after, until), LISTED))
        found += [Entry(task=task.full_name, title=task.title, count=len(runs), runs=runs)] if runs else []
    for task in {task.full_name: task for task, _ in rows}.values():
        mine = [run for owner, run in rows if owner is task and after < run.at <= until]
        found += [_entry(task, mine)] if mine else []
    return sorted(found, key=lambda entry: (entry.runs[0].at if entry.runs else until, entry.task))


def _of_schedule(app: App, task: Definition, schedule: Schedule, after: int, until: int) -> Entry | None:
    count = schedule.count(after, until)
    left_out = schedule.count_rested(after, until)
    if not count and not left_out:
        return None
    runs = tuple(future_run(app, task, slot) for slot in islice(schedule.slots(after, until), LISTED))
    return Entry(task=task.full_name, title=task.title, count=count, runs=runs, left_out=left_out)


def _entry(task: Definition, runs: list[FutureRun]) -> Entry:
    return Entry(task=task.full_name, title=task.title, count=len(runs), runs=tuple(runs[:LISTED]))


def _has_code(app: App, task: Definition) -> bool:
    return "tasks.DateFieldType" not in app.catalog.chain_names(task) and decides_itself(app, task)


def _rows(app: App, tasks: list[Definition], after: int, until: int) -> list[tuple[Definition, FutureRun]]:
    """The runs that rows of date-field tasks wait for."""
    of_rows = [task for task in tasks if "tasks.DateFieldType" in app.catalog.chain_names(task)]
    if not of_rows or not has_tables(app):
        return []
    found = []
    with app.database.read() as connection:
        for task in of_rows:
            waiting = jobs.find(connection, task=task.full_name, status="waiting", limit=_ROWS)
            runs = [FutureRun(task=job.task, at=job.due, zone=app.timezone, subject=job.subject) for job in waiting]
            found += [(task, run) for run in runs if after < run.at <= until]
    return found
