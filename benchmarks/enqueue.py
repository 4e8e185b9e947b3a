"""Enqueueing: one at a time in the app's transaction (P6), beside a drain, and in bulk (P7)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import sqlalchemy as sa

from benchmarks.drain import alternately
from benchmarks.ground import POSTGRESQL, SQLITE, Bench, fill, plain_url, running, to_do
from benchmarks.latency import at_once
from benchmarks.table import Line, median, p99, rate, spread
from jitai_tasks.app import App, open_app
from jitai_tasks.ids import new_id
from jitai_tasks.jobs import create_temporary
from jitai_tasks.store import Database
from jitai_tasks.store.tables import NEW_COLUMNS, jobs

FUNC = "services.Work.nothing"
_COPY = f"COPY jitai_jobs ({', '.join(NEW_COLUMNS)}) FROM STDIN"


def lines(bench: Bench) -> Iterator[Line]:
    """P6 and P7."""
    for kind in (SQLITE, POSTGRESQL):
        yield _one(bench, kind)
    yield _beside_drain(bench)
    yield _bulk_postgresql(bench)
    yield _bulk_sqlite(bench)


def _one(bench: Bench, kind: str) -> Line:
    bench.note(f"enqueue one at a time, {kind}")
    with bench.database(kind) as (url, database), open_app(bench.folder, database=url) as app:
        pair = alternately(bench.trials, lambda: _per_second(lambda: _ours(app)), lambda: _per_second(_core(database)))
    return Line(
        goal_id="P6", measure=f"enqueue one, in a transaction of the app, {kind}", ours=rate(pair.ours),
        bare=f"{rate(pair.bare)} (insert through Core)", peers=bench.rates("enqueue", kind), goal="≥ 80 % of bare",
        found=f"{pair.share:.0%} of bare", reached=pair.share >= 0.8,
    )  # fmt: skip


def _ours(app: App) -> None:
    """What an application does: its own transaction, and a job in it."""
    with app.transaction():
        create_temporary(app, FUNC)


def _core(database: Database) -> Callable[[], None]:
    """One row in one transaction, by a prepared statement of SQLAlchemy Core."""
    statement = sa.insert(jobs)
    (template,) = to_do(1, database.now())
    values = {name: getattr(template, name, 0) for name in NEW_COLUMNS} | {"tags": "[]", "created": template.due}

    def insert() -> None:
        with database.engine.begin() as connection:
            connection.execute(statement, values | {"id": new_id()})

    return insert


def _per_second(call: Callable[[], None], seconds: float = 1.0) -> float:
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        call()
        count += 1
    return count / (time.perf_counter() - began)


def _beside_drain(bench: Bench) -> Line:
    """Everyone else's wait while two workers drain at full speed; an unheard-of bell makes no difference here."""
    bench.note("enqueue beside a drain, SQLite")
    with (
        bench.database(SQLITE) as (url, database),
        open_app(bench.folder, database=url) as app,
        running(bench.folder, database=url, workers=2),
    ):
        at_once(database)
        fill(database, to_do(bench.jobs * 2, database.now()))
        found = []
        while _left(database) > 1000:
            for _ in range(20):
                began = time.perf_counter()
                _ours(app)
                found.append((time.perf_counter() - began) * 1000)
                time.sleep(0.002)
    return Line(
        goal_id="P6", measure="enqueue one, beside a drain at full speed, SQLite, 2 workers",
        ours=f"{spread(found)}, worst {max(found):.0f} ms", goal="p99 ≤ 10 ms, worst ≤ 100 ms",
        found=f"p99 {p99(found):.1f} ms, worst {max(found):.0f} ms of {len(found)}",
        reached=p99(found) <= 10 and max(found) <= 100,
    )  # fmt: skip


def _left(database: Database) -> int:
    with database.read() as connection:
        return int(connection.scalar(sa.text("SELECT count(*) FROM jitai_jobs")) or 0)


def _bulk_postgresql(bench: Bench) -> Line:
    bench.note("bulk, PostgreSQL")
    with bench.database(POSTGRESQL) as (url, database):
        pair = alternately(bench.trials, lambda: _filled(bench, database), lambda: _copied(url, database, bench.jobs))
    rival = bench.rate_of("pgqueuer", "bulk")
    found = f"{pair.share:.0%} of COPY" + (f", {pair.ours / rival:.1f} × pgqueuer" if rival else "")
    return Line(
        goal_id="P7", measure="enqueue in bulk, PostgreSQL, 5,000 in a transaction", ours=rate(pair.ours),
        bare=f"{rate(pair.bare)} (COPY)", peers=bench.rates("bulk", POSTGRESQL),
        goal="≥ 30 % of COPY, ≥ 1.3 × pgqueuer",
        found=found, reached=pair.share >= 0.3 and (not rival or pair.ours >= 1.3 * rival),
    )  # fmt: skip


def _bulk_sqlite(bench: Bench) -> Line:
    bench.note("bulk, SQLite")
    with bench.database(SQLITE) as (_, database):
        found = median([_filled(bench, database) for _ in range(bench.trials)])
    return Line(
        goal_id="P7", measure="enqueue in bulk, SQLite, 5,000 in a transaction", ours=rate(found),
        goal="≥ 150,000/s", found=rate(found), reached=found >= 150_000,
    )  # fmt: skip


def _filled(bench: Bench, database: Database) -> float:
    found = fill(database, to_do(bench.jobs, database.now()))
    with database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM jitai_jobs")
    return found


def _copied(url: str, database: Database, count: int) -> float:
    """The same rows through COPY, as fast as the driver can."""
    import psycopg

    new = to_do(count, database.now())
    rows = [(*[getattr(job, name, 0) for name in NEW_COLUMNS[:-1]], job.due) for job in new]
    tags = NEW_COLUMNS.index("tags")
    rows = [(*row[:tags], "[]", *row[tags + 1 :]) for row in rows]
    with psycopg.connect(plain_url(url)) as connection, connection.cursor() as cursor:
        began = time.perf_counter()
        with cursor.copy(_COPY) as copy:
            for row in rows:
                copy.write_row(row)
        connection.commit()
        taken = time.perf_counter() - began
    with database.begin() as emptied:
        emptied.exec_driver_sql("DELETE FROM jitai_jobs")
    return count / taken
