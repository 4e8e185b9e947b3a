"""What a runner looks like at one moment: for the live table of the command line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..store import Database, history, jobs
from ..store.records import Job, Run, Status
from .crew import Member
from .plan import Plan
from .seats import Phase, Seats

_RECENT, _NEXT = 10, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStatus:
    """One worker."""

    pid: int
    phase: str
    #: The job in hand, and for how many seconds; None if there is none.
    job: Job | None
    seconds: float
    #: How many jobs it has performed.
    done: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One moment of a runner."""

    runner: int
    app_id: str
    database: str
    #: True once it only waits for what runs.
    stopping: bool
    workers: tuple[WorkerStatus, ...]
    waiting: int
    running: int
    #: Waiting jobs, the next due first.
    upcoming: tuple[Job, ...]
    #: Runs, the newest first.
    recent: tuple[Run, ...]
    #: By the database's clock, microseconds since 1970 UTC.
    now: int


def snapshot(
    database: Database, plan: Plan, seats: Seats, members: Iterable[Member], *, app_id: str, stopping: bool
) -> Snapshot:
    """Look at the seats and the store."""
    glances = [seats.glance(member.seat) for member in members]
    with database.read() as connection:
        hands = {glance.job: jobs.get(connection, glance.job) for glance in glances if glance.job}
        workers = [
            WorkerStatus(
                pid=glance.pid, phase=glance.phase.name.lower(), job=hands.get(glance.job),
                seconds=glance.seconds() if glance.phase is Phase.PERFORMING else 0.0, done=glance.done,
            )
            for glance in glances
        ]  # fmt: skip
        return Snapshot(
            runner=plan.runner,
            app_id=app_id,
            database=database.url,
            stopping=stopping,
            workers=tuple(workers),
            waiting=jobs.count(connection, status=Status.WAITING),
            running=jobs.count(connection, status=Status.RUNNING),
            upcoming=tuple(jobs.find(connection, status=Status.WAITING, limit=_NEXT)),
            recent=tuple(history.find(connection, limit=_RECENT)),
            now=database.now(),
        )
