"""Perform: from a claimed job to one value that says what came of it. Nothing after it catches user exceptions."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import cast

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from .. import newjobs, planning
from ..app import App
from ..errors import ElementBroken, ElementNotFound, FunctionNotFound, NoFunction, NotBegun
from ..models.rows import RowData
from ..models.taskrows import task_row
from ..scopes import JobScope, current_scope
from ..store import finishing
from ..store.records import Finish, Job, NewJob, Outcome, Status
from ..store.trouble import lost, pause, transient
from ..tasks import BaseTask
from . import children
from .calling import Caller
from .capture import Capture, StreamCapture
from .outcome import Attempt, attempt, clean, failed, in_time, message, outcome_of
from .patience import first_line

_logger = logging.getLogger(__name__)

#: Why a job cannot begin: it is put on hold, visibly, and waits until the cause is gone.
_UNREADY = (ElementNotFound, ElementBroken, FunctionNotFound)
#: How often a function is run again because another transaction was in its way.
_CONFLICTS = 20


@dataclass(slots=True, kw_only=True)
class Performed:
    """A job that was performed, on its way into the store. Never changed; not frozen, as that costs time."""

    job: Job
    #: None when the job could not be performed; it is handed back.
    finish: Finish | None = None
    #: Why it must not be claimed again for now.
    hold: str = ""
    #: What the database said, if the job began and its connection broke.
    lost: str = ""
    #: Set if the function used the app's session: its open transaction, to be committed with the completion.
    scope: JobScope | None = None

    @property
    def wrote(self) -> bool:
        """Whether it has to be finished in its own transaction."""
        return self.scope is not None

    @property
    def token(self) -> int:
        """The claim it was performed under."""
        return self.job.claim_token or 0

    def commit(self) -> bool:
        """Commit the function's writes and its completion; False, and nothing written, if the claim was lost."""
        assert self.scope is not None
        assert self.finish is not None
        accepted = finishing.finish(self.scope.session.connection(), [self.finish])
        if accepted:
            self.scope.commit()
        else:
            self.scope.rollback()
        self.scope.close()
        return bool(accepted)

    def abandon(self) -> None:
        """Roll back after a failure; a connection that is broken is dropped."""
        if self.scope is not None:
            _undo(self.scope)


class Performer:
    """Performs jobs of one app, one after the other, in the process or thread that made it."""

    def __init__(self, app: App, capture: Capture) -> None:
        self._app = app
        self._capture = capture
        self._caller = Caller(app)
        self._ready: set[tuple[str, str, str]] = set()
        #: Who performs jobs that belong to no element, by Type and function: they neither enter nor leave.
        self._without_element: dict[tuple[str, str], BaseTask] = {}
        self._process = os.getpid()
        self._watched = bool(app.hooks.jit_run_recorded.get_hookimpls())
        #: Runs after which nothing could be planned, because the database was away.
        self._unplanned: list[tuple[BaseTask, RowData]] = []

    def __call__(self, job: Job) -> Performed:
        """Run the job's function and say what came of it; run it again if another transaction was in its way."""
        for again in range(1, _CONFLICTS):
            performed = self._once(job)
            if performed is not None:
                return performed
            pause(again)
        last = self._once(job, last=True)
        assert last is not None
        return last

    def close(self) -> None:
        """Close the event loop, if a coroutine ever needed one."""
        self._caller.close()

    def recorded(self, batch: Iterable[Performed]) -> None:
        """The database has answered: plan what is still to be planned, and tell plug-ins what has been committed."""
        if self._unplanned:
            unplanned, self._unplanned = self._unplanned, []
            for task, row in unplanned:
                self._ask_what_follows(task, row)
        if not self._watched:
            return
        for performed in batch:
            if performed.finish is not None:
                self._caller.notify("jit_run_recorded", job=performed.job, outcome=performed.finish.outcome)

    def refused(self, performed: Performed, error: BaseException) -> Performed:
        """The same job, ended in error because what came of it could not be stored."""
        assert performed.finish is not None
        finish = performed.finish
        outcome = failed(error, started=finish.outcome.started, ended=finish.outcome.ended, log=finish.outcome.log)
        return Performed(
            job=performed.job, finish=Finish(job=performed.job, outcome=outcome, successor=finish.successor)
        )

    def _once(self, job: Job, *, last: bool = False) -> Performed | None:
        """One try; None means: run it again."""
        scope = JobScope(job, lambda: self._app.database)
        started = self._app.database.now()
        inside = current_scope.set(scope)
        self._capture.begin()
        try:
            return self._tried(job, scope, started, last=last)
        finally:
            current_scope.reset(inside)

    def _tried(self, job: Job, scope: JobScope, started: int, *, last: bool) -> Performed | None:
        row = task_row(job, self._app.timezone)
        found = attempt(self._task_of, job, row)
        if isinstance(found.error, _UNREADY):
            self._capture.end()
            return Performed(job=job, hold=clean(str(found.error)))
        task = cast("BaseTask | None", found.value)  # an element is a proxy of one
        tried = attempt(self._caller.run, task, row, job, scope, started) if task is not None else found
        if os.getpid() != self._process:
            children.leave(tried.error)
        if scope.touched:
            self._app.leave(scope.touched.values(), tried.error, tried.value)
        if isinstance(tried.error, NotBegun):
            _undo(scope)
            self._capture.end()
            return Performed(job=job)
        if scope.used and isinstance(tried.error, DBAPIError) and transient(tried.error):
            _undo(scope)
            if lost(tried.error):
                self._capture.end()
                return Performed(job=job, lost=first_line(tried.error))
            if not last:
                return None
        if isinstance(tried.error, NoFunction) and tried.error.task == job.task and not scope.used:
            self._capture.end()
            return Performed(job=job, hold=clean(str(tried.error)))
        outcome = in_time(job, outcome_of(tried, started, self._app.database.now()))
        return self._concluded(job, scope, task, row, outcome, tried)

    def _task_of(self, job: Job, row: RowData) -> BaseTask:
        """The object that performs the job; its function is looked up ahead, once, so that a missing one is found."""
        if not job.task and (known := self._without_element.get((job.task_type, job.func))) is not None:
            return known
        task = planning.task_object(self._app, job)
        kind = (job.task, job.task_type, job.func)
        if kind not in self._ready:
            task.getFunc(row)
            self._ready.add(kind)
        if not task.fullName:
            self._without_element[job.task_type, job.func] = task
        return task

    def _concluded(
        self, job: Job, scope: JobScope, task: BaseTask | None, row: RowData, outcome: Outcome, tried: Attempt
    ) -> Performed:
        """The outcome with what follows from it: children, a retry, the next planned run."""
        if outcome.status is not Status.SUCCESS:
            _undo(scope)
            scope.outbox.clear()
            self._report(job, tried.error)
        if task is not None and (task.fullName or getattr(type(task), "afterReturn", None) is not BaseTask.afterReturn):
            self._plan_successor(task, row, outcome)
        creates: tuple[NewJob, ...] = tuple(scope.outbox)
        if (retry := self._retry(task, row, job, outcome, tried.error)) is not None:
            outcome = replace(outcome, status=Status.RETRIED)
            creates = (*creates, retry)
        if log := self._capture.end():
            outcome = replace(outcome, log=outcome.log + log)
        finish = Finish(job=job, outcome=outcome, creates=creates, successor=scope.successor)
        return Performed(job=job, finish=finish, scope=scope if scope.used else None)

    def _retry(
        self, task: BaseTask | None, row: RowData, job: Job, outcome: Outcome, error: BaseException | None
    ) -> NewJob | None:
        """The job that tries again, if the task wants one. If its own `retryAfter` fails, as the job was created."""
        if outcome.status is not Status.ERROR:
            return None

        def again(delay: float | None) -> NewJob | None:
            return None if delay is None else newjobs.retry(job, outcome.ended, delay)

        if task is not None:
            asked = attempt(lambda: again(task.retryAfter(row, error)))
            if asked.error is None:
                return cast("NewJob | None", asked.value)
            _logger.error("retryAfter of %s failed: %s", job.task or job.func, message(asked.error))
        return again(newjobs.usual_delay(job))

    def _plan_successor(self, task: BaseTask, row: RowData, outcome: Outcome) -> None:
        if task.fullName:  # nothing follows a task without element, and filling in its row is not free
            row["status"] = outcome.status.value
        self._ask_what_follows(task, row)

    def _ask_what_follows(self, task: BaseTask, row: RowData) -> None:
        """Ask the task what follows, again when the database is back if it is away.

        If its own `afterReturn` fails, the schedule goes on as planned.
        """
        asked = attempt(task.afterReturn, row)
        if asked.error is None:
            return
        if isinstance(asked.error, SQLAlchemyError) and transient(asked.error):
            self._unplanned.append((task, row))
            return
        _logger.error("afterReturn of %s failed: %s", task.fullName, message(asked.error))
        attempt(planning.follow, task, row)

    def _report(self, job: Job, error: BaseException | None) -> None:
        if error is None:
            return
        _logger.error("%s failed: %s", job.task or job.func, message(error))
        self._caller.notify("jit_task_failed", job=job, error=error)


def perform(app: App, job: Job) -> Performed:
    """Perform one claimed job here and now; its output is kept as its log."""
    with StreamCapture.installed() as capture:
        performer = Performer(app, capture)
        try:
            return performer(job)
        finally:
            performer.close()


def _undo(scope: JobScope) -> None:
    attempt(scope.rollback)
    attempt(scope.close)
