"""The e.json files of the tiny apps in these tests."""

from __future__ import annotations

from typing import Any

from jitai_tasks import App
from jitai_tasks.store import history
from jitai_tasks.store.records import Run

DAILY = {"repeatType": "day", "period": 1}
#: The clock of the tests begins at 2026-01-05 08:00 UTC, a Monday.
START = "2026-01-01 09:00:00"


def scheduled(repeat: dict[str, Any] | None = None, *, start: str = START, **keys: Any) -> dict[str, Any]:
    """A scheduled task that is switched on and runs daily at nine, unless the keys say otherwise."""
    timer: dict[str, Any] = {"startTime": start, "repeat": repeat or DAILY}
    for key in ("endTime", "skipHoliday"):
        if key in keys:
            timer[key] = keys.pop(key)
    return {
        "title": "A task", "type": "tasks.NormalType", "enable": 1, "backendBundleEntry": ".",
        "timerCfg": timer, **keys,
    }  # fmt: skip


def service(title: str = "A service", **keys: Any) -> dict[str, Any]:
    """A service element."""
    return {"title": title, "type": "services.NormalType", "backendBundleEntry": ".", "functionList": [], **keys}


def log_of(run: Run) -> str:
    """What the run wrote: lists of runs come without it."""
    with App.current().database.read() as conn:
        found = history.get(conn, run.job.id)
    assert found is not None
    return found.outcome.log
