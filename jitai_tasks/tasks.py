"""What task elements are made of: BaseTask, Timer, and the row of the task that runs. Names are JitAi's."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from typing import Any, cast

import arrow

from .app import App
from .clock import SystemClock
from .config import TaskConfig
from .element import Element
from .errors import AppError, NoFunction
from .lateness import Refusal
from .models.rows import RowData, plain_member
from .models.taskrows import job_of
from .moments import instant_of, shown_time
from .newjobs import config_of, usual_delay
from .normalise import normalise
from .resolve import bind, inner_function, resolve
from .schedule import parse_timer
from .schedule.workdays import Calendar
from .succession import follow

__all__ = ["BaseTask", "Refusal", "Timer", "current_task", "running"]

_logger = logging.getLogger(__name__)

current_task: ContextVar[RowData | None] = ContextVar("current_task", default=None)


@contextmanager
def running(task: RowData) -> Iterator[RowData]:
    """Within it, `task` is what `GlobalVar.currentTask` answers."""
    token = current_task.set(task)
    try:
        yield task
    finally:
        current_task.reset(token)


class BaseTask:
    """A task element: what runs, with which arguments, and when it runs next.

    A Type's Loader builds one per element. Override `handle`, `getNextRunTime`, `afterReturn` or `getFunc` in a
    subclass and hand it out as the `taskClass` of the Type's Loader.
    """

    #: How loudly the log says that a run begins.
    loudness = logging.INFO

    def __init__(self, element: Element) -> None:
        self.element = element

    @property
    def app(self) -> App:
        """The application the task belongs to."""
        return self.element.app

    @property
    def config(self) -> Mapping[str, Any]:
        """The whole e.json, read-only."""
        return self.element.definition.config

    @property
    def fullName(self) -> str:
        """The element's full name; "" for a task without element."""
        return self.element.fullName

    @property
    def title(self) -> str:
        """The display name."""
        return self.element.definition.title

    @property
    def taskType(self) -> str:
        """Full name of the Type."""
        return str(self.config.get("type", ""))

    @cached_property
    def customFunc(self) -> Callable[..., Any] | None:
        """The task's own inner function, if its package has one. Looked up once: an open app does not change."""
        return inner_function(self.element)

    @property
    def TaskModel(self) -> Any:
        """The model of the jobs that wait or run: `TaskModel.query("Q(status='waiting')")`. To be read only."""
        return self.app.getElement("tasks.models.TaskModel")

    @property
    def TaskHistoryModel(self) -> Any:
        """The model of the runs that ended, likewise."""
        return self.app.getElement("tasks.models.TaskHistoryModel")

    def handle(self, task: Any) -> Any:
        """Run the task for this row: find the function, check that the arguments fit, call it; its answer is ours."""
        func = self.getFunc(task)
        if func is None:
            raise NoFunction(self.fullName)
        arguments = self.argumentsOf(func, task)
        if _logger.isEnabledFor(self.loudness):
            named = self.fullName or plain_member(task, "func")
            _logger.log(self.loudness, "%s execution: %s", type(self).__name__, named)
        return func(**arguments)

    def getFunc(self, task: Any = None) -> Callable[..., Any] | None:
        """The function to call: the one the row names, else the configured one, else the inner one, else None."""
        path = plain_member(task, "func") or (self.options.func if self.options.funcType == "Global" else "")
        return self._resolved(path) if path else self.customFunc

    def argumentsOf(self, func: Callable[..., Any], task: Any) -> dict[str, Any]:
        """The keyword arguments for `func`: all of the row's `argDict`. BadArguments if they do not fit."""
        arguments = dict(plain_member(task, "argDict") or {})
        if (func, tuple(arguments)) not in self._fitting:
            self.checkFit(func, arguments, str(plain_member(task, "func") or self.fullName))
        return arguments

    def getNextRunTime(self, task: Any = None, now: Any = None) -> arrow.Arrow | None:
        """When the task runs next, after `now` (default: the present); None for a task without schedule."""
        return None

    def afterReturn(self, task: Any) -> None:
        """Plan what follows the run of this row, by `getNextRunTime`.

        Inside a run it is stored together with the run's outcome. Calling it again plans nothing twice.
        """
        follow(self, task)

    def admit(self, task: Any, now: int) -> Refusal | None:
        """Whether a claimed job may run at the instant `now`: None, or why not and the state it ends in."""
        return None

    def retryAfter(self, task: Any, error: BaseException | None) -> float | None:
        """In how many seconds a run that failed with `error` is tried again; None: it is not.

        Unless a Type decides otherwise, as the job was created: `retry` of the e.json, options of a temporary task.
        """
        job = job_of(task)
        return None if job is None else usual_delay(job)

    def check(self, path: str, arguments: dict[str, Any]) -> None:
        """Raises FunctionNotFound or BadArguments if a job could not call this function with these arguments."""
        self.checkFit(self._resolved(path), arguments, path)

    @cached_property
    def options(self) -> TaskConfig:
        """The typed form of the e.json."""
        return config_of(self.element.definition)

    @cached_property
    def _found(self) -> dict[str, Callable[..., Any]]:
        return {}

    @cached_property
    def _fitting(self) -> set[tuple[Callable[..., Any], tuple[str, ...]]]:
        return set()

    def _resolved(self, path: str) -> Callable[..., Any]:
        """Looked up once: the elements of an open app do not change."""
        if path not in self._found:
            self._found[path] = resolve(self.app, path, element=self.element.definition)
        return self._found[path]

    def checkFit(self, func: Callable[..., Any], arguments: dict[str, Any], path: str) -> None:
        """Whether arguments fit depends on their names alone, so each set of names is checked once."""
        seen = (func, tuple(arguments))
        if seen not in self._fitting:
            bind(func, arguments, path=path)
            self._fitting.add(seen)


class Timer:
    """The times of a `timerCfg`: `nextTime()` answers as an Arrow object in its zone, or None when they have ended.

    `tz` is an IANA name (default: the zone of the open app, else UTC). Raises InvalidTime for a rule without sense.
    """

    def __init__(
        self,
        timerCfg: Mapping[str, Any],
        tz: str | None = None,
        calendar: Calendar | None = None,
        *,
        key: str = "",
        jitter: float = 0,
    ) -> None:
        current = normalise({"timerCfg": dict(timerCfg)}, family="tasks")[0]["timerCfg"]
        self.schedule = parse_timer(
            cast(Mapping[str, object], current), zone=tz or _app_zone(), calendar=calendar, key=key, jitter=jitter
        )

    def nextTime(self, after: Any = None) -> arrow.Arrow | None:
        """The first planned time strictly later than `after` (default: now)."""
        zone = self.schedule.zone.name
        base = _present() if after is None else instant_of(after, zone=zone, where="after")
        found = self.schedule.next_instant(base)
        return None if found is None else shown_time(found, zone)


def _app_zone() -> str:
    try:
        return App.current().timezone
    except AppError:
        return "UTC"


def _present() -> int:
    try:
        return App.current().clock.now()
    except AppError:
        return SystemClock().now()
