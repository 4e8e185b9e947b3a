"""The changes that planning makes: each is one small function of a transaction and the task's live jobs by then."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import sqlalchemy as sa

from .store import jobs as stored
from .store.records import Job, NewJob, Outcome, Status

DISABLED = "the task is disabled"
PAUSED = "the task is paused"
GONE = "there is no such element: its files are gone or broken; see `jitai-tasks check`"
NO_TIMES = "its times cannot be told any more; see `jitai-tasks check`"
#: Holds that end when the task itself is back.
OFF = (DISABLED, PAUSED, GONE, NO_TIMES)
REPLACED = "the next planned run took its place"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A change to make: `make` gets the connection and the task's live jobs as they are by then."""

    task: str
    make: Callable[[sa.Connection, list[Job]], bool]


def own_jobs(conn: sa.Connection, names: Iterable[str]) -> dict[str, list[Job]]:
    """The live jobs of each task that stand for its planned moments; retries and jobs of rows do not."""
    live = stored.waiting_of(conn, names)
    return {name: [job for job in jobs if not job.subject and job.retry_of is None] for name, jobs in live.items()}


def plan(new: NewJob) -> Step:
    """Insert a job, unless another runner has planned the task meanwhile."""
    return Step(task=new.task, make=lambda conn, live: not live and stored.create_occurrence(conn, new))


def put_in_place(job: Job, new: NewJob | None) -> Step:
    """Put a newly planned job in the place of a waiting one; None ends the series."""

    def make(conn: sa.Connection, _live: list[Job]) -> bool:
        if not stored.withdraw(conn, job.id):
            return False
        if new is not None:
            stored.create_occurrence(conn, replace(new, id=job.id))
        return True

    return Step(task=job.task, make=make)


def skip(job: Job, new: NewJob | None, outcome: Outcome) -> Step:
    """Record a waiting job, and all the planned moments it stands for, as skipped; `new` is what follows."""

    def make(conn: sa.Connection, _live: list[Job]) -> bool:
        if not stored.skip(conn, job, outcome):
            return False
        if new is not None:
            stored.create_occurrence(conn, new)
        return True

    return Step(task=job.task, make=make)


def hold(name: str, reason: str) -> Step:
    """Keep what waits from being claimed, for this reason and not for another one of the task's own."""

    def make(conn: sa.Connection, live: list[Job]) -> bool:
        for other in {job.hold for job in live if job.hold in OFF and job.hold != reason}:
            stored.release(conn, task=name, reason=other)
        return stored.hold(conn, ids=[job.id for job in live], reason=reason) > 0

    return Step(task=name, make=make)


def make_way(running: Iterable[Job], now: int) -> list[Step]:
    """End runs whose place the next planned one is to take; their runners kill them."""
    return [_ending(job, now) for job in running]


def _ending(job: Job, now: int) -> Step:
    def make(conn: sa.Connection, _live: list[Job]) -> bool:
        return stored.terminate(conn, job.id, now=now, reason=REPLACED) is not None

    return Step(task=job.task, make=make)


def due_behind(jobs: Iterable[Job], now: int) -> list[Job]:
    """The running jobs among these, if another one waits and is due."""
    waits = any(job.status is Status.WAITING and job.hold is None and job.due <= now for job in jobs)
    return [job for job in jobs if waits and job.status is Status.RUNNING]
