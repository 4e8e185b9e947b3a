"""The health of an app: what a person or a monitor should know, worst first. Whoever asks, sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ..app import App
from ..clock import SECOND
from ..schedule.civil import DAY
from ..store import jobs, runners
from ..store.records import Status
from .deadlines import notice
from .tasks import enabled_tasks, has_tables, now_of, readable_schedules, refused_files

LEASE = 30 * SECOND
LATE = 60 * SECOND
#: How far ahead years without data are looked for.
AHEAD = 60 * DAY
NO_ZONE = "app.json names no timezone, so local times are UTC"
_LISTED = 500


class Level(StrEnum):
    """How bad something is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it should be."""

    level: Level
    about: str
    text: str
    advice: str = ""
    #: The task it is about; "" if it is about none.
    task: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """All that is not as it should be; empty for an app that is well."""

    findings: tuple[Finding, ...]

    @property
    def level(self) -> Level:
        """The worst of the findings."""
        levels = {finding.level for finding in self.findings}
        return next((level for level in (Level.PROBLEM, Level.WARNING) if level in levels), Level.OK)


def health(app: App) -> Health:
    """Missed deadlines, late and held jobs, broken elements, years without data. Deadlines that nobody has noticed so
    far raise their alarm."""
    found = [*of_deadlines(app), *_of_files(app), *_of_jobs(app), *of_calendars(app), *of_zone(app)]
    return Health(findings=tuple(sorted(found, key=lambda finding: finding.level is not Level.PROBLEM)))


def of_deadlines(app: App) -> Iterator[Finding]:
    """Expectations that are not met."""
    for each in notice(app):
        advice = f"see: jitai-tasks why {each.task.removeprefix('tasks.')}"
        yield Finding(level=Level.PROBLEM, about="deadline", text=each.text, advice=advice, task=each.task)


def of_calendars(app: App) -> Iterator[Finding]:
    """Years that a calendar in use knows nothing of."""
    now = now_of(app)
    gaps: dict[tuple[str, int], list[str]] = {}
    for definition, schedule in readable_schedules(app, enabled_tasks(app)):
        for year in schedule.unknown_years(now, now + AHEAD):
            assert schedule.resting is not None
            gaps.setdefault((str(schedule.resting.calendar), year), []).append(definition.full_name)
    for (calendar, year), tasks in gaps.items():
        text = f"{calendar} has no data for {year}: the days off of {', '.join(tasks[:5])} in that year are a guess"
        advice = "update the package `holidays`, or add the dates to the calendar"
        yield Finding(level=Level.WARNING, about="calendar", text=text, advice=advice)


def of_zone(app: App) -> Iterator[Finding]:
    """An app that names no zone."""
    if app.config.timezone is None and app.settings.timezone is None:
        yield Finding(level=Level.OK, about="time zone", text=NO_ZONE, advice='add "timezone": "Europe/Berlin"')


def _of_files(app: App) -> Iterator[Finding]:
    for problem in app.problems:
        if problem.is_error:
            yield Finding(level=Level.PROBLEM, about="files", text=str(problem), task=problem.element)
    for said in refused_files(app).values():
        yield Finding(level=Level.PROBLEM, about="files", text=f"a runner could not load {said}")


def _of_jobs(app: App) -> Iterator[Finding]:
    if not has_tables(app):
        return
    now = app.database.now()
    with app.database.read() as connection:
        waiting = jobs.find(connection, status=Status.WAITING, limit=_LISTED)
        alive = [each for each in runners.all(connection) if runners.is_alive(connection, each.id, lease_us=LEASE)]
    late = [job for job in waiting if job.hold is None and job.due < now - LATE]
    if late:
        whose = "; no runner is alive" if not alive else ""
        text = f"{len(late)} jobs are late, the oldest by {(now - late[0].due) // SECOND} s{whose}"
        yield Finding(level=Level.WARNING, about="late jobs", text=text, advice="start a runner: jitai-tasks run")
    for reason in dict.fromkeys(job.hold for job in waiting if job.hold):
        count = sum(job.hold == reason for job in waiting)
        yield Finding(level=Level.WARNING, about="held jobs", text=f"{count}: {reason}")
