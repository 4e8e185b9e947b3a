"""Backfilling: jobs for planned moments of the past that never came to a run. Idempotent by occurrence."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from . import jobs, occurrences
from .records import NewJob, Status
from .tables import occurrences as table
from .tables import runs

#: A moment that ended so has not been run: it may be backfilled.
_NOT_RUN = (Status.SKIPPED.value, Status.CANCELED.value)


def taken(connection: sa.Connection, task: str, slots: Iterable[int]) -> set[int]:
    """Those of the moments that have their job or their run already; skipped and canceled ones have not."""
    found: set[int] = set()
    wanted = list(slots)
    run = sa.select(runs.c.id).where(runs.c.id == table.c.job_id, runs.c.status.in_(_NOT_RUN)).exists()
    for start in range(0, len(wanted), 500):
        some = table.c.slot.in_(wanted[start : start + 500])
        found |= set(
            connection.scalars(sa.select(table.c.slot).where(table.c.task == task, table.c.subject == "", some, ~run))
        )
    return found


def create(connection: sa.Connection, new: NewJob) -> bool:
    """(none) → waiting for a moment that has neither a job nor a run; one that was skipped is taken over."""
    if not occurrences.remember(connection, new) and not _take_over(connection, new):
        return False
    jobs.create(connection, [new])
    return True


def _take_over(connection: sa.Connection, new: NewJob) -> bool:
    """Let `new` stand for an occurrence whose job was skipped; the guard settles a race."""
    mine = sa.and_(table.c.task == new.task, table.c.subject == "", table.c.slot == new.slot)
    before = connection.scalar(sa.select(table.c.job_id).where(mine))
    skipped = sa.select(runs.c.id).where(runs.c.id == before, runs.c.status.in_(_NOT_RUN))
    if before is None or connection.execute(skipped).first() is None:
        return False
    change = table.update().where(mine, table.c.job_id == before).values(job_id=new.id)
    return connection.execute(change).rowcount == 1
