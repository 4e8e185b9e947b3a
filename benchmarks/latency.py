"""Latency on an idle runner: from the commit of a job to the start of its function (P4), how late a timed job starts
and what an idle runner costs (P5)."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import NamedTuple

import psutil

from benchmarks.ground import POSTGRESQL, SQLITE, Bench, create, running, to_do
from benchmarks.table import Line, median, p99, spread
from jitai_tasks.store import Database, history, jobs

WORKERS = 2
_IDLE = {SQLITE: (2.0, 5.0), POSTGRESQL: (3.0, 6.0)}
_PATIENCE = 60.0


class Latency(NamedTuple):
    """Milliseconds until the function starts."""

    from_commit: float
    #: From the start of the call that enqueues and commits: what is measured of the peers.
    from_call: float


def lines(bench: Bench) -> Iterator[Line]:
    """P4 and P5 on both databases."""
    for kind in (SQLITE, POSTGRESQL):
        bench.note(f"latency, {kind}")
        with bench.database(kind) as (url, database), running(bench.folder, database=url, workers=WORKERS) as runner:
            at_once(database)
            share = idle_share(runner, 3.0 if bench.quick else 10.0)
            yield _idle(bench, kind, [at_once(database) for _ in range(bench.samples)])
            yield _timed(bench, kind, [timed(database) for _ in range(bench.samples)], share)


def _idle(bench: Bench, kind: str, latencies: list[Latency]) -> Line:
    middle, worst = _IDLE[kind]
    found = [each.from_commit for each in latencies]
    return Line(
        goal_id="P4", measure=f"idle latency, enqueueing call to start, {kind}, {WORKERS} workers",
        ours=spread([each.from_call for each in latencies]), peers=bench.times("idle", kind),
        goal=f"commit to start: p50 ≤ {middle:g} ms, p99 ≤ {worst:g} ms",
        found=f"commit to start {spread(found)}", reached=median(found) <= middle and p99(found) <= worst,
    )  # fmt: skip


def _timed(bench: Bench, kind: str, found: list[float], share: float) -> Line:
    return Line(
        goal_id="P5", measure=f"a timed job starts late by, {kind}, {WORKERS} workers",
        ours=spread(found), peers=bench.times("timed", kind),
        goal="p50 ≤ 3 ms, p99 ≤ 8 ms, never early; idle ≤ 1 % of a core",
        found=f"{spread(found)}, least {min(found):.1f} ms; idle {share:.2%} of a core",
        reached=median(found) <= 3 and p99(found) <= 8 and min(found) >= 0 and share <= 0.01,
    )  # fmt: skip


def at_once(database: Database) -> Latency:
    """A job that is due at once, on an idle runner."""
    time.sleep(0.02)
    job = to_do(1, database.now())
    called = database.now()
    with database.begin() as connection:
        jobs.create(connection, job)
        committed = database.now()
    time.sleep(0.02)  # the database is not asked while the runner is at it
    began = started(database, job[0].id)
    return Latency((began - committed) / 1000, (began - called) / 1000)


def timed(database: Database) -> float:
    """Milliseconds from the due time to the start; negative would be early."""
    due = database.now() + 60_000 + random.randrange(40_000)
    job = to_do(1, due)
    create(database, job)
    time.sleep(max(due - database.now(), 0) / 1e6 + 0.01)  # the database is not asked while the runner waits
    return (started(database, job[0].id) - due) / 1000


def started(database: Database, job: int) -> int:
    """When the function of a job began, once it has ended."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        with database.read() as connection:
            run = history.get(connection, job)
        if run is not None:
            assert run.outcome.started is not None, run.outcome
            return run.outcome.started
        time.sleep(0.002)
    raise TimeoutError("the runner performs nothing; is it alive?")


def idle_share(runner: psutil.Process, seconds: float) -> float:
    """Share of a core that an idle runner takes."""
    family = [runner, *runner.children(recursive=True)]
    before, began = _spent(family), time.perf_counter()
    time.sleep(seconds)
    return (_spent(family) - before) / (time.perf_counter() - began)


def _spent(family: list[psutil.Process]) -> float:
    """Processor seconds so far."""
    return sum(sum(member.cpu_times()[:2]) for member in family)
