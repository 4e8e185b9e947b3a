"""Edits of every kind while ten jobs a second run, and an app of a thousand elements."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.runner.conftest import eventually, shop_at

from .conftest import FILES, TASK, Bench
from .storm import all_runs, jobs_all_the_time, weather


@pytest.mark.timeout(180)
def test_no_job_is_lost_or_run_in_parts_while_files_change(bench: Bench) -> None:
    weather(bench, edits=25, seed=1)


@pytest.fixture
def large(tmp_path: Path) -> Iterator[Bench]:
    many = {f"tasks/T{number}/e.json": TASK for number in range(1000)}
    for shop in shop_at(tmp_path, f"sqlite:///{tmp_path / 'jobs.sqlite3'}", {**FILES, **many}):
        shop.ready(workers=2, reload=True)
        yield Bench(shop)


@pytest.mark.timeout(180)
def test_an_app_of_a_thousand_elements_is_reloaded_while_claims_go_on(large: Bench) -> None:
    took = []
    with jobs_all_the_time(large) as ids:
        for version in ("second", "third", "fourth"):
            began = time.monotonic()
            large.desk(version)
            large.in_effect(version)
            took.append(time.monotonic() - began)
    eventually(lambda: not {job.id for job in large.shop.live()} & set(ids), say=large.shop.logs)
    starts = sorted(run.job.claimed or 0 for run in all_runs(large) if run.job.id in ids)
    pause = max(after - before for before, after in pairwise(starts)) / 1e6
    print(f"reloads of 1,000 elements: {', '.join(f'{one:.2f} s' for one in took)}; longest pause {pause:.2f} s")
