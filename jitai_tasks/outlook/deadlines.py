"""Deadlines: `expect` of a task. Whoever asks, sees one that was missed; the first who does raises the alarm, once."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time

import sqlalchemy as sa

from ..app import App
from ..basis import zone_name
from ..clock import SECOND
from ..config import TaskConfig
from ..definition import Definition
from ..errors import JitaiTasksError
from ..moments import local_text
from ..newjobs import config_of
from ..schedule import zone
from ..schedule.civil import DAY
from ..schedule.local import LocalTime
from ..store import alarms, history, jobs
from ..store.records import Job, Run, Status
from ..timetables import schedule_of
from .tasks import enabled_tasks, has_tables

_logger = logging.getLogger(__name__)

#: Runs of one task that are looked through.
_RUNS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """An expectation that was not met. It stands until a later run succeeds in time."""

    task: str
    #: The key of `expect`: "by" or "maxDuration".
    expectation: str
    #: The deadline, an instant; for "maxDuration" when the run had lasted that long.
    at: int
    #: What was expected and what is, in one sentence.
    text: str
    #: The run that takes or took too long.
    job_id: int | None = None


def missed(app: App) -> list[Missed]:
    """The expectations of enabled tasks that are not met now, whether or not any runner is alive. Changes nothing."""
    if not any(definition.config.get("expect") for definition in app.tasks()) or not has_tables(app):
        return []
    found: list[Missed] = []
    for definition in enabled_tasks(app):
        if definition.config.get("expect"):
            with app.database.read() as connection:
                found += _of_task(app, connection, definition, config_of(definition))
    return found


def notice(app: App) -> list[Missed]:
    """The same; those that nobody has noticed so far are logged, and raise `jit_deadline_missed` and an event."""
    found = missed(app)
    for each in found:
        subject = alarms.BY if each.expectation == "by" else alarms.DURATION
        with app.database.begin() as connection:
            is_first = alarms.raise_once(connection, each.task, subject, each.at, each.job_id or 0)
        if is_first:
            _logger.error("%s", each.text)
            app.notify("jit_deadline_missed", task=each.task, missed=each)
    return found


def _of_task(app: App, connection: sa.Connection, definition: Definition, config: TaskConfig) -> Iterator[Missed]:
    expect = config.expect
    assert expect is not None
    if expect.by is not None and (late := _late(app, connection, definition, expect.by)) is not None:
        yield late
    if expect.maxDuration is not None:
        slow = _slow(app, connection, definition, round(expect.maxDuration * SECOND))
        yield from [slow] if slow is not None else []


def _late(app: App, connection: sa.Connection, definition: Definition, by: str) -> Missed | None:
    """The deadline that passed last, if a run was planned for it and none has succeeded since."""
    name, here = definition.full_name, LocalTime(zone(zone_name(app, definition)))
    before, deadline = _window(here, by, app.database.now())
    recent = history.find(connection, task=name, start=before, limit=_RUNS)
    if any(run.outcome.status is Status.SUCCESS and (run.job.slot or run.outcome.ended) > before for run in recent):
        return None
    if not _was_planned(app, definition, before, deadline):
        return None
    live = jobs.find(connection, task=name, limit=_RUNS)
    if not _is_known(live, recent, deadline):
        return None
    text = f"{name}: no run has succeeded by {local_text(deadline, here.zone.name)}; {_state(live, recent)}"
    return Missed(task=name, expectation="by", at=deadline, text=text)


def _window(here: LocalTime, by: str, now: int) -> tuple[int, int]:
    """The deadline before the last one, and the last one."""
    clock = time.fromisoformat(by)
    of_day = (clock.hour * 60 + clock.minute) * 60 * SECOND
    today = here.zone.wall(now) // DAY
    past = [at for day in range(today - 2, today + 1) if (at := here.one_instant(day * DAY + of_day)) <= now]
    return past[-2], past[-1]


def _was_planned(app: App, definition: Definition, before: int, deadline: int) -> bool:
    """Whether the task was to run for this deadline; one that decides in code is expected every day."""
    try:
        schedule = schedule_of(app, definition)
    except JitaiTasksError:
        return True
    return schedule is None or schedule.count(before, deadline) > 0


def _is_known(live: list[Job], recent: list[Run], deadline: int) -> bool:
    """Whether the database knew of the task before the deadline: a task that came later has missed nothing."""
    waited = any((job.slot or job.due) <= deadline and job.created <= deadline for job in live)
    # A backfilled moment may be older than what the database knows of the task.
    planned = (run.job.due if run.job.manual else run.job.slot or run.job.due for run in recent)
    return waited or any(at <= deadline for at in planned)


def _state(live: list[Job], recent: list[Run]) -> str:
    if any(job.status is Status.RUNNING for job in live):
        return "it runs now"
    if recent:
        return f"its last run: {recent[0].outcome.status}"
    held = [job.hold for job in live if job.hold]
    return f"its run is held: {held[0]}" if held else "its run waits; is a runner at work?"


def _slow(app: App, connection: sa.Connection, definition: Definition, limit: int) -> Missed | None:
    """A run that is at work for too long, or the last one if it was."""
    name, now = definition.full_name, app.database.now()
    running = jobs.find(connection, task=name, status=Status.RUNNING, limit=_RUNS)
    began = [(job, job.claimed, now, "has been at work for") for job in running]
    ended = [run for run in history.find(connection, task=name, limit=20) if run.outcome.started is not None][:1]
    began += [(run.job, run.outcome.started, run.outcome.ended, "took") for run in ended]
    for job, start, end, verb in began:
        if start is not None and end - start > limit:
            said = f"the run of {local_text(start, app.timezone)} {verb} {(end - start) // SECOND} s"
            text = f"{name}: {said}; at most {limit / SECOND:g} s were expected"
            return Missed(task=name, expectation="maxDuration", at=start + limit, text=text, job_id=job.id)
    return None
