"""Random lives of rows against the oracle; the large part is in tests/chaos."""

from __future__ import annotations

import pytest

from tests.datefields.simulation import simulate


@pytest.mark.parametrize(
    ("make", "steps", "seed"),
    [("sqlite", 1000, 1), ("postgresql", 500, 3), ("mysql", 300, 4)],
    indirect=["make"],
)
def test_rows_fire_exactly_once_per_value(app_from, steps, seed):
    done = simulate(app_from, steps=steps, seed=seed, restart_every=150)
    assert len(done.oracle.fired) > steps / 20
