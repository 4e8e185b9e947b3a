"""The state machine of tests/store: 300 lives of 50 steps, and 20,000 for a night."""

from __future__ import annotations

import os

import pytest

from tests.store.test_machine import StoreMachine, lives

LIVES = int(os.environ.get("JITAI_MACHINE_LIVES", "20000"))

pytestmark = pytest.mark.chaos


@pytest.mark.timeout(600)
class TestThreeHundredLives(StoreMachine.TestCase):
    settings = lives(300)


@pytest.mark.long
@pytest.mark.timeout(6 * 3600)
class TestALongNight(StoreMachine.TestCase):
    settings = lives(LIVES)
