"""Instants are whole microseconds, and a manual clock moves only when told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from jitai_tasks import clock


def test_an_instant_and_its_moment_are_the_same_point_in_time() -> None:
    at = datetime(2026, 11, 21, 6, 30, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    assert clock.moment(clock.instant(at)) == at
    assert clock.instant(datetime(1970, 1, 1, tzinfo=UTC)) == 0


def test_a_naive_moment_has_no_instant() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        clock.instant(datetime(2026, 1, 1))


def test_a_manual_clock_moves_only_when_told_and_its_steady_hand_never_back() -> None:
    hands = clock.ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    start = hands.now()
    hands.advance(timedelta(days=1))
    assert hands.now() - start == 86_400 * clock.SECOND
    steady = hands.steady()
    hands.advance(timedelta(hours=-2))
    assert hands.now() - start == 79_200 * clock.SECOND
    assert hands.steady() == steady
