"""The jobs of date-field tasks: one waiting job per (task, row), kept in step with the row. Many rows at a time."""
# ruff: noqa: S608 - texts are put together from our own constants; values are always bound

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import cast

import sqlalchemy as sa

from . import inserting, occurrences, rows
from .lanes import CLAIMABLE, JOBS
from .records import NewJob, TaskState
from .statements import INSERT_JOB, Rows, change, execute, execute_many, fetch, fetch_anew, make, marks
from .tables import NEW_COLUMNS, jobs

_AT_ONCE = 500

#: A job to be: its id, its subject, and its slot.
Moment = tuple[int, str, int]
_slot = itemgetter(2)

#: The columns that differ among the jobs of a task's rows.
_OWN = {"id": "job_id", "due": "slot", "slot": "slot", "subject": "subject"}
#: PostgreSQL: the task, lists of ids, subjects and slots, and the values of the other columns.
_PLAN_MANY = (
    "WITH planned AS (INSERT INTO jitai_occurrences (task, subject, slot, job_id)"
    " SELECT ?, subject, slot, id FROM unnest(?::bigint[], ?::text[], ?::bigint[]) AS wanted (id, subject, slot)"
    " ON CONFLICT DO NOTHING RETURNING subject, slot, job_id)"
    f" INSERT INTO jitai_jobs ({', '.join(NEW_COLUMNS)})"
    f" SELECT {', '.join(_OWN.get(name, '?') for name in NEW_COLUMNS)} FROM planned RETURNING id"
)
#: PostgreSQL: ids, subjects, slots so far and slots to be, as lists; the task and the subjects; the task; the ids.
_MOVE_MANY = (
    "WITH moved AS (SELECT * FROM unnest(?::bigint[], ?::text[], ?::bigint[], ?::bigint[])"
    " AS moved (id, subject, was, slot)), forgotten AS (DELETE FROM jitai_occurrences o USING moved m"
    " WHERE o.task = ? AND o.subject = ANY(?::text[]) AND o.subject = m.subject AND o.slot = m.was), planned AS ("
    " INSERT INTO jitai_occurrences (task, subject, slot, job_id) SELECT ?, subject, slot, id FROM moved"
    " ON CONFLICT DO NOTHING RETURNING job_id, slot)"
    " UPDATE jitai_jobs j SET due = p.slot, slot = p.slot FROM planned p WHERE j.id = ANY(?::bigint[])"
    " AND j.id = p.job_id AND j.status = 'waiting' RETURNING j.id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveJob:
    """A planned job of a row that waits or runs; retries are not among them."""

    id: int
    subject: str
    slot: int
    waiting: bool


def states(connection: sa.Connection, tasks: Sequence[str]) -> dict[str, TaskState]:
    """What the database remembers of tasks: switched on or off, and when their rows were last gone through."""
    text = f"SELECT task, watermark, enabled, paused FROM jitai_schedules WHERE task IN ({marks(tasks)})"
    found = {str(row[0]): _state(row) for row in fetch(connection, text, tuple(tasks))}
    return {task: found.get(task) or TaskState(task=task) for task in tasks}


def live(
    connection: sa.Connection, task: str, subjects: Sequence[str], *, lock: bool = True
) -> dict[str, list[LiveJob]]:
    """The jobs of rows, by row. With `lock` nobody can claim or change them until this transaction ends."""
    held = " FOR UPDATE" if lock and make(connection) != "sqlite" else ""
    text = (
        "SELECT id, subject, slot, status FROM jitai_jobs WHERE task = ? AND task <> '' AND retry_of IS NULL"
        " AND slot IS NOT NULL AND subject "
    )
    found: dict[str, list[LiveJob]] = {}
    for some in _chunks(subjects):
        for row in _of_subjects(connection, text, task, some, held):
            job = _live(row)
            found.setdefault(job.subject, []).append(job)
    return found


def glance(connection: sa.Connection, task: str, subjects: Sequence[str]) -> dict[str, int | None]:
    """For rows with live jobs: the slot of the one that waits; None if it runs, or if there are several."""
    found: dict[str, int | None] = {}
    text = (
        "SELECT subject, slot, status FROM jitai_jobs WHERE task = ? AND task <> '' AND retry_of IS NULL AND subject "
    )
    for some in _chunks(subjects):
        for subject, slot, status in _of_subjects(connection, text, task, some):
            found[subject] = slot if status == "waiting" and subject not in found else None
    return found


def between(connection: sa.Connection, like: NewJob, *, first: int, last: int, limit: int) -> dict[str, int | None]:
    """Jobs of rows that wait for a moment from `first` to `last`, as `glance` tells them.

    Looks at `limit` jobs at most, those of the queue and priority of `like`, so that one stretch of the index of
    claimable jobs answers; whoever misses a job asks for it by its subject.
    """
    kind = make(connection)
    text = (
        f"SELECT subject, slot FROM (SELECT j.task, j.subject, j.slot, j.retry_of FROM {JOBS[kind]}"
        f" WHERE {CLAIMABLE[kind]} AND j.queue = ? AND j.priority = ? AND j.due >= ? AND j.due <= ?"
        " ORDER BY j.due, j.id LIMIT ?) near WHERE task = ? AND subject <> '' AND retry_of IS NULL"
    )
    jobs_near = fetch(connection, text, (like.queue, like.priority, first, last, limit, like.task))
    found = cast("dict[str, int | None]", dict(cast("Iterable[tuple[str, int]]", jobs_near)))
    if len(found) < len(jobs_near):
        counts = Counter(row[0] for row in jobs_near)
        found |= {subject: None for subject, count in counts.items() if count > 1}
    return found


def _of_subjects(connection: sa.Connection, text: str, task: str, subjects: Sequence[str], rest: str = "") -> Rows:
    """The rows of a statement that ends in a condition on the task and, last, on the subject.

    One subject alone is looked up by the index, also where the server still takes the table for a small one.
    """
    if len(subjects) == 1:
        return fetch(connection, f"{text}= ?{rest}", (task, subjects[0]))
    if make(connection) == "postgresql":
        return fetch(connection, f"{text}= ANY(?){rest}", (task, list(subjects)))
    return fetch(connection, f"{text}IN ({marks(subjects)}){rest}", (task, *subjects))


def waiting(connection: sa.Connection, task: str, *, after: str | None, limit: int) -> list[LiveJob]:
    """The waiting jobs of a task in the order of their subjects (as text), those after the subject `after`."""
    text = (
        "SELECT id, subject, slot, status FROM jitai_jobs WHERE task = ? AND task <> '' AND subject > ?"
        " AND status = 'waiting' AND retry_of IS NULL AND slot IS NOT NULL ORDER BY subject LIMIT ?"
    )
    return [_live(row) for row in execute(connection, text, (task, after or "", limit))]


def count_waiting(connection: sa.Connection, task: str) -> int:
    """How many planned jobs of rows wait."""
    wanted = sa.select(sa.func.count()).where(
        jobs.c.task == task,
        jobs.c.task != "",
        jobs.c.subject != "",
        jobs.c.status == "waiting",
        jobs.c.retry_of.is_(None),
    )
    return int(connection.execute(wanted).scalar() or 0)


def plan(connection: sa.Connection, new: Sequence[NewJob], *, now: int) -> set[int]:
    """(none) → waiting, once per (task, subject, slot), ever; answers the ids of those that were new."""
    made = _remember(connection, [(job.task, job.subject, job.slot, job.id) for job in new])
    wanted = [job for job in new if job.id in made]
    if wanted:
        inserting.insert_and_announce(connection, wanted, now=now)
    return made


def plan_rows(connection: sa.Connection, like: NewJob, new: Sequence[Moment], *, now: int) -> set[int]:
    """The same for jobs that are `like` but for id, subject and slot: one statement where the database can."""
    if not new:
        return set()
    first = min(new, key=_slot)
    inserting.note(connection, (replace(like, id=id_, due=slot) for id_, _, slot in [first]))
    soon = inserting.is_soon(_slot(first), now)
    if make(connection) == "postgresql":
        return _plan_at_once(connection, like, new, now, soon=soon)
    made = _remember(connection, [(like.task, subject, slot, id_) for id_, subject, slot in new])
    wanted = new if len(made) == len(new) else [moment for moment in new if moment[0] in made]
    execute_many(connection, INSERT_JOB, rows.of_moments(like, wanted, now))
    if made and soon:
        inserting.announce(connection)
    return made


def _plan_at_once(connection: sa.Connection, like: NewJob, new: Sequence[Moment], now: int, *, soon: bool) -> set[int]:
    values = rows.of_moments(like, new, now)[0]
    usual = tuple(value for name, value in zip(NEW_COLUMNS, values, strict=True) if name not in _OWN)
    lists = tuple(map(list, zip(*new, strict=True)))
    return inserting.announced(connection, _PLAN_MANY, (like.task, *lists, *usual), soon=soon)


def move(connection: sa.Connection, task: str, moves: Sequence[tuple[LiveJob, int]], *, now: int) -> set[int]:
    """Move waiting jobs, locked by `live`, to other slots; answers the ids of those that now wait there.

    A slot that had its job already cannot have another: then the job is gone, as by `drop`.
    """
    if not moves:
        return set()
    soon = inserting.is_soon(min([slot for _, slot in moves]), now)
    if make(connection) == "postgresql":
        kept = _move_at_once(connection, task, moves, soon=soon)
    else:
        kept = _move_each(connection, task, moves)
        if soon:
            inserting.announce(connection)
    _delete(connection, [job.id for job, _ in moves if job.id not in kept])
    return kept


def _move_each(connection: sa.Connection, task: str, moves: Sequence[tuple[LiveJob, int]]) -> set[int]:
    _forget_many(connection, task, [job for job, _ in moves])
    kept = _remember(connection, [(task, job.subject, slot, job.id) for job, slot in moves])
    text = "UPDATE jitai_jobs SET due = ?, slot = ? WHERE id = ? AND status = 'waiting'"
    execute_many(connection, text, [(slot, slot, job.id) for job, slot in moves if job.id in kept])
    return kept


def _move_at_once(
    connection: sa.Connection, task: str, moves: Sequence[tuple[LiveJob, int]], *, soon: bool
) -> set[int]:
    lists = tuple(map(list, zip(*[(job.id, job.subject, job.slot, slot) for job, slot in moves], strict=True)))
    ids, subjects, *_ = lists
    return inserting.announced(connection, _MOVE_MANY, (*lists, task, subjects, task, ids), soon=soon, ask=fetch_anew)


def drop(connection: sa.Connection, task: str, dropped: Sequence[LiveJob]) -> None:
    """waiting → (none), for jobs locked by `live`: as if they had never been planned."""
    _forget_many(connection, task, dropped)
    _delete(connection, [job.id for job in dropped])


def consume(connection: sa.Connection, task: str, subject: str, slot: int) -> None:
    """Note that a moment of a row is past: it gets no job any more."""
    execute(connection, occurrences.INSERT[make(connection)], (task, subject, slot, 0))


def forget(connection: sa.Connection, task: str, subject: str, slot: int) -> None:
    """A moment of a row that was planned and did not run may be planned again."""
    execute(connection, occurrences.FORGET, (task, subject, slot))


def forget_rows(connection: sa.Connection, task: str, subjects: Sequence[str]) -> None:
    """Deleted rows take their memory with them: another row with the same key begins anew."""
    for some in _chunks(subjects):
        text = f"DELETE FROM jitai_occurrences WHERE task = ? AND subject IN ({marks(some)})"
        execute(connection, text, (task, *some))


def _forget_many(connection: sa.Connection, task: str, forgotten: Sequence[LiveJob]) -> None:
    execute_many(connection, occurrences.FORGET, [(task, job.subject, job.slot) for job in forgotten])


def _delete(connection: sa.Connection, ids: Sequence[int]) -> None:
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        execute(connection, f"DELETE FROM jitai_jobs WHERE id IN ({marks(some)}) AND status = 'waiting'", some)


def _remember(connection: sa.Connection, wanted: Sequence[tuple[str, str, int | None, int]]) -> set[int]:
    """Insert occurrences (task, subject, slot, job); answers the jobs whose occurrence was new."""
    ids = {row[3] for row in wanted}
    if not wanted or _insert(connection, wanted) == len(wanted):
        return ids
    found: set[int] = set()
    for some in _chunks([row[1] for row in wanted]):
        text = f"SELECT job_id FROM jitai_occurrences WHERE task = ? AND subject IN ({marks(some)})"
        found |= {int(str(row[0])) for row in execute(connection, text, (wanted[0][0], *some))}
    return found & ids


def _insert(connection: sa.Connection, wanted: Sequence[tuple[str, str, int | None, int]]) -> int:
    """The rows in one statement where arrays can be bound; answers how many were new."""
    if make(connection) != "postgresql" or len(wanted) == 1:
        return execute_many(connection, occurrences.INSERT[make(connection)], wanted)
    return change(connection, occurrences.INSERT_MANY, tuple(map(list, zip(*wanted, strict=True))))


def _state(row: Sequence[object]) -> TaskState:
    task, watermark, enabled, paused = row
    return TaskState(
        task=str(task),
        watermark=None if watermark is None else int(str(watermark)),
        enabled=None if enabled is None else bool(enabled),
        paused=bool(paused),
    )


def _live(row: Sequence[object]) -> LiveJob:
    id_, subject, slot, status = row
    return LiveJob(id=int(str(id_)), subject=str(subject), slot=int(str(slot)), waiting=status == "waiting")


def _chunks(items: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]
