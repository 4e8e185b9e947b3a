"""Random lives of rows against the oracle; the large part is in tests/chaos."""

from __future__ import annotations

import pytest

from tests import servers
from tests.datefields.simulation import simulate


@pytest.mark.parametrize("seed", [1, 2])
def test_rows_fire_exactly_once_per_value_on_sqlite(app_from, seed):
    done = simulate(app_from, steps=1500, seed=seed, restart_every=500)
    assert len(done.oracle.fired) > 100


@pytest.mark.parametrize("seed", [3])
def test_rows_fire_exactly_once_per_value_on_postgresql(app_from, seed):
    done = simulate(app_from, steps=1000, seed=seed, restart_every=400, database=servers.postgres().fresh_database())
    assert len(done.oracle.fired) > 50
