"""A process that ends or freezes in the middle of a word to its supervisor."""

from __future__ import annotations

import pytest

from jitai_tasks.runner.seats import _RECORD, Phase, Seats

pytestmark = pytest.mark.chaos


@pytest.mark.timeout(20)
def test_a_worker_killed_in_the_middle_of_a_word_does_not_keep_its_supervisor_waiting() -> None:
    seats = Seats(2)
    seat = seats.seat(1)
    seat.take(7)
    seat.say(Phase.PERFORMING, job=5, token=6)
    whole = bytes(seats._memory[128 : 128 + _RECORD.size])
    seats._memory[128 : 128 + _RECORD.size] = bytes(8) + whole[8:]  # begun anew, and not ended
    torn = seats.glance(1)
    assert (torn.worker, torn.job) == (0, 0)
    assert not torn.is_over_limit()
    seats._memory[128 : 128 + _RECORD.size] = whole
    assert (seats.glance(1).phase, seats.glance(1).job) == (Phase.PERFORMING, 5)
