"""What happened: runs, newest first. Nothing here changes a run; `prune` forgets old ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypedDict, TypeVar, Unpack

import sqlalchemy as sa

from . import jobs as live
from . import rows
from .records import Job, Run, Status
from .tables import JOB_COLUMNS, OUTCOME_COLUMNS, logs, runs

_FIELDS = [runs.c[name] for name in JOB_COLUMNS + OUTCOME_COLUMNS]
W = TypeVar("W", bound=sa.Select[Any])
#: Longest chain of retries that is followed; a loop in damaged data ends there.
_LONGEST_CHAIN = 10_000


def get(connection: sa.Connection, job_id: int) -> Run | None:
    """The run of a job, its log included; None if the job is live or unknown."""
    wanted = sa.select(*_FIELDS, logs.c.log).outerjoin(logs, logs.c.run_id == runs.c.id).where(runs.c.id == job_id)
    row = connection.execute(wanted).first()
    return None if row is None else rows.run(row, log=row[-1] or "")


class Wanted(TypedDict, total=False):
    """What runs are looked for by; None and what is left out mean any. `start` <= ended < `end`, in µs."""

    task: str | None
    func: str | None
    status: Status | str | None
    start: int | None
    end: int | None


def find(connection: sa.Connection, *, limit: int = 50, offset: int = 0, **by: Unpack[Wanted]) -> list[Run]:
    """Runs that ended in [start, end), newest first, without their logs (`get` brings one)."""
    wanted = _wanted(sa.select(*_FIELDS), by)
    newest = wanted.order_by(runs.c.ended.desc(), runs.c.id.desc()).limit(limit).offset(offset)
    return [rows.run(row) for row in connection.execute(newest)]


def count(connection: sa.Connection, **by: Unpack[Wanted]) -> int:
    """How many runs `find` would go through."""
    return connection.scalar(_wanted(sa.select(sa.func.count()).select_from(runs), by)) or 0


def latest_attempt(connection: sa.Connection, job_id: int) -> Job | Run | None:
    """Where the chain of retries that began with (or runs through) this id stands: a live job, or the last run."""
    for _ in range(_LONGEST_CHAIN):
        found = get(connection, job_id)
        if found is None:
            return live.get(connection, job_id)
        if found.retried_by is None:
            return found
        following = found.retried_by
        if following == job_id or _is_gone(connection, following):
            return found
        job_id = following
    return None


def last_runs(connection: sa.Connection, tasks: Iterable[str]) -> dict[str, Run]:
    """The newest run of each task that has one."""
    found = {name: find(connection, task=name, limit=1) for name in tasks}
    return {name: newest[0] for name, newest in found.items() if newest}


def prune(connection: sa.Connection, *, before: int, limit: int = 1000) -> int:
    """Forget up to `limit` runs that ended before `before`, oldest first, with their logs; answers how many."""
    old = sa.select(runs.c.id).where(runs.c.ended < before).order_by(runs.c.ended).limit(limit)
    ids = [row[0] for row in connection.execute(old)]
    connection.execute(logs.delete().where(logs.c.run_id.in_(ids)))
    return connection.execute(runs.delete().where(runs.c.id.in_(ids))).rowcount


def _wanted(wanted: W, by: Wanted) -> W:
    if unknown := by.keys() - Wanted.__annotations__.keys():
        raise TypeError(f"runs are looked for by {', '.join(Wanted.__annotations__)}, not by {', '.join(unknown)}")
    if (task := by.get("task")) is not None:
        wanted = wanted.where(runs.c.task == task)
        if task:
            wanted = wanted.where(runs.c.task != "")  # lets the partial index answer
    if (func := by.get("func")) is not None:
        wanted = wanted.where(runs.c.func == func)
    if (status := by.get("status")) is not None:
        wanted = wanted.where(runs.c.status == str(status))
        if str(status) not in ("success", "skipped"):
            wanted = wanted.where(runs.c.status.not_in(("success", "skipped")))
    if (start := by.get("start")) is not None:
        wanted = wanted.where(runs.c.ended >= start)
    if (end := by.get("end")) is not None:
        wanted = wanted.where(runs.c.ended < end)
    return wanted


def _is_gone(connection: sa.Connection, job_id: int) -> bool:
    return get(connection, job_id) is None and live.get(connection, job_id) is None
