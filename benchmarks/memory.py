"""Memory of a runner with four workers: idle, and over many jobs (P11)."""

from __future__ import annotations

import time
from collections.abc import Iterator

import psutil
import sqlalchemy as sa

from benchmarks.ground import SQLITE, Bench, fill, running, to_do
from benchmarks.latency import at_once
from benchmarks.table import Line
from jitai_tasks.store import Database

WORKERS = 4
#: The first jobs of a process fill its caches, those of SQLite included: 2 MiB in each worker.
_WARM = 60_000
_ROUND = 20_000


def lines(bench: Bench) -> Iterator[Line]:
    """P11."""
    many = _WARM + 2 * _ROUND if bench.quick else 20 * bench.jobs
    bench.note(f"memory over {many:,} jobs")
    with bench.database(SQLITE) as (url, database), running(bench.folder, database=url, workers=WORKERS) as runner:
        at_once(database)
        idle = memory(runner)
        for _ in range(0, _WARM, _ROUND):
            _perform(database, _ROUND)
        warm = memory(runner)
        for _ in range(_WARM, many, _ROUND):
            _perform(database, _ROUND)
        grown = memory(runner) - warm
    yield Line(
        goal_id="P11",
        measure=f"memory (PSS) of a runner with {WORKERS} workers, idle, and from {_WARM:,} to {many:,} jobs",
        ours=f"{idle:.0f} MiB, then {grown:+.1f} MiB", goal="≤ 120 MiB; ± 5 MiB over 1,000,000 jobs",
        found=f"{idle:.0f} MiB, {grown:+.1f} MiB", reached=idle <= 120 and abs(grown) <= 5,
    )  # fmt: skip


def memory(runner: psutil.Process) -> float:
    """Mebibytes of all its processes, shared pages counted once."""
    family = [runner, *runner.children(recursive=True)]
    return float(sum(member.memory_full_info().pss for member in family)) / 2**20


def _perform(database: Database, count: int) -> None:
    fill(database, to_do(count, database.now()))
    while True:
        with database.read() as connection:
            if not connection.scalar(sa.text("SELECT 1 FROM jitai_jobs LIMIT 1")):
                return
        time.sleep(0.05)
