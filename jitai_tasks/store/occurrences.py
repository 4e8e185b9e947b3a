"""The memory of planned moments: at most one job per (task, subject, slot), ever, also after history is pruned."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from .records import NewJob
from .statements import change, make
from .tables import jobs, occurrences

#: The slot of an occurrence, and the id of its job.
Moment = tuple[int, int]

#: Task, subject, slot, job id; inserts nothing if the occurrence is known.
INSERT = {
    "sqlite": "INSERT INTO jitai_occurrences (task, subject, slot, job_id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
    "postgresql": (
        "INSERT INTO jitai_occurrences (task, subject, slot, job_id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
    ),
    "mysql": "INSERT IGNORE INTO jitai_occurrences (task, subject, slot, job_id) VALUES (?, ?, ?, ?)",
}
#: Task, subject, slot.
FORGET = "DELETE FROM jitai_occurrences WHERE task = ? AND subject = ? AND slot = ?"
#: The insert on PostgreSQL for many at once: lists of tasks, subjects, slots and job ids.
INSERT_MANY = (
    "INSERT INTO jitai_occurrences (task, subject, slot, job_id)"
    " SELECT * FROM unnest(?::text[], ?::text[], ?::bigint[], ?::bigint[]) ON CONFLICT DO NOTHING"
)
_ADVANCE = (
    "INSERT INTO jitai_schedules (task, watermark, paused, definition_hash) VALUES (?, ?, ?, '')"
    " ON CONFLICT (task) DO UPDATE SET watermark = excluded.watermark"
    " WHERE jitai_schedules.watermark IS NULL OR jitai_schedules.watermark < excluded.watermark"
)
_ADVANCE_MYSQL = (
    "INSERT INTO jitai_schedules (task, watermark, paused, definition_hash) VALUES (?, ?, ?, '')"
    " ON DUPLICATE KEY UPDATE watermark = GREATEST(COALESCE(watermark, VALUES(watermark)), VALUES(watermark))"
)


def remember(connection: sa.Connection, job: NewJob) -> bool:
    """Note that `job` stands for its occurrence; False if another job does or did.

    A race between transactions is settled by the primary key: the later one waits for the earlier to end.
    """
    added = change(connection, INSERT[make(connection)], (job.task, job.subject, job.slot, job.id)) == 1
    if added and not job.subject:
        advance(connection, job.task, job.slot)
    return added


def advance(connection: sa.Connection, task: str, slot: int | None) -> None:
    """Move the task's watermark to `slot`, never back."""
    text = _ADVANCE_MYSQL if make(connection) == "mysql" else _ADVANCE
    change(connection, text, (task, slot, False))


def forget(connection: sa.Connection, job: NewJob) -> None:
    """Give the occurrence of a job that never ran free again."""
    mine = sa.and_(
        occurrences.c.task == job.task,
        occurrences.c.subject == job.subject,
        occurrences.c.slot == job.slot,
        occurrences.c.job_id == job.id,
    )
    connection.execute(occurrences.delete().where(mine))


def past(
    connection: sa.Connection, task: str, *, subject: str = "", after: int, before: int, limit: int
) -> list[Moment]:
    """Up to `limit` moments of a task's schedule, or of one subject, in (after, before), the oldest first."""
    mine = sa.and_(occurrences.c.task == task, occurrences.c.subject == subject)
    between = sa.and_(occurrences.c.slot > after, occurrences.c.slot < before)
    found = sa.select(occurrences.c.slot, occurrences.c.job_id).where(mine, between).order_by(occurrences.c.slot)
    return [(slot, job_id) for slot, job_id in connection.execute(found.limit(limit))]


def over(connection: sa.Connection, moments: Sequence[Moment], *, made_before: int) -> list[int]:
    """The slots of those moments whose job has an id below `made_before` and neither waits nor runs."""
    old = [(slot, job_id) for slot, job_id in moments if job_id < made_before]
    live = set(connection.scalars(sa.select(jobs.c.id).where(jobs.c.id.in_([job_id for _, job_id in old]))))
    return [slot for slot, job_id in old if job_id not in live]


def prune(connection: sa.Connection, task: str, slots: Sequence[int], *, subject: str = "", made_before: int) -> int:
    """Forget these slots of a schedule or subject, unless a younger job stands for one by now; answers how many."""
    mine = sa.and_(occurrences.c.task == task, occurrences.c.subject == subject, occurrences.c.slot.in_(slots))
    return connection.execute(occurrences.delete().where(mine, occurrences.c.job_id < made_before)).rowcount
