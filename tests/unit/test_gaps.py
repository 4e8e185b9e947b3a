"""Gaps in memory are filled before a fork, and given back."""

from __future__ import annotations

import subprocess
import sys

import pytest

from jitai_tasks.runner import gaps

CODE = """
from jitai_tasks.runner import gaps, template

gaps._WITHIN = 60.0  # however busy the machine is

def open_gaps():
    info = gaps._libc.mallinfo2()
    return info.fordblks - info.keepcost

print(open_gaps())
for _ in range(2):
    gaps.fill()
    print(open_gaps())
gaps.reopen()
print(open_gaps())
"""


@pytest.mark.skipif(not gaps._KNOWN, reason="only glibc tells of its gaps")
def test_gaps_are_filled_and_given_back() -> None:
    said = subprocess.run([sys.executable, "-c", CODE], check=True, capture_output=True, text=True).stdout
    before, filled, again, reopened = map(int, said.split())
    assert filled < before / 4
    assert again <= filled + 4096
    assert reopened > before / 2
