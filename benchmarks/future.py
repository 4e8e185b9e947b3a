"""A million jobs that wait for another day, at five priorities: what they cost the claim (P3)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import sqlalchemy as sa

from benchmarks.ground import MARIADB, POSTGRESQL, SQLITE, Bench, fill, has_mariadb, to_do
from benchmarks.table import Line, median, rate
from jitai_tasks.ids import new_token
from jitai_tasks.store import Database, finishing
from jitai_tasks.store.records import Finish, Job, Outcome, Status

BATCH = 100
MONTH = 30 * 86_400 * 1_000_000


def lines(bench: Bench) -> Iterator[Line]:
    """One line for each database and state of its statistics."""
    for kind in (SQLITE, POSTGRESQL, *([MARIADB] if has_mariadb() else [])):
        with bench.database(kind) as (_, database):
            yield from _on(bench, kind, database)


def _on(bench: Bench, kind: str, database: Database) -> Iterator[Line]:
    bench.note(f"drain without and with {bench.future:,} future jobs, {kind}")
    _rate(bench, database)
    none = _rate(bench, database)
    later = to_do(bench.future, database.now() + MONTH)
    fill(database, [replace(job, priority=number % 5) for number, job in enumerate(later)])
    yield _line(bench, kind, "", none, _rate(bench, database))
    _analyze(database)
    yield _line(bench, kind, ", analysed", none, _rate(bench, database))
    with _old_snapshot(database):
        yield _line(bench, kind, ", an old snapshot open", none, _rate(bench, database))


def _line(bench: Bench, kind: str, state: str, none: float, found: float) -> Line:
    rival = bench.rate_of("pgqueuer", "future")
    peers = {"pgqueuer": f"{rate(rival)} of {rate(bench.rate_of('pgqueuer', 'drain1') or 0)}"} if rival else {}
    return Line(
        goal_id="P3", measure=f"claim and finish beside {bench.future:,} future jobs, {kind}{state}, batch {BATCH}",
        ours=rate(found), bare=f"{rate(none)} with none", goal="≥ 90 % of the rate with none",
        peers=peers if kind == POSTGRESQL and not state else {},
        found=f"{found / none:.0%}", reached=found >= 0.9 * none,
    )  # fmt: skip


def _rate(bench: Bench, database: Database) -> float:
    """Jobs per second of the store's step alone, in this process."""
    return median([_drain(database, bench.jobs // 5) for _ in range(max(bench.trials, 3))])


def _drain(database: Database, count: int) -> float:
    fill(database, to_do(count, database.now()))
    done, held = 0, list[Job]()
    began = time.perf_counter()
    while True:
        finishes = [_finish(job) for job in held]
        with database.begin() as connection:
            accepted, held = finishing.finish_and_claim(
                connection, finishes, limit=BATCH, runner=1, worker=1, token=new_token(), now=database.now()
            )
        done += len(accepted)
        if not held:
            assert done == count
            return done / (time.perf_counter() - began)


def _finish(job: Job) -> Finish:
    return Finish(job=job, outcome=Outcome(status=Status.SUCCESS, started=job.claimed, ended=job.claimed or 0))


def _analyze(database: Database) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql("ANALYZE TABLE jitai_jobs" if database.dialect == "mysql" else "ANALYZE")


@contextmanager
def _old_snapshot(database: Database) -> Iterator[None]:
    """Somebody looks at the tables in a transaction that does not end."""
    with database.read() as connection:
        if database.dialect != "sqlite":
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        connection.execute(sa.text("SELECT count(*) FROM jitai_runs")).one()
        yield
