"""Succession: which job of a task comes next, and who performs a job."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy.exc import SQLAlchemyError

from . import overrides
from .definition import Definition, Kind
from .errors import ElementNotFound, StoreError
from .models.rows import RowData, plain_member
from .moments import instant_of, shown_time
from .newjobs import TEMPORARY, config_of, is_on, planned_job
from .plansteps import PAUSED
from .scopes import current_job_scope
from .store import jobs as stored
from .store import schedules
from .store.records import NewJob
from .transactions import joined

if TYPE_CHECKING:
    import arrow

    from .app import App
    from .tasks import BaseTask

#: Field of a row whose run was refused for a whole range of planned moments: where the series goes on.
RESUME_AFTER = "resumeAfter"


def next_job(app: App, definition: Definition, *, after: int) -> NewJob | None:
    """The next planned job of a task, due strictly later than the instant `after`; None if its series has ended.

    Asks the plug-ins' `jit_next_time`, then the element's `getNextRunTime`. What these raise reaches the caller.
    """
    due = next_due(app, definition, after=after)
    return None if due is None else planned_job(definition, due)


def next_due(app: App, definition: Definition, *, after: int) -> int | None:
    """When that job would be due."""
    due = _hooked(app, definition, after)
    if due is None:
        task = cast("BaseTask", app.getElement(definition.full_name))
        row = RowData(element=definition.full_name, argDict=dict(config_of(definition).argDict))
        due = asked(task, row, shown_time(after, app.timezone))
    return due


def follow(task: BaseTask, row: Any) -> None:
    """Plan what comes after the run of this row. Nothing for jobs outside the schedule.

    In the run itself the job is noted on its scope, and stored together with the outcome; elsewhere it is stored now,
    by its occurrence, so that calling it twice plans one job.
    """
    if not task.fullName or plain_member(row, "isManual"):
        return
    successor = _wanted_successor(task, row)
    if successor is None:
        return
    running = current_job_scope()
    if running is not None and running.job.task == task.fullName:
        running.successor = successor
        return
    with joined(task.app) as connection:
        stored.create_occurrence(connection, successor)


def follow_ahead(task: BaseTask, row: Any) -> None:
    """Plan what comes after the run of this row before it begins, so that the two may be at work at the same time."""
    successor = _wanted_successor(task, row)
    if successor is not None:
        with task.app.database.begin() as connection:
            stored.create_occurrence(connection, successor)


def asked(task: BaseTask, row: Any, now: arrow.Arrow) -> int | None:
    """The instant that the element's `getNextRunTime` answers."""
    found = task.getNextRunTime(row, now)
    where = f"{task.fullName}.getNextRunTime"
    return None if found is None else instant_of(found, zone=task.app.timezone, where=where)


def task_object(app: App, job: NewJob) -> BaseTask:
    """The task element that performs a job: its own, or one without files that its Type makes.

    Raises ElementNotFound for a planned job whose element is gone.
    """
    definition = app.catalog.find(job.task) if job.task else None
    if definition is not None and definition.kind is Kind.INSTANCE:
        if job.slot is not None and not job.subject:
            with suppress(SQLAlchemyError, StoreError):  # the job runs all the same, by the rule known so far
                overrides.follow_one(app, definition.full_name)
        return cast("BaseTask", app.getElement(definition.full_name))
    if job.slot is not None:
        raise ElementNotFound(job.task, app.catalog.definitions)
    return cast("BaseTask", app.performer(_known_type(app, job.task_type)))


def _known_type(app: App, name: str) -> str:
    """The Type a job names, if there is such a Type of tasks; else the temporary one."""
    definition = app.catalog.find(name)
    return name if definition is not None and definition.kind is Kind.TYPE else TEMPORARY


def _successor(task: BaseTask, row: Any) -> NewJob | None:
    definition = task.element.definition
    after = _slot_of(task, row)
    due = _hooked(task.app, definition, after)
    if due is None:
        due = asked(task, row, shown_time(after, task.app.timezone))
    return None if due is None else planned_job(definition, due)


def _wanted_successor(task: BaseTask, row: Any) -> NewJob | None:
    """What follows, unless the task was switched off while it ran; held, if it was paused."""
    with task.app.database.read() as conn:
        state = schedules.get(conn, task.fullName)
    if overrides.follow(task.app, [state]):
        task = cast("BaseTask", task.app.getElement(task.fullName))
    if not is_on(task.element.definition, state):
        return None
    successor = _successor(task, row)
    return replace(successor, hold=PAUSED) if successor is not None and state.paused else successor


def _slot_of(task: BaseTask, row: Any) -> int:
    """The planned moment the row stands for, or the end of the range that was skipped; else the present."""
    for name in (RESUME_AFTER, "dueTime", "startTime"):
        at = plain_member(row, name)
        if at is not None:
            return instant_of(at, zone=task.app.timezone, where=f"{task.fullName}.{name}")
    return task.app.database.now()


def _hooked(app: App, definition: Definition, after: int) -> int | None:
    found: int | None = app.hooks.jit_next_time(app=app, definition=definition, after=after)
    return found
