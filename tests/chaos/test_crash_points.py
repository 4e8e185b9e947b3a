"""A process killed at every single call of the driver: whatever it was doing, it was done wholly or not at all."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.conftest import url_of

ROOT = Path(__file__).parents[2]
VERBS = ("create", "claim", "finish", "finish_and_claim", "retry", "endings", "tick", "reap", "prune", "day", "rows")

pytestmark = pytest.mark.chaos


@pytest.mark.timeout(240)
@pytest.mark.parametrize("verb", VERBS)
def test_a_crash_at_every_point_leaves_all_or_nothing(make: str, verb: str, tmp_path: Path) -> None:
    url = url_of(make, tmp_path)
    if make == "sqlite":  # a killed process loses nothing that it has written, synchronous or not
        url += "?synchronous=OFF"
    told = subprocess.run(
        [sys.executable, "-m", "tests.chaos.crashing", url, verb], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr[-3000:]
    found = json.loads(told.stdout)
    assert found["wrong"] == [], "\n".join(found["wrong"])[:5000]
    assert found["crashes"] >= 4
    print(f"{verb} on {make}: {found['crashes']} crashes")
