"""Calling what users wrote: the function of a task, coroutines included, inside the wrappers of plug-ins."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import logging
from collections.abc import Awaitable

from ..app import App
from ..models.changes import settle
from ..models.rows import RowData
from ..scopes import JobScope
from ..store.records import Job
from ..store.trouble import before_the_call
from ..tasks import BaseTask, current_task
from .outcome import attempt, message

_logger = logging.getLogger(__name__)


class Caller:
    """Runs tasks for one worker; keeps one event loop for those that are coroutines."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._loop: asyncio.Runner | None = None
        self._wrapped = len(app.hooks.jit_perform.get_hookimpls()) > 1

    def run(self, task: BaseTask, row: RowData, job: Job, scope: JobScope, started: int) -> object:
        """Call the task's function, or answer the refusal to run; what it wrote has then reached the database, with all
        that follows from it. `started`: the instant of now, in microseconds."""
        token = current_task.set(row)  # `with running(row)`, without its price: this is paid for every job
        try:
            with before_the_call:
                refusal = task.admit(row, started)
            if refusal:
                return refusal
            value = self._inside_wrappers(task, row, job) if self._wrapped else self._complete(task.handle(row))
        finally:
            current_task.reset(token)
        if scope.used:
            settle(scope.session)
        return value

    def notify(self, hook: str, **facts: object) -> None:
        """Call a hook whose failure must not change what came of the job."""
        told = attempt(lambda: getattr(self._app.hooks, hook)(app=self._app, **facts))
        if told.error is not None:
            _logger.error("a plug-in failed in %s: %s", hook, message(told.error))

    def close(self) -> None:
        """Close the event loop, if a coroutine ever needed one."""
        if self._loop is not None:
            self._loop.close()
            self._loop = None

    def _inside_wrappers(self, task: BaseTask, row: RowData, job: Job) -> object:
        def call() -> object:
            return self._complete(task.handle(row))

        return self._app.hooks.jit_perform(app=self._app, job=job, call=call)

    def _complete(self, value: object) -> object:
        """The value itself, or what it comes to when it is awaited."""
        return self._awaited(value) if value is not None and inspect.isawaitable(value) else value

    def _awaited(self, value: Awaitable[object]) -> object:
        if self._loop is None:
            self._loop = asyncio.Runner()

        async def wait() -> object:
            return await value

        return self._loop.run(wait(), context=contextvars.copy_context())
