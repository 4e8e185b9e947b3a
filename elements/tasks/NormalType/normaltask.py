"""The class of scheduled tasks."""

from __future__ import annotations

import inspect
from functools import cached_property
from typing import Any

import arrow
from tasks.Meta import BaseTask, Refusal, Timer

from jitai_tasks import lateness
from jitai_tasks.daysoff import calendar_of
from jitai_tasks.models.rows import plain_member
from jitai_tasks.models.taskrows import job_of
from jitai_tasks.moments import instant_of, shown_time
from jitai_tasks.resolve import accepted_arguments
from jitai_tasks.succession import RESUME_AFTER, follow_ahead
from jitai_tasks.timetables import by_timer

__all__ = ["NormalTask"]

#: The parameters of a function that is handed its surroundings; here there is no row.
_SURROUNDINGS = ["app", "taskInstance", "rowData"]


class NormalTask(BaseTask):
    """Runs at the times of its `timerCfg`. Its function gets those members of `argDict` that it has parameters for."""

    @cached_property
    def timer(self) -> Timer | None:
        """The times of its `timerCfg`; None for a task that is only run by hand."""
        if not self.options.timerCfg:
            return None
        return Timer(
            self.options.timerCfg,
            self.options.timezone or self.app.timezone,
            calendar_of(self.app, self.options.timerCfg),
            key=self.fullName,
            jitter=self.options.jitter,
        )

    @by_timer
    def getNextRunTime(self, task: Any = None, now: Any = None) -> arrow.Arrow | None:
        """The first planned time after `now` (default: the present) and after the row's `startTime`.

        `task` is a row, a dict with `element` and `startTime`, or None. None means that the series has ended.
        """
        if self.timer is None:
            return None
        after = self.app.clock.now() if now is None else self._instant(now, "now")
        begun = plain_member(task, "startTime")
        if begun is not None:
            after = max(after, self._instant(begun, "startTime"))
        return self.timer.nextTime(shown_time(after, "UTC"))

    def argumentsOf(self, func: Any, task: Any) -> dict[str, Any]:
        """The members of `argDict` that the function has parameters for. BadArguments if it needs others.

        A function with the parameters `app, taskInstance, rowData` gets the app, this task, and None for the row.
        """
        arguments = accepted_arguments(func, plain_member(task, "argDict") or {})
        if list(inspect.signature(func).parameters) == _SURROUNDINGS:
            arguments = {"app": self.app, "taskInstance": self, "rowData": None, **arguments}
        self.checkFit(func, arguments, self.fullName)
        return arguments

    def admit(self, task: Any, now: int) -> Refusal | None:
        """Refuse a planned run that is too late, or that would overlap another one; see `misfire` and `overlap`.

        A refusal can stand for many planned times: the series goes on after them. What has begun once is never too
        late: a retry, or a run whose worker died.
        """
        if plain_member(task, "isManual") or self.timer is None:
            return None
        refusal = self._lateOrOverlapping(task, now)
        if refusal is not None and refusal.until is not None:
            task[RESUME_AFTER] = shown_time(refusal.until, "UTC")
        if refusal is None and self.options.overlap in ("allow", "cancelPrevious"):
            follow_ahead(self, task)
        return refusal

    def _lateOrOverlapping(self, task: Any, now: int) -> Refusal | None:
        job, overlap = job_of(task), self.options.overlap
        if job is not None and overlap == "cancelPrevious":
            lateness.take_over(self.app, job, now)
        if job is not None and (job.attempt > 1 or job.interruptions):
            return None
        if overlap == "skip" and (refusal := self._overlapping(task, now)) is not None:
            return refusal
        slot, planned = (self._instant(plain_member(task, name), name) for name in ("dueTime", "createdAt"))
        if overlap == "queue" and lateness.is_queued(self.app, self.fullName, self.options, now):
            return None
        return lateness.too_late(self.timer.schedule, self.options, slot, now, planned=planned)

    def _overlapping(self, task: Any, now: int) -> Refusal | None:
        slot, job = self._instant(plain_member(task, "dueTime"), "dueTime"), job_of(task)
        refusal = lateness.overlapping(self.app, self.timer.schedule, self.fullName, slot, now)
        if refusal is None and job is not None:
            return lateness.at_work(self.app, job, self.timer.schedule.zone.name)
        return refusal

    def _instant(self, value: Any, where: str) -> int:
        return instant_of(value, zone=self.app.timezone, where=where)
