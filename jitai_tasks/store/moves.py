"""Moving single jobs between tables: what the rarer edges of the state diagram share."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from . import rows
from .database import database_of
from .records import Job, Outcome, Run
from .statements import INSERT_RUN, change
from .tables import JOB_COLUMNS, jobs, logs

JOB_FIELDS = [jobs.c[name] for name in JOB_COLUMNS]


def lock(connection: sa.Connection, *guard: sa.ColumnElement[bool], skip_locked: bool = False) -> list[Job]:
    """The jobs that fulfil `guard`, held by this transaction until it ends."""
    wanted = sa.select(*JOB_FIELDS).where(*guard).with_for_update(skip_locked=skip_locked)
    return [rows.job(row) for row in connection.execute(wanted)]


def to_history(connection: sa.Connection, job: Job, outcome: Outcome, *, by_holder: bool = False) -> Run:
    """Record the run of a job this transaction has locked, and take the job out of the hot table.

    The claim's token goes into history only when its holder decided: a holder that finds its token there knows that
    its own finish was stored.
    """
    token = job.claim_token if by_holder else None
    recorded = replace(job, claim_token=token)
    values = (*rows.whole(recorded), *rows.outcome(outcome, None))
    change(connection, INSERT_RUN, (*values[:_STATUS], outcome.status.value, *values[_STATUS + 1 :]))
    if outcome.log:
        connection.execute(logs.insert().values(run_id=job.id, log=rows.storable(outcome.log)))
    change(connection, "DELETE FROM jitai_jobs WHERE id = ?", (job.id,))
    run = Run(job=recorded, outcome=outcome)
    if not by_holder:
        _tell(connection, run)
    return run


def _tell(connection: sa.Connection, run: Run) -> None:
    database = database_of(connection)
    if database is not None and database.tell is not None:
        database.tell(connection, run)


_STATUS = JOB_COLUMNS.index("status")
