"""The memory of planned moments: at most one job per (task, subject, slot), ever, also after history is pruned."""

from __future__ import annotations

import sqlalchemy as sa

from .records import NewJob
from .statements import change, make
from .tables import occurrences

#: Task, subject, slot, job id; inserts nothing if the occurrence is known.
INSERT = {
    "sqlite": "INSERT INTO jitai_occurrences (task, subject, slot, job_id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
    "postgresql": (
        "INSERT INTO jitai_occurrences (task, subject, slot, job_id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
    ),
    "mysql": "INSERT IGNORE INTO jitai_occurrences (task, subject, slot, job_id) VALUES (?, ?, ?, ?)",
}
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


def prune(connection: sa.Connection, *, before: int, limit: int) -> int:
    """Forget occurrences of schedules (not of rows) from before `before`; they lie behind the watermark."""
    old = sa.select(occurrences.c.task, occurrences.c.slot).where(
        occurrences.c.subject == "", occurrences.c.slot < before
    )
    found = connection.execute(old.limit(limit)).all()
    for task, slot in found:
        gone = sa.and_(occurrences.c.task == task, occurrences.c.subject == "", occurrences.c.slot == slot)
        connection.execute(occurrences.delete().where(gone))
    return len(found)
