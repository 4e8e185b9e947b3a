"""Alarms: what is raised once, by whichever process notices it first. Remembered among the occurrences."""

from __future__ import annotations

import sqlalchemy as sa

from .occurrences import INSERT
from .statements import change, make
from .tables import occurrences

#: The subjects of alarms; no row of a model has such a key.
BY = "!expect.by"
DURATION = "!expect.maxDuration"


def raise_once(connection: sa.Connection, task: str, subject: str, at: int, job_id: int = 0) -> bool:
    """Note that the alarm about `at` is raised; False if it was already."""
    return change(connection, INSERT[make(connection)], (task, subject, at, job_id)) == 1


def is_raised(connection: sa.Connection, task: str, subject: str, at: int) -> bool:
    """Whether somebody has raised it."""
    mine = sa.and_(occurrences.c.task == task, occurrences.c.subject == subject, occurrences.c.slot == at)
    return connection.execute(sa.select(occurrences.c.job_id).where(mine)).first() is not None
