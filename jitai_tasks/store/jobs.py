"""The verbs of a job's life outside its performance. One function per state edge; False means: lost the race."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypedDict, Unpack

import sqlalchemy as sa
from sqlalchemy.orm import Session

from . import inserting, moves, occurrences, rows
from .database import Database, database_of
from .records import Job, NewJob, Outcome, Run, Status
from .tables import JOB_COLUMNS, jobs

_FIELDS = [jobs.c[name] for name in JOB_COLUMNS]
_WAITING = jobs.c.status == "waiting"


def create(connection: sa.Connection, new: Sequence[NewJob], *, now: int | None = None) -> None:
    """(none) → waiting. Inserts the jobs on the caller's connection and wakes the runners when it commits.

    `now` is when they count as created (default: the database's clock). StoreError if a text is over its limit.
    """
    inserting.insert_and_announce(connection, new, now=now)


def create_within(held: sa.Connection | Session, new: Sequence[NewJob], *, database: Database) -> None:
    """`create`, on a session or a connection that may be of the application's own engine."""
    connection = held.connection() if isinstance(held, Session) else held
    create(connection, new)
    if database_of(connection) is None:  # ours ring by themselves
        database.on_commit(held, database.ring)


def create_occurrence(connection: sa.Connection, new: NewJob, *, now: int | None = None) -> bool:
    """(none) → waiting, once per (task, subject, slot), ever: occurrence, watermark and job in this transaction."""
    if new.slot is None:
        raise ValueError(f"job {new.id} of {new.task} has no slot, so it stands for no occurrence; use create")
    if not occurrences.remember(connection, new):
        return False
    create(connection, [new], now=now)
    return True


def cancel(connection: sa.Connection, job_id: int, *, now: int, reason: str = "") -> bool:
    """waiting → canceled."""
    found = moves.lock(connection, jobs.c.id == job_id, _WAITING)
    for job in found:
        moves.to_history(connection, job, Outcome(status=Status.CANCELED, reason=reason, ended=now))
    return bool(found)


def skip(connection: sa.Connection, job: Job, outcome: Outcome) -> bool:
    """waiting → skipped (or running → skipped by its holder), with the reason in `outcome`."""
    mine = _WAITING if job.claim_token is None else jobs.c.claim_token == job.claim_token
    found = moves.lock(connection, jobs.c.id == job.id, mine)
    for locked in found:
        moves.to_history(connection, locked, outcome, by_holder=True)
    return bool(found)


def terminate(connection: sa.Connection, job_id: int, *, now: int, reason: str = "") -> Run | None:
    """waiting or running → terminated, whoever holds it. The holder's finish is refused from now on."""
    for job in moves.lock(connection, jobs.c.id == job_id):
        return moves.to_history(connection, job, _cut_short(job, Status.TERMINATED, reason, now))
    return None


def expire(connection: sa.Connection, job_id: int, token: int, *, now: int) -> bool:
    """running → expired, if this claim still holds it."""
    found = moves.lock(connection, jobs.c.id == job_id, jobs.c.claim_token == token)
    for job in found:
        reason = f"over its time limit of {job.timeout_ms / 1000:g} s"
        moves.to_history(connection, job, _cut_short(job, Status.EXPIRED, reason, now))
    return bool(found)


def withdraw(connection: sa.Connection, job_id: int) -> bool:
    """waiting → (none): as if it had never been planned. Its occurrence is free again, no run is recorded."""
    found = moves.lock(connection, jobs.c.id == job_id, _WAITING)
    for job in found:
        occurrences.forget(connection, job)
        connection.execute(jobs.delete().where(jobs.c.id == job.id))
    return bool(found)


def reschedule(connection: sa.Connection, job_id: int, due: int, slot: int | None = None) -> bool:
    """Move a waiting job to another moment; False if it no longer waits, or if `slot` already had its job."""
    for job in moves.lock(connection, jobs.c.id == job_id, _WAITING):
        if slot != job.slot and not _swap_occurrence(connection, job, slot):
            return False
        connection.execute(jobs.update().where(jobs.c.id == job_id).values(due=due, slot=slot))
        inserting.came_back(connection)
        return True
    return False


def hold(connection: sa.Connection, *, task: str | None = None, ids: Iterable[int] = (), reason: str) -> int:
    """Keep waiting jobs from being claimed, with a reason people can read; answers how many."""
    which = jobs.c.task == task if task is not None else jobs.c.id.in_(list(ids))
    free = jobs.update().where(which, _WAITING, jobs.c.hold.is_(None))
    return connection.execute(free.values(hold=reason[:500])).rowcount


def release(
    connection: sa.Connection, *, task: str | None = None, reason: str | None = None, ids: Iterable[int] | None = None
) -> int:
    """Let held jobs be claimed again: those of a task, with a reason, with these ids, or all of that together."""
    freed = jobs.update().where(jobs.c.hold.is_not(None))
    if task is not None:
        freed = freed.where(jobs.c.task == task)
    if reason is not None:
        freed = freed.where(jobs.c.hold == reason)
    if ids is not None:
        freed = freed.where(jobs.c.id.in_(list(ids)))
    count = connection.execute(freed.values(hold=None)).rowcount
    if count:
        inserting.came_back(connection)
    return count


def get(connection: sa.Connection, job_id: int) -> Job | None:
    """The live job with this id; None if there is none (it may be in history)."""
    row = connection.execute(sa.select(*_FIELDS).where(jobs.c.id == job_id)).first()
    return None if row is None else rows.job(row)


class Wanted(TypedDict, total=False):
    """What live jobs are looked for by; None and what is left out mean any."""

    task: str | None
    func: str | None
    status: Status | str | None
    queue: str | None
    subject: str | None


def find(connection: sa.Connection, *, limit: int = 50, offset: int = 0, **by: Unpack[Wanted]) -> list[Job]:
    """Live jobs by what is given, the next due first."""
    wanted = _wanted(sa.select(*_FIELDS), by)
    found = connection.execute(wanted.order_by(jobs.c.due, jobs.c.id).limit(limit).offset(offset))
    return [rows.job(row) for row in found]


def count(connection: sa.Connection, **by: Unpack[Wanted]) -> int:
    """How many jobs `find` would go through."""
    return connection.scalar(_wanted(sa.select(sa.func.count()).select_from(jobs), by)) or 0


def waiting_of(connection: sa.Connection, tasks: Iterable[str]) -> dict[str, list[Job]]:
    """The live jobs (waiting or running) of each task that its schedule planned, not people or rows; next first."""
    names = list(tasks)
    found: dict[str, list[Job]] = {name: [] for name in names}
    for start in range(0, len(names), 500):
        wanted = sa.select(*_FIELDS).where(
            jobs.c.task.in_(names[start : start + 500]),
            jobs.c.task != "",
            jobs.c.subject == "",
            jobs.c.manual.is_(sa.false()),
        )
        for row in connection.execute(wanted.order_by(jobs.c.due, jobs.c.id)):
            job = rows.job(row)
            found[job.task].append(job)
    return found


def held(connection: sa.Connection, *, limit: int = 10_000) -> list[Job]:
    """The waiting jobs that are on hold, for whatever reason."""
    wanted = sa.select(*_FIELDS).where(_WAITING, jobs.c.hold.is_not(None)).limit(limit)
    return [rows.job(row) for row in connection.execute(wanted)]


def _wanted(wanted: sa.Select[Any], by: Wanted) -> sa.Select[Any]:
    for name, value in by.items():
        if value is not None:
            wanted = wanted.where(jobs.c[name] == str(value))
    return wanted


def _cut_short(job: Job, status: Status, reason: str, now: int) -> Outcome:
    return Outcome(status=status, reason=reason, started=job.claimed, ended=now)


def _swap_occurrence(connection: sa.Connection, job: Job, slot: int | None) -> bool:
    if slot is not None:
        moved = NewJob(id=job.id, task=job.task, task_type=job.task_type, subject=job.subject, due=slot, slot=slot)
        if not occurrences.remember(connection, moved):
            return False
    if job.slot is not None:
        occurrences.forget(connection, job)
    return True
