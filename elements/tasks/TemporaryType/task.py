"""Creating temporary tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jitai_tasks import App, jobs
from jitai_tasks.ids import shown

__all__ = ["createTemporaryTask"]

#: Options by the names that JitAi code writes.
_NAMES = {"maxRetries": "retries", "retryDelay": "retry_delay"}


def createTemporaryTask(
    func: str, argDict: Mapping[str, Any] | None = None, startTime: Any = None, *, session: Any = None, **options: Any
) -> str:
    """Call the service function `func` once with `argDict` as keyword arguments, at `startTime` or as soon as possible.

    Inside a transaction (`app.transaction()`, a running task, or the SQLAlchemy `session` given) the task exists if and
    only if that transaction commits. `startTime` is text like "2026-03-01 09:00:00", a datetime or an Arrow object; a
    naive one is meant in the application's zone. `options`: queue, priority, tags, timeout (seconds), title, creator,
    maxRetries, retryDelay (seconds).

    Returns the task's id. Raises FunctionNotFound, BadArguments, PayloadError or InvalidTime; then nothing was created.
    """
    named = {_NAMES.get(name, name): value for name, value in options.items()}
    created = jobs.create_temporary(App.current(), func, argDict, startTime, session=session, **named)
    return shown(created)
