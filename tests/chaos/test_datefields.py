"""Long random lives of rows against the oracle. `JITAI_FUZZ_STEPS` sets how long."""

from __future__ import annotations

import os

import pytest

from tests import servers
from tests.datefields.simulation import simulate

STEPS = int(os.environ.get("JITAI_FUZZ_STEPS", "100000"))


@pytest.mark.long
@pytest.mark.chaos
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("make", ["sqlite", "postgresql"])
def test_rows_fire_exactly_once_per_value(app_from, make):
    options = {} if make == "sqlite" else {"database": servers.postgres().fresh_database()}
    done = simulate(app_from, steps=STEPS, seed=20260105, restart_every=2500, **options)
    assert len(done.oracle.fired) > STEPS / 50
