"""A minute of random edits while ten jobs a second run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reload.conftest import FILES, Bench
from tests.reload.storm import weather
from tests.runner.conftest import shop_at

pytestmark = [pytest.mark.chaos, pytest.mark.long]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    for shop in shop_at(tmp_path, f"sqlite:///{tmp_path / 'jobs.sqlite3'}", FILES):
        shop.ready(workers=2, reload=True)
        yield Bench(shop)


@pytest.mark.timeout(600)
def test_200_edits_lose_no_job_run_no_partial_code_and_leave_nothing_behind(bench: Bench) -> None:
    weather(bench, edits=200, seed=2)
