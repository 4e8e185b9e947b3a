"""The one place where the time of day enters the program. Instants are integers: microseconds since 1970, UTC."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
#: No zones, though they stand among them: the machine's own one, and copies of all, some of them with leap seconds.
NO_ZONES = frozenset({"localtime", "posixrules", "posix", "right"})


class Clock(Protocol):
    """Answers what time it is, in microseconds since 1970 UTC; and a steady count that never jumps, in seconds."""

    def now(self) -> int: ...

    def steady(self) -> float: ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> int:
        return time.time_ns() // 1000

    def steady(self) -> float:
        return time.monotonic()


class ManualClock:
    """A clock that stands still until it is moved: for tests and simulations."""

    def __init__(self, start: datetime) -> None:
        self._now = instant(start)
        self._steady = 0.0

    def now(self) -> int:
        return self._now

    def steady(self) -> float:
        return self._steady

    def advance(self, step: timedelta) -> None:
        """Move both hands forward by `step` (backward, if negative: the steady count then stays)."""
        self._now += step // timedelta(microseconds=1)
        self._steady += max(step.total_seconds(), 0.0)


def instant(moment: datetime) -> int:
    """Microseconds since 1970 UTC of an aware moment; a naive one is a ValueError."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone")
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment(at: int) -> datetime:
    """The aware UTC datetime of an instant (microseconds since 1970)."""
    return EPOCH + timedelta(microseconds=at)
