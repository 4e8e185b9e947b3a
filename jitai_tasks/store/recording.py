"""Runs instead of jobs: what a claim's guard lets through goes from one table to the other, in the form that each
database does best. Columns of the job are copied inside the database; only outcomes travel.

Most outcomes are plain: a success without a result. For those only ids and times travel.
"""
# ruff: noqa: S608 - texts are put together from our own constants; values are always bound

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache

import sqlalchemy as sa

from . import rows
from .records import Finish, Outcome, Status
from .statements import change, fetch, fetch_anew, make, marks
from .tables import JOB_COLUMNS, OUTCOME_COLUMNS

#: Jobs in one statement; more do not pay, and SQLite limits the number of values.
MOST = 100

_KEPT = [name for name in JOB_COLUMNS if name != "status"]
_ADDED = ["status", *OUTCOME_COLUMNS]
_PLAIN = {
    "status": "'success'", "result": "CAST(NULL AS TEXT)", "error_type": "''", "error": "''", "traceback": "''",
    "reason": "''", "started": "o.started", "ended": "o.ended", "retried_by": "CAST(NULL AS BIGINT)",
}  # fmt: skip
_INTO = f"INSERT INTO jitai_runs ({', '.join([*_KEPT, *_ADDED])})"
#: A job with a token runs, the table's check says so. Saying it here too would lead PostgreSQL to the index of running
#: jobs, through all entries that earlier claims left dead in it.
_GUARD = "claim_token = ?"
_KIND = dict.fromkeys(("started", "ended", "retried_by"), "BIGINT")


def record(connection: sa.Connection, token: int, group: Sequence[Finish]) -> set[int]:
    """running → final, for the jobs of one claim; answers the ids that this claim still held."""
    return _FORMS[make(connection)](connection, token, group)


def gone_and_recorded(token: int, group: Sequence[Finish]) -> tuple[str, str, tuple[object, ...]]:
    """PostgreSQL: the common table of what goes, the INSERT that records it, and the values of both."""
    ids = "{" + ",".join([str(done.job.id) for done in group]) + "}"
    if not _plain(group):
        return _GONE, _RECORD_FULL, (ids, token, json.dumps([_values(done) for done in group], ensure_ascii=False))
    outcomes = [done.outcome for done in group]
    started = ",".join(["NULL" if outcome.started is None else str(outcome.started) for outcome in outcomes])
    ended = ",".join([str(outcome.ended) for outcome in outcomes])
    return _GONE, _RECORD_PLAIN, (ids, token, ids, f"{{{started}}}", f"{{{ended}}}")


def _sqlite(connection: sa.Connection, token: int, group: Sequence[Finish]) -> set[int]:
    """Nobody else writes in between: copy what the guard lets through, then delete by the same guard."""
    ids = [done.job.id for done in group]
    given = _times if _plain(group) else _values
    values = [value for done in group for value in given(done)]
    change(connection, _copy_sqlite(len(group), len(values) // len(group)), (*values, token))
    gone = f"DELETE FROM jitai_jobs WHERE id IN ({marks(ids)}) AND {_GUARD} RETURNING id"
    return {row[0] for row in fetch(connection, gone, (*ids, token))}


@cache
def _copy_sqlite(count: int, width: int) -> str:
    """One statement for the whole batch costs half of one statement for each job."""
    columns, added = (["id", "started", "ended"], _plain_columns()) if width == 3 else (["id", *_ADDED], _all_columns())
    given = ", ".join([f"({marks(columns)})"] * count)
    return (
        f"WITH o ({', '.join(columns)}) AS (VALUES {given}) {_INTO} SELECT {_of('j')}, {added} FROM o"
        " CROSS JOIN jitai_jobs j WHERE j.id = o.id AND j.claim_token = ?"
    )


def _mysql(connection: sa.Connection, token: int, group: Sequence[Finish]) -> set[int]:
    """Lock what the guard lets through, then copy and delete it."""
    ids = [done.job.id for done in group]
    mine = f"SELECT id FROM jitai_jobs WHERE id IN ({marks(ids)}) AND {_GUARD} FOR UPDATE"
    accepted = {row[0] for row in fetch(connection, mine, (*ids, token))}
    if accepted:
        outcomes = json.dumps([_values(done) for done in group if done.job.id in accepted], ensure_ascii=False)
        change(connection, _COPY_MYSQL, (outcomes,))
        change(connection, f"DELETE FROM jitai_jobs WHERE id IN ({marks(list(accepted))})", tuple(accepted))
    return accepted


def _postgresql(connection: sa.Connection, token: int, group: Sequence[Finish]) -> set[int]:
    """One statement: what the guard lets through goes, and what went is recorded."""
    if len(group) == 1:
        (done,) = group
        job, *outcome = _values(done)
        return {row[0] for row in fetch(connection, RECORD_ONE, (job, token, *outcome))}
    gone, recorded, values = gone_and_recorded(token, group)
    return {row[0] for row in fetch_anew(connection, f"WITH {gone} {recorded} RETURNING id", values)}


def _plain(group: Sequence[Finish]) -> bool:
    return all(_is_plain(done.outcome) for done in group)


def _is_plain(outcome: Outcome) -> bool:
    said = outcome.result or outcome.reason or outcome.error_type or outcome.error or outcome.traceback
    return outcome.status is Status.SUCCESS and outcome.result is None and not said


def _times(done: Finish) -> tuple[object, ...]:
    return (done.job.id, done.outcome.started, done.outcome.ended)


def _values(done: Finish) -> tuple[object, ...]:
    return (done.job.id, done.outcome.status.value, *rows.outcome(done.outcome, rows.retried_by(done)))


def _of(table: str) -> str:
    return ", ".join([f"{table}.{name}" for name in _KEPT])


def _all_columns() -> str:
    return ", ".join([f"o.{name}" for name in _ADDED])


def _plain_columns() -> str:
    return ", ".join([_PLAIN[name] for name in _ADDED])


_COPY_MYSQL = (
    f"{_INTO} SELECT {_of('j')}, {_all_columns()} FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$[0]', "
    + ", ".join(
        [
            f"{name} {_KIND.get(name, 'MEDIUMTEXT CHARACTER SET utf8mb4')} PATH '$[{at}]'"
            for at, name in enumerate(_ADDED, 1)
        ]
    )
    + ")) o JOIN jitai_jobs j ON j.id = o.id"
)
_GONE = f"gone AS (DELETE FROM jitai_jobs WHERE id = ANY(CAST(? AS BIGINT[])) AND {_GUARD} RETURNING *)"
#: A job alone is looked up by its key whatever the server thinks of the table, and so by a plan that may be kept.
RECORD_ONE = (
    f"WITH gone AS (DELETE FROM jitai_jobs WHERE id = ? AND {_GUARD} RETURNING *) {_INTO} SELECT {_of('gone')}, "
    + ", ".join([f"CAST(? AS {_KIND.get(name, 'TEXT')})" for name in _ADDED])
    + " FROM gone RETURNING id"
)
_RECORD_PLAIN = (
    f"{_INTO} SELECT {_of('gone')}, {_plain_columns()} FROM gone JOIN unnest(CAST(? AS BIGINT[]), CAST(? AS BIGINT[]),"
    " CAST(? AS BIGINT[])) AS o(id, started, ended) ON o.id = gone.id"
)
_RECORD_FULL = (
    f"{_INTO} SELECT {_of('gone')}, {_all_columns()} FROM gone JOIN (SELECT CAST(o ->> 0 AS BIGINT) AS id, "
    + ", ".join([f"CAST(o ->> {at} AS {_KIND.get(name, 'TEXT')}) AS {name}" for at, name in enumerate(_ADDED, 1)])
    + " FROM jsonb_array_elements(CAST(? AS jsonb)) o) o ON o.id = gone.id"
)

_FORMS = {"sqlite": _sqlite, "postgresql": _postgresql, "mysql": _mysql}
