"""A million jobs that wait for another day, at five priorities: what they cost the claim (P3)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

import sqlalchemy as sa

from benchmarks import table
from benchmarks.drain import Pair, alternately
from benchmarks.ground import MARIADB, POSTGRESQL, SQLITE, Bench, fill, has_mariadb, to_do
from benchmarks.table import rate
from jitai_tasks.ids import new_token
from jitai_tasks.store import Database, finishing
from jitai_tasks.store.claiming import Wish
from jitai_tasks.store.line import Line
from jitai_tasks.store.records import Finish, Job, Outcome, Status

BATCH = 100
MONTH = 30 * 86_400 * 1_000_000


def lines(bench: Bench) -> Iterator[table.Line]:
    """One line for each database and state of its statistics."""
    for kind in (SQLITE, POSTGRESQL, *([MARIADB] if has_mariadb() else [])):
        with bench.database(kind) as (_, database), bench.database(kind) as (_, empty):
            yield from _on(bench, kind, database, empty)


def _on(bench: Bench, kind: str, database: Database, empty: Database) -> Iterator[table.Line]:
    """The database with the future jobs and one without take turns, drain by drain."""
    bench.note(f"drain without and with {bench.future:,} future jobs, {kind}")
    later = to_do(bench.future, database.now() + MONTH)
    fill(database, [replace(job, priority=number % 5) for number, job in enumerate(later)])
    _beside(bench, database, empty)
    yield _line(bench, kind, "", _beside(bench, database, empty))
    _analyze(database)
    yield _line(bench, kind, ", analysed", _beside(bench, database, empty))
    with _old_snapshot(database):
        yield _line(bench, kind, ", an old snapshot open", _beside(bench, database, empty))


def _line(bench: Bench, kind: str, state: str, pair: Pair) -> table.Line:
    rival = bench.rate_of("pgqueuer", "future")
    peers = {"pgqueuer": f"{rate(rival)} of {rate(bench.rate_of('pgqueuer', 'drain1') or 0)}"} if rival else {}
    return table.Line(
        goal_id="P3", measure=f"claim and finish beside {bench.future:,} future jobs, {kind}{state}, batch {BATCH}",
        ours=rate(pair.ours), bare=f"{rate(pair.bare)} with none", goal="≥ 90 % of the rate with none",
        peers=peers if kind == POSTGRESQL and not state else {},
        found=f"{pair.share:.0%}", reached=pair.share >= 0.9,
    )  # fmt: skip


def _beside(bench: Bench, database: Database, empty: Database) -> Pair:
    count, trials = bench.jobs // 5, max(bench.trials, 3)
    return alternately(trials, lambda: _drain(database, count), lambda: _drain(empty, count))


def _drain(database: Database, count: int) -> float:
    """Jobs per second of the store's step alone, in this process, as a worker in a flood takes it."""
    fill(database, to_do(count, database.now()))
    done, held = 0, list[Job]()
    with closing(Line(database)) as line:
        began = time.perf_counter()
        while True:
            wish = Wish(limit=BATCH, runner=1, worker=1, token=new_token(), now=database.now())
            accepted, held = _step(database, line, [_finish(job) for job in held], wish)
            done += len(accepted)
            if not held:
                assert done == count
                return done / (time.perf_counter() - began)


def _step(database: Database, line: Line, finishes: list[Finish], wish: Wish) -> tuple[set[int], list[Job]]:
    if database.dialect == "postgresql":
        return finishing.Exchange(database, line, finishes, wish).answer()
    with database.begin() as connection:
        return finishing.finish_and_claim(connection, finishes, wish)


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
