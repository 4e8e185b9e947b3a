"""Short ways to say what a test is about."""

from __future__ import annotations

from typing import Any

from jitai_tasks.ids import new_id, new_token
from jitai_tasks.store import Database, claims, finishing, history, jobs
from jitai_tasks.store.records import Finish, Job, NewJob, Outcome, Run, Status

RUNNER = 11
WORKER = 22


def new(**fields: Any) -> NewJob:
    return NewJob(**{"id": new_id(), "task_type": "tasks.TemporaryType", "due": 0} | fields)


def create(database: Database, *made: NewJob) -> list[int]:
    with database.begin() as connection:
        jobs.create(connection, made)
    return [job.id for job in made]


def claim(database: Database, limit: int = 100, **wish: Any) -> list[Job]:
    wish = {"runner": RUNNER, "worker": WORKER, "token": new_token(), "now": database.now()} | wish
    with database.begin() as connection:
        return claims.claim(connection, limit=limit, **wish)


def claimed(database: Database, **fields: Any) -> Job:
    """A job that runs."""
    create(database, new(**fields))
    (job,) = claim(database)
    return job


def done(job: Job, status: Status = Status.SUCCESS, **fields: Any) -> Finish:
    follow = {name: fields.pop(name) for name in ("creates", "successor") if name in fields}
    return Finish(job=job, outcome=Outcome(**{"status": status, "started": job.claimed, "ended": 5} | fields), **follow)


def finish(database: Database, *finishes: Finish) -> set[int]:
    with database.begin() as connection:
        return finishing.finish(connection, finishes)


def live(database: Database, job_id: int) -> Job | None:
    with database.read() as connection:
        return jobs.get(connection, job_id)


def past(database: Database, job_id: int) -> Run | None:
    with database.read() as connection:
        return history.get(connection, job_id)


def call(database: Database, verb: Any, *arguments: Any, **named: Any) -> Any:
    """A verb in a write transaction of its own."""
    with database.begin() as connection:
        return verb(connection, *arguments, **named)
