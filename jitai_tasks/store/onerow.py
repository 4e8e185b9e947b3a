"""The job of one row alone, where things are as they nearly always are: the statement that plans or moves it makes sure
of that itself. False means that they are not, and that nothing has changed.

Saves of single rows are what applications wait for; to ask first would cost them two statements more.
"""
# ruff: noqa: S608 - texts are put together from our own constants; values are always bound

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from . import inserting, occurrences, rows
from .datefields import Moment
from .records import NewJob
from .statements import INSERT_JOB, change, make
from .tables import NEW_COLUMNS

#: The task is neither switched off nor paused (task).
_ON = "NOT EXISTS (SELECT 1 FROM jitai_schedules WHERE task = ? AND (paused OR NOT enabled))"
#: What makes a job the planned one of a row (task, subject).
_OF_ROW = "task = ? AND task <> '' AND subject = ? AND retry_of IS NULL"
#: The row has no job, neither waiting nor running (task, subject).
_NONE = f"NOT EXISTS (SELECT 1 FROM jitai_jobs WHERE {_OF_ROW} AND slot IS NOT NULL)"
#: Its job waits at this moment (task, subject, slot).
_WAITS = f"{_OF_ROW} AND slot = ? AND status = 'waiting'"

_INTO = "INTO jitai_occurrences (task, subject, slot, job_id)"
#: Task, subject, slot, job; task; task, subject.
_REMEMBER = {
    "sqlite": f"INSERT {_INTO} SELECT ?, ?, ?, ? WHERE {_ON} AND {_NONE} ON CONFLICT DO NOTHING",
    "mysql": f"INSERT IGNORE {_INTO} SELECT ?, ?, ?, ? FROM DUAL WHERE {_ON} AND {_NONE}",
}
#: The slot to be; task, subject, slot so far; task.
_REMEMBER_MOVED = {
    "sqlite": (
        f"INSERT {_INTO} SELECT task, subject, ?, id FROM jitai_jobs WHERE {_WAITS} AND {_ON} ON CONFLICT DO NOTHING"
    ),
    "mysql": f"INSERT IGNORE {_INTO} SELECT task, subject, ?, id FROM jitai_jobs WHERE {_WAITS} AND {_ON}",
}
#: The slot to be, twice; task, subject, slot so far.
_MOVE = f"UPDATE jitai_jobs SET due = ?, slot = ? WHERE {_WAITS}"

#: PostgreSQL: the values of _REMEMBER; those of the job.
_PLAN_AT_ONCE = (
    f"WITH planned AS (INSERT {_INTO} SELECT ?, ?, ?, ? WHERE {_ON} AND {_NONE} ON CONFLICT DO NOTHING"
    f" RETURNING job_id) INSERT INTO jitai_jobs ({', '.join(NEW_COLUMNS)})"
    f" SELECT {', '.join('?' * len(NEW_COLUMNS))} FROM planned RETURNING id"
)
#: PostgreSQL: task, subject, slot so far; task; the slot to be; task, subject, slot so far; the slot to be, twice.
_MOVE_AT_ONCE = (
    f"WITH held AS (SELECT id, task, subject FROM jitai_jobs WHERE {_WAITS} AND {_ON} FOR UPDATE),"
    f" planned AS (INSERT {_INTO} SELECT task, subject, ?, id FROM held ON CONFLICT DO NOTHING RETURNING job_id),"
    " forgotten AS (DELETE FROM jitai_occurrences USING planned WHERE task = ? AND subject = ? AND slot = ?)"
    " UPDATE jitai_jobs SET due = ?, slot = ? FROM planned WHERE id = planned.job_id RETURNING id"
)


def plan(connection: sa.Connection, like: NewJob, moment: Moment, *, now: int) -> bool:
    """(none) → waiting, for a row without job whose moment has had none, of a task that is on.

    The job is `like` but for id, subject and slot.
    """
    id_, _, slot = moment
    inserting.note(connection, (replace(like, id=id_, due=slot) for _ in [moment]))
    values = _planned_values(like, moment, now)
    if make(connection) == "postgresql":
        return bool(inserting.announced(connection, _PLAN_AT_ONCE, values, soon=inserting.is_soon(slot, now)))
    job = len(values) - len(NEW_COLUMNS)
    if not change(connection, _REMEMBER[make(connection)], values[:job]):
        return False
    change(connection, INSERT_JOB, values[job:])
    return _announced(connection, slot, now)


def move(connection: sa.Connection, like: NewJob, subject: str, was: int, slot: int, *, now: int) -> bool:
    """waiting → waiting, for a row whose job waits at `was` and whose new moment has had none, of a task that is on."""
    task, waits = like.task, (like.task, subject, was)
    if make(connection) == "postgresql":
        values = _moved_values(task, subject, was, slot)
        return bool(inserting.announced(connection, _MOVE_AT_ONCE, values, soon=inserting.is_soon(slot, now)))
    if not change(connection, _REMEMBER_MOVED[make(connection)], (slot, *waits, task)):
        return False
    if not change(connection, _MOVE, (slot, slot, *waits)):  # claimed meanwhile
        change(connection, occurrences.FORGET, (task, subject, slot))
        return False
    change(connection, occurrences.FORGET, waits)
    return _announced(connection, slot, now)


def _planned_values(like: NewJob, moment: Moment, now: int) -> tuple[object, ...]:
    """Those of the occurrence and its conditions, then those of the job."""
    id_, subject, slot = moment
    return (like.task, subject, slot, id_, like.task, like.task, subject, *rows.of_moments(like, [moment], now)[0])


def _moved_values(task: str, subject: str, was: int, slot: int) -> tuple[object, ...]:
    return (task, subject, was, task, slot, task, subject, was, slot, slot)


def _announced(connection: sa.Connection, slot: int, now: int) -> bool:
    if inserting.is_soon(slot, now):
        inserting.announce(connection)
    return True
