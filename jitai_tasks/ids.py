"""Ids of jobs and runs: 63-bit integers made in the process, ordered by time, shown as 24 hex digits."""

from __future__ import annotations

import os
import secrets
import threading
import time
from itertools import islice

_TICK = 64  # microseconds: one id per tick and process; bulk creation runs ahead of the clock
_TAG_BITS = 16
_EPOCH = 1_577_836_800_000_000  # 2020-01-01 UTC


class IdMaker:
    """Makes ids that are unique across processes (a random tag each) and rising within one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reseed()
        os.register_at_fork(after_in_child=self._reseed)

    def _reseed(self) -> None:
        self._tag = secrets.randbits(_TAG_BITS)
        self._last = 0
        self._lock = threading.Lock()

    def __call__(self) -> int:
        with self._lock:
            self._last = max(self._last + 1, (time.time_ns() // 1000 - _EPOCH) // _TICK)
            return (self._last << _TAG_BITS) | self._tag


new_id = IdMaker()


def new_ids(count: int) -> list[int]:
    """`count` fresh ids, rising."""
    return list(islice(iter(new_id, None), count))


def first_id(instant: int) -> int:
    """The smallest id that can be made from this instant (microseconds since 1970) on."""
    return max((instant - _EPOCH) // _TICK, 0) << _TAG_BITS


def new_token() -> int:
    """A random 63-bit claim token, never a counter: a restored database would hand the same counter out again."""
    return secrets.randbits(63) | 1


def shown(job_id: int) -> str:
    """The id as users see it: 24 hex digits."""
    return f"{job_id:024x}"


def parsed(text: str | int) -> int | None:
    """The id behind what a user typed (24 hex digits, or a plain integer), or None if it cannot be one."""
    if isinstance(text, int):
        return text if 0 <= text < 1 << 63 else None
    try:
        number = int(text, 16) if len(text) == 24 else int(text)
    except ValueError:
        return None
    return number if 0 <= number < 1 << 63 else None
