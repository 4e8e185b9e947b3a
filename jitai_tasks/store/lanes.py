"""The claim's question: which jobs are next. A lane is what waits in one queue at one priority.

An index on (priority, due) would be read through all future jobs of a high priority before the due jobs of a lower one
are reached. So we hop from lane to lane (one seek each), then seek the due jobs of the lanes, the highest priority
first, and stop as soon as there are enough. The cost does not depend on how many jobs wait for the future.
"""
# ruff: noqa: S608 - texts are put together from our own constants; values are always bound

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import sqlalchemy as sa

from . import hops
from .database import database_of
from .floors import NOTHING
from .floors import Lanes as Floors
from .statements import JOB_LIST, Rows, fetch, make
from .tables import JOB_COLUMNS

#: The condition that the index of claimable jobs answers.
CLAIMABLE = {
    "sqlite": "j.status = 'waiting' AND j.hold IS NULL",
    "postgresql": "j.status = 'waiting' AND j.hold IS NULL",
    "mysql": "j.claimable = 1",
}
#: The table, read through that index and no other, whatever the statistics say.
JOBS = {
    "sqlite": "jitai_jobs j INDEXED BY jitai_jobs_claim",
    "postgresql": "jitai_jobs j",
    "mysql": "jitai_jobs j FORCE INDEX (jitai_jobs_claim)",
}


class Lane(NamedTuple):
    """One queue at one priority, when its first claimable job is due, and behind which job to look for it."""

    queue: str
    priority: int
    first_due: int
    floor: tuple[int, int] = NOTHING


def lanes(connection: sa.Connection, queues: Sequence[str] | None, floors: Floors | None = None) -> list[Lane]:
    """The lanes that have claimable jobs, in any order; `queues` None means every queue.

    With floors (MariaDB, MySQL) a lane's first job is looked for from its floor on.
    """
    if queues is not None and not queues:
        return []
    if make(connection) == "mysql":
        database = database_of(connection)
        known = {} if database is None else {queue: set(seen) for queue, seen in list(database.known_lanes.items())}
        found = hops.first_due(connection, known, queues, floors or {})
        if database is not None:
            database.known_lanes = known  # a hint: among threads the last one wins
        known_floors = floors or {}
        return [Lane(*lane, due, known_floors.get(lane, NOTHING)) for lane, due in found.items()]
    tables, values = common_tables(make(connection), queues)
    text = f"{tables} SELECT queue, priority, ({_first_due(make(connection))}) FROM lanes WHERE priority IS NOT NULL"
    return [Lane(row[0], row[1], row[2]) for row in fetch(connection, text, values)]


def next_rows(connection: sa.Connection, found: Iterable[Lane], *, now: int, limit: int) -> Rows:
    """Up to `limit` due jobs of these lanes in the order of claiming, as rows; locked where rows can be locked."""
    ready = sorted((lane for lane in found if lane.first_due <= now), key=lambda lane: -lane.priority)
    chosen: Rows = []
    for _, level in groupby(ready, key=lambda lane: lane.priority):
        chosen += _of_level(connection, list(level), now=now, limit=limit - len(chosen))
        if len(chosen) >= limit:
            break
    return chosen


def common_tables(make: str, queues: Sequence[str] | None) -> tuple[str, tuple[object, ...]]:
    """`WITH RECURSIVE … lanes(queue, priority)` and its values; a lane of priority NULL ends each queue.

    All hops go from the end of the index towards its head: the head is where claimed rows leave their dead entries.
    """
    table, free = JOBS[make], CLAIMABLE[make]
    seek = f"SELECT max(j.priority) FROM {table} WHERE {free} AND j.queue"
    served, values = _every_queue(make) if queues is None else _these_queues(make, queues)
    return (
        f"WITH RECURSIVE served(queue) AS ({served}), lanes(queue, priority) AS ("
        f"SELECT queue, ({seek} = served.queue) FROM served"
        f" UNION ALL SELECT queue, ({seek} = lanes.queue AND j.priority < lanes.priority)"
        " FROM lanes WHERE priority IS NOT NULL)"
    ), values


def _every_queue(make: str) -> tuple[str, tuple[object, ...]]:
    seek = f"SELECT max(j.queue) FROM {JOBS[make]} WHERE {CLAIMABLE[make]}"
    return (
        f"SELECT ({seek}) UNION ALL SELECT ({seek} AND j.queue < served.queue) FROM served WHERE queue IS NOT NULL"
    ), ()


def _these_queues(make: str, queues: Sequence[str]) -> tuple[str, tuple[object, ...]]:
    kind = "TEXT" if make == "sqlite" else "VARCHAR"
    return " UNION ALL ".join([f"SELECT CAST(? AS {kind})"] * len(queues)), tuple(queues)


def _first_due(make: str) -> str:
    return (
        f"SELECT min(j.due) FROM {JOBS[make]} WHERE {CLAIMABLE[make]}"
        " AND j.queue = lanes.queue AND j.priority = lanes.priority"
    )


def _of_level(connection: sa.Connection, level: list[Lane], *, now: int, limit: int) -> Rows:
    """Lanes of one priority: each alone in the order of the index, then merged."""
    kind = make(connection)
    text = due_text(kind, limit)
    found = [row for lane in level for row in fetch(connection, text, _wanted(kind, lane, now))]
    return found if len(level) == 1 else sorted(found, key=_DUE_AND_ID)[:limit]


def due_text(make: str, limit: int) -> str:
    """The due jobs of one lane, the earliest first."""
    if make == "sqlite":
        return f"{_LANE['sqlite']} AND j.due <= ? ORDER BY j.due, j.id LIMIT {int(limit)}"
    behind = "((j.due = ? AND j.id > ?) OR (j.due > ? AND j.due <= ?))"
    return f"{_LANE[make]} AND {behind} ORDER BY j.due, j.id LIMIT {int(limit)} FOR UPDATE SKIP LOCKED"


def _wanted(make: str, lane: Lane, now: int) -> tuple[object, ...]:
    """The values of `due_text`."""
    behind = () if make == "sqlite" else (*lane.floor, lane.floor[0])
    return (lane.queue, lane.priority, *behind, now)


_LANE = {
    make: f"SELECT {JOB_LIST} FROM {table} WHERE {CLAIMABLE[make]} AND j.queue = ? AND j.priority = ?"
    for make, table in JOBS.items()
}
_DUE_AND_ID = itemgetter(JOB_COLUMNS.index("due"), JOB_COLUMNS.index("id"))
