"""The state machine of tests/store, for a night: 20,000 lives of 50 steps."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.store.test_machine import StoreMachine

LIVES = int(os.environ.get("JITAI_MACHINE_LIVES", "20000"))


@pytest.mark.long
@pytest.mark.chaos
@pytest.mark.timeout(6 * 3600)
class TestALongNight(StoreMachine.TestCase):
    settings = settings(
        max_examples=LIVES,
        stateful_step_count=50,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
