"""Start: from the command `jitai-tasks run` to the first function, with 10 and with 1,000 tasks in the app (P9)."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.ground import APP, SQLITE, Bench, create, to_do
from benchmarks.latency import started
from benchmarks.table import Line, median
from jitai_tasks.testing import write_files

GOALS = {10: 1.0, 1_000: 2.5}
NOT_YET = {
    "type": "tasks.NormalType",
    "title": "Not yet",
    "enable": 1,
    "timerCfg": {"startTime": "2099-01-01 00:00:00", "repeat": {"repeatType": "year", "period": 1}},
}


def lines(bench: Bench) -> Iterator[Line]:
    """One line per size of the app."""
    for tasks, goal in GOALS.items():
        bench.note(f"start with {tasks:,} tasks")
        with tempfile.TemporaryDirectory(prefix="jitai-bench-") as folder:
            write_files(Path(folder), {**APP, **task_files(tasks)})
            found = [seconds(replace(bench, folder=Path(folder), number=n)) for n in range(max(bench.trials, 3))]
        yield Line(
            goal_id="P9", measure=f"`jitai-tasks run` to the first function, {tasks:,} elements, SQLite",
            ours=f"{median(found):.2f} s", goal=f"≤ {goal} s", reached=median(found) <= goal,
            found=f"{min(found):.2f} to {max(found):.2f} s",
        )  # fmt: skip


def task_files(count: int) -> dict[str, object]:
    """`count` scheduled tasks with a function each, none of them due."""
    elements = {f"tasks/Task{number}/e.json": json.dumps(NOT_YET) for number in range(count)}
    return {**elements, **{f"tasks/Task{number}/inner.py": "def customFunc(): pass\n" for number in range(count)}}


def seconds(bench: Bench) -> float:
    """From the command to the start of a job that waits, on a fresh database."""
    with bench.database(SQLITE) as (url, database):
        job = to_do(1, database.now())
        create(database, job)
        began = database.now()
        place = [str(bench.folder), "--database", url, "--quiet", "--no-reload"]
        process = subprocess.Popen([sys.executable, "-m", "jitai_tasks", "run", *place])
        try:
            return (started(database, job[0].id) - began) / 1e6
        finally:
            process.terminate()
            process.wait()
