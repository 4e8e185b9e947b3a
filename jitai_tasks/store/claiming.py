"""The claim, in the form that each database does best."""
# ruff: noqa: S608 - texts are put together from our own constants; values are always bound

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import sqlalchemy as sa

from . import lanes, rows
from .database import database_of
from .floors import NOTHING, Floors, Lanes
from .records import Job
from .statements import JOB_LIST, change, fetch, make, marks

_SIZES = (100, 64, 32, 16, 8, 4, 2, 1)
_TAKE = "status = 'running', claim_token = ?, runner = ?, worker = ?, claimed = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Who wants how many jobs from where, and when that is."""

    #: None means every queue.
    queues: Sequence[str] | None = None
    limit: int
    runner: int
    worker: int
    token: int
    now: int

    @property
    def sensible(self) -> bool:
        """Whether anything can come of it."""
        return self.limit > 0 and self.queues != () and self.queues != []

    @property
    def holder(self) -> tuple[int, int, int, int]:
        return (self.token, self.runner, self.worker, self.now)


def size(jobs: int) -> int:
    """The largest usual size of a batch up to this many jobs, at least 1.

    A limit is a part of the statement, and few different statements are planned once each and kept.
    """
    return next((usual for usual in _SIZES if usual <= jobs), 1)


def take(connection: sa.Connection, wish: Wish) -> list[Job]:
    """Claim from where the last claim ended, and from the very beginning if that brought too little.

    Answers the jobs in the order of claiming.
    """
    database = database_of(connection)
    if database is None or database.dialect == "sqlite" or not wish.sensible:
        return from_the_beginning(connection, wish)
    search = Search(database.floors, wish)
    first = _FORMS[make(connection)](connection, wish, search.start)
    return search.completed(first, partial(from_the_beginning, connection))


def from_the_beginning(connection: sa.Connection, wish: Wish) -> list[Job]:
    """Claim, whatever the claims before have seen."""
    return _FORMS[make(connection)](connection, wish, {})


class Search:
    """One claim's way: from where the last one ended, and from the very beginning if that brought too little."""

    def __init__(self, floors: Floors, wish: Wish) -> None:
        self._floors = floors
        self._wish = wish
        self._began = time.monotonic()
        self._forgotten = floors.forgotten
        #: Where to begin; nothing means: at the very beginning.
        self.start = floors.usable()

    def completed(self, claimed: list[Job], more: Callable[[Wish], list[Job]]) -> list[Job]:
        """All that is claimed, after `claimed` was found from `start` on; `more` claims from the very beginning."""
        limit, from_floor = self._wish.limit, bool(self.start)
        if from_floor and len(claimed) < limit:
            from_floor, self._began = False, time.monotonic()
            claimed = ordered(claimed + more(replace(self._wish, limit=size(limit - len(claimed)))))
        if self._floors.forgotten == self._forgotten:
            self._floors.learn(claimed, limit, cost=None if from_floor else time.monotonic() - self._began)
        return claimed


def ordered(found: list[Job]) -> list[Job]:
    """The jobs in the order of claiming."""
    return sorted(found, key=turn) if len(found) > 1 else found


def turn(job: Job) -> tuple[int, int, int]:
    """The sort key of the order of claiming."""
    return (-job.priority, job.due, job.id)


def _look_then_take(connection: sa.Connection, wish: Wish, floors: Lanes) -> list[Job]:
    """SQLite lets nobody else write in between, MariaDB and MySQL keep the rows locked; what was read is still so."""
    if not wish.sensible:
        return []
    seen = lanes.lanes(connection, wish.queues, floors)
    found = lanes.next_rows(connection, seen, now=wish.now, limit=wish.limit)
    if not found:
        return []
    ids = [row[0] for row in found]
    change(connection, f"UPDATE jitai_jobs SET {_TAKE} WHERE id IN ({marks(ids)})", (*wish.holder, *ids))
    return [rows.claimed(row, *wish.holder) for row in found]


def _postgresql(connection: sa.Connection, wish: Wish, floors: Lanes) -> list[Job]:
    if not wish.sensible:
        return []
    text, values = one_statement(wish, floors)
    return ordered([rows.job(row) for row in fetch(connection, text, values)])


def one_statement(wish: Wish, floors: Lanes) -> tuple[str, tuple[object, ...]]:
    """PostgreSQL: the whole claim."""
    tables, values = common_tables(wish)
    text, more = update(wish, floors)
    return f"{tables} {text}", (*values, *more)


def common_tables(wish: Wish) -> tuple[str, tuple[object, ...]]:
    """PostgreSQL: the common tables that `update` needs."""
    return lanes.common_tables("postgresql", wish.queues)


def update(wish: Wish, floors: Lanes) -> tuple[str, tuple[object, ...]]:
    """PostgreSQL: the part of the claim behind the common tables. The ids are collected once, in an array: joined to
    the UPDATE as a sub-select they might be collected again for each row."""
    alone = wish.queues is not None and len(wish.queues) == 1
    form = _NEXT_OF_ONE_QUEUE if alone else _NEXT
    ids = form.format(limit=int(wish.limit), floor=_FROM_FLOOR if floors else "")
    values: tuple[object, ...] = (*wish.holder, wish.now)
    if floors:
        values += _arrays(floors) * 2
    return f"UPDATE jitai_jobs SET {_TAKE} WHERE id = ANY(ARRAY({ids})) RETURNING {JOB_LIST}", values


def _arrays(floors: Lanes) -> tuple[str, ...]:
    """Queues, priorities, due times and ids, each spelt as an array: the driver takes ten times as long for it."""
    told = [(_quoted(queue), str(priority), str(due), str(id_)) for (queue, priority), (due, id_) in floors.items()]
    return tuple(["{" + ",".join(part) + "}" for part in zip(*told, strict=True)])


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_FLOOR_OF_LANE = (
    "(SELECT {column} FROM unnest(CAST(? AS VARCHAR[]), CAST(? AS INT[]), CAST(? AS BIGINT[]), CAST(? AS BIGINT[]))"
    " AS f(queue, priority, due, id) WHERE f.queue = lanes.queue AND f.priority = lanes.priority LIMIT 1)"
)
_FROM_FLOOR = (
    f" AND (j.due, j.id) > (COALESCE({_FLOOR_OF_LANE.format(column='f.due')}, {NOTHING[0]}),"
    f" COALESCE({_FLOOR_OF_LANE.format(column='f.id')}, {NOTHING[1]}))"
)
_DUE = (
    f"SELECT j.id, j.due FROM jitai_jobs j WHERE {lanes.CLAIMABLE['postgresql']}"
    " AND j.queue = lanes.queue AND j.priority = lanes.priority AND j.due <= ?{floor}"
    " ORDER BY j.due, j.id LIMIT {limit} FOR UPDATE SKIP LOCKED"
)
#: Lanes come by falling priority and are asked one after the other, until there are enough: nothing else is locked.
_NEXT_OF_ONE_QUEUE = f"SELECT ready.id FROM lanes CROSS JOIN LATERAL ({_DUE}) ready LIMIT {{limit}}"
#: The lanes of one priority are merged, so each may lock a few rows more than are taken.
_NEXT = (
    "SELECT next.id FROM (SELECT DISTINCT priority FROM lanes WHERE priority IS NOT NULL ORDER BY priority DESC) level"
    f" CROSS JOIN LATERAL (SELECT ready.id FROM lanes CROSS JOIN LATERAL ({_DUE}) ready"
    " WHERE lanes.priority = level.priority ORDER BY ready.due, ready.id LIMIT {limit}) next LIMIT {limit}"
)

_FORMS = {"sqlite": _look_then_take, "postgresql": _postgresql, "mysql": _look_then_take}
