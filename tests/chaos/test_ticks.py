"""Eight processes that race on the ticks of one schedule, as keepers and as workers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from jitai_tasks.store import Database, history, jobs, migrations
from tests.chaos import invariants
from tests.chaos.conftest import url_of
from tests.chaos.ticking import TASK

ROOT = Path(__file__).parents[2]
PROCESSES, TICKS = 8, 1_000

pytestmark = pytest.mark.chaos


@pytest.mark.timeout(240)
def test_eight_processes_racing_on_1000_ticks_make_exactly_1000_jobs(make: str, tmp_path: Path) -> None:
    url = url_of(make, tmp_path) + ("?synchronous=OFF" if make == "sqlite" else "")
    database = Database.open(url)
    migrations.upgrade(database)
    racing = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.ticking", url, str(TICKS), str(seed)],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for seed in range(PROCESSES)
    ]  # fmt: skip
    said = [process.communicate() for process in racing]
    assert [process.returncode for process in racing] == [0] * PROCESSES, "\n".join(error[-800:] for _, error in said)
    with database.read() as connection:
        runs = history.find(connection, task=TASK, limit=10 * TICKS)
        assert jobs.find(connection) == []
    assert sorted(run.job.slot or 0 for run in runs) == list(range(1, TICKS + 1))
    invariants.store_is_sound(database)
    planned = [int(out) for out, _ in said]
    assert sum(planned) > 0, "no keeper ever won, so nothing was tested"
    print(f"planned by keepers {planned}, by finishes {TICKS - sum(planned)}")
    database.dispose()
