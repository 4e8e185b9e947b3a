"""How much work something is, counted in calls of functions: a busy machine does not change that."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

#: Some 50 ms of plain Python code.
AT_ONCE = 150_000


class Work:
    """The calls counted so far, of Python and of C."""

    def __init__(self) -> None:
        self.calls = 0

    def _one_more(self, _frame: object, event: str, _argument: object) -> None:
        self.calls += event in ("call", "c_call")


@contextmanager
def counted() -> Iterator[Work]:
    """Count the calls of the code inside."""
    work = Work()
    before = sys.getprofile()
    sys.setprofile(work._one_more)
    try:
        yield work
    finally:
        sys.setprofile(before)


@contextmanager
def at_most(calls: int) -> Iterator[None]:
    """Fail if the code inside takes more calls."""
    with counted() as work:
        yield
    assert work.calls <= calls, f"{work.calls:,} calls, at most {calls:,} were expected"
