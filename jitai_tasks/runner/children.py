"""Processes that a task forks: ordinary ones, which must neither behave nor go on as the worker they come from."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from contextlib import suppress
from typing import NoReturn


def are_ordinary() -> None:
    """From now on, SIGTERM ends the children that this process forks; the worker itself remembers it until it can end.

    A Ctrl-C is left to the supervisor, as it is by the worker.
    """
    os.register_at_fork(before=_hold_back, after_in_parent=_let_through, after_in_child=_end_by_signal)


def leave(error: BaseException | None) -> NoReturn:
    """End a forked child that has come back from the function of a task: its parent has the job."""
    code = _exit_code(error)
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
    os._exit(code)


def _hold_back() -> None:
    """A signal that comes before a child is an ordinary process would only be remembered there."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})


def _let_through() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _end_by_signal() -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _let_through()


def _exit_code(error: BaseException | None) -> int:
    """As Python itself would end with."""
    if error is None:
        return 0
    if not isinstance(error, SystemExit):
        traceback.print_exception(error)
        return 1
    if error.code is None or isinstance(error.code, int):
        return (error.code or 0) & 0xFF
    print(error.code, file=sys.stderr)  # noqa: T201 - what sys.exit does with a text
    return 1
