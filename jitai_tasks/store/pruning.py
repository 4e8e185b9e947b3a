"""Forgetting old history without being in anybody's way: in portions as large as the database takes quickly."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from . import history
from .trouble import rerun

if TYPE_CHECKING:
    from .database import Database

#: Runs in the first portion: with the largest logs these are 5 MiB.
_FIRST, _LARGEST = 5, 1_000
#: Seconds a portion should take. Nobody who waits for one shall notice.
_ENOUGH, _TOO_LONG = 0.02, 0.05


class Portion:
    """How many runs to forget at a time, learnt from how long the last ones took."""

    def __init__(self) -> None:
        self.size = _FIRST

    def took(self, seconds: float) -> None:
        """The last portion took this long."""
        if seconds > _TOO_LONG:
            self.size = max(self.size // 4, 1)
        elif seconds < _ENOUGH:
            self.size = min(self.size * 2, _LARGEST)


def prune(database: Database, *, before: int, stopping: Callable[[], bool] = lambda: False) -> Iterator[int]:
    """Forget the runs that ended before `before`, oldest first, with their logs; answers the number in each portion.

    Every portion is a transaction of its own, and gives way to others after it for as long as it took.
    """
    portion = Portion()
    while not stopping():
        began, size = time.monotonic(), portion.size
        gone = rerun(database, partial(history.prune, before=before, limit=size))
        seconds = time.monotonic() - began
        portion.took(seconds)
        yield gone
        if gone < size:
            return
        time.sleep(min(seconds, 0.1))
