"""Finishing: a performed job becomes a run, with what follows from it, in one transaction."""
# ruff: noqa: S608 - texts are put together from our own constants; values are always bound

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from itertools import groupby

import sqlalchemy as sa

from . import claiming, inserting, jobs, occurrences, recording, rows
from .claiming import Wish
from .database import Database
from .floors import Lanes
from .line import Line
from .records import Finish, Job
from .statements import Rows
from .tables import jobs as job_table
from .tables import logs, runs

_REFUSED = "CASE WHEN count(*) = CAST(? AS INT) THEN NULL ELSE COALESCE(array_agg(id), '{}') END"


class Fate(StrEnum):
    """What became of a finish whose answer was lost."""

    #: The run is recorded under this token.
    DONE = "done"
    #: The job still carries the token: the finish was rolled back, it may be done again.
    HELD = "held"
    #: Somebody else decided: ended by force, released, or claimed anew.
    STALE = "stale"


def finish(connection: sa.Connection, finishes: Sequence[Finish], *, now: int | None = None) -> set[int]:
    """running → success, retried, error, skipped …: runs, successors, retries, children, logs in this transaction.

    Answers the ids that were accepted. Of the others (claim lost) nothing is written; a caller whose own writes are in
    the same transaction must then roll it back.
    """
    accepted: set[int] = set()
    for token, group in groupby(finishes, key=_token):
        batch = list(group)
        for start in range(0, len(batch), recording.MOST):
            accepted |= recording.record(connection, token, batch[start : start + recording.MOST])
    _follow_up(connection, finishes, accepted, now)
    return accepted


def finish_and_claim(connection: sa.Connection, finishes: Sequence[Finish], wish: Wish) -> tuple[set[int], list[Job]]:
    """`finish`, then a claim, in one transaction: the step of a busy worker."""
    return finish(connection, finishes, now=wish.now), claiming.take(connection, wish)


class Exchange:
    """`finish_and_claim` as one statement on a line to PostgreSQL, under way; for finishes that `is_one_statement`."""

    def __init__(self, database: Database, line: Line, finishes: Sequence[Finish], wish: Wish) -> None:
        self._database = database
        self._line = line
        self._finishes = finishes
        self._search = claiming.Search(database.floors, wish)
        line.ask(*_together(finishes, wish, self._search.start))

    def answer(self) -> tuple[set[int], list[Job]]:
        """What `finish_and_claim` answers."""
        accepted, claimed = _understood(self._line.answer(), self._finishes)
        return accepted, self._search.completed(claimed, self._more)

    def _more(self, wish: Wish) -> list[Job]:
        with self._database.single() as connection:
            return claiming.from_the_beginning(connection, wish)


def is_one_statement(finishes: Sequence[Finish]) -> bool:
    """Whether an `Exchange` can do it, and so no transaction is needed around it: nothing follows from the finishes."""
    return not finishes or (_of_one_claim(finishes) and not any(map(_is_followed, finishes)))


def fate(connection: sa.Connection, job_id: int, token: int) -> Fate:
    """What became of a finish whose COMMIT was not answered; ask on a new connection."""
    done = sa.select(runs.c.id).where(runs.c.id == job_id, runs.c.claim_token == token)
    if connection.execute(done).first() is not None:
        return Fate.DONE
    held = sa.select(job_table.c.id).where(job_table.c.id == job_id, job_table.c.claim_token == token)
    return Fate.STALE if connection.execute(held).first() is None else Fate.HELD


def _together(group: Sequence[Finish], wish: Wish, floors: Lanes) -> tuple[str, tuple[object, ...]]:
    """PostgreSQL: the finish and the next claim. The ids are only sent back if not all were accepted."""
    tables, values = claiming.common_tables(wish)
    gone, recorded, outcomes = recording.gone_and_recorded(_token(group[0]) if group else 0, group)
    taken, more = claiming.update(wish, floors)
    text = (
        f"{tables}, {gone}, recorded AS ({recorded} RETURNING id), taken AS ({taken})"
        f" SELECT (SELECT {_REFUSED} FROM recorded), taken.* FROM (SELECT 1) one LEFT JOIN taken ON true"
    )
    return text, (*values, *outcomes, *more, len(group))


def _understood(found: Rows, group: Sequence[Finish]) -> tuple[set[int], list[Job]]:
    """The ids that were accepted, and what was claimed."""
    accepted = found[0][0]
    claimed = [rows.job(row[1:]) for row in found if row[1] is not None]
    return {done.job.id for done in group} if accepted is None else set(accepted), claiming.ordered(claimed)


def _of_one_claim(finishes: Sequence[Finish]) -> bool:
    return 0 < len(finishes) <= recording.MOST and len({done.job.claim_token for done in finishes}) == 1


def _follow_up(connection: sa.Connection, finishes: Sequence[Finish], accepted: set[int], now: int | None) -> None:
    for done in finishes:
        if _is_followed(done) and done.job.id in accepted:
            _follow_up_one(connection, done, now)


def _is_followed(done: Finish) -> bool:
    return bool(done.creates or done.successor or done.outcome.log)


def _follow_up_one(connection: sa.Connection, done: Finish, now: int | None) -> None:
    if done.outcome.log:
        connection.execute(logs.insert().values(run_id=done.job.id, log=rows.storable(done.outcome.log)))
    if done.creates:
        jobs.create(connection, done.creates, now=now)
    if done.successor is not None and occurrences.remember(connection, done.successor):
        inserting.insert(connection, [done.successor], now=now)


def _token(done: Finish) -> int:
    if done.job.claim_token is None:
        raise ValueError(f"job {done.job.id} was never claimed, so it cannot be finished; use skip or cancel")
    return done.job.claim_token
