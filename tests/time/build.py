"""The tiny apps of these tests: one task, daily at nine; the clock begins at 2026-01-05 08:00 UTC, a Monday."""

from __future__ import annotations

from jitai_tasks.store import claims
from jitai_tasks.store.records import Job
from tests.app.build import DAILY, scheduled

__all__ = ["DAILY", "DAY", "EACH_MINUTE", "HOUR", "MINUTE", "NINE", "SECOND", "claimed", "one_task", "scheduled"]

SECOND = 1_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND
NINE = 1_767_603_600_000_000
EACH_MINUTE = {"repeatType": "minute", "period": 1}


def one_task(inner="def customFunc():\n    pass", **keys):
    """tasks.Clean, daily at nine unless the keys say otherwise."""
    repeat = keys.pop("repeat", DAILY)
    return {"tasks/Clean/e.json": scheduled(repeat, **keys), "tasks/Clean/inner.py": inner}


def claimed(app, *, worker=9, token=77, limit=1) -> list[Job]:
    """The next due jobs, claimed by a worker elsewhere that never comes to an end."""
    with app.database.begin() as conn:
        return claims.claim(conn, limit=limit, runner=9, worker=worker, token=token, now=app.database.now())
