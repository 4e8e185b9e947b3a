"""What the runner asks of the operating system: forks that die with their parent, groups, and their ends."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Collection

import psutil

_logger = logging.getLogger(__name__)

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LINUX = sys.platform == "linux"
# Loaded before the first fork: a child between fork and prctl should not wait for the dynamic loader.
_libc = ctypes.CDLL(None, use_errno=True) if _LINUX else None


def fork() -> int:
    """`os.fork` without the warning about threads: the caller has brought its own threads to a stand."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def die_with(parent: int, lifeline: int) -> None:
    """End this process when `parent` ends, even by SIGKILL.

    Linux does it in the kernel. Elsewhere a thread waits for the end of `lifeline`, a pipe whose other end only the
    parent holds: it cannot act while a C function keeps the interpreter lock.
    """
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    else:
        threading.Thread(target=_wait_for_end, args=(lifeline,), daemon=True).start()
    if os.getppid() != parent:
        os._exit(1)


def live_on() -> None:
    """Undo `die_with`: from here on the process notices the end of its parent itself."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, 0, 0, 0, 0)


def adopt_orphans() -> None:
    """Make this process the parent of whatever its descendants leave behind, so that it can reap them (Linux)."""
    if _libc is not None:
        _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def lead_group() -> None:
    """Put this process at the head of a group: a Ctrl-C at the terminal stays with the supervisor, and one signal
    reaches everything a task has started."""
    os.setpgid(0, 0)


def kill_group(leader: int) -> None:
    """SIGKILL `leader`, its group, and what it has started in groups of their own; what is gone is gone.

    Of a leader that has died by itself only the group is known.
    """
    elsewhere = _descendants(leader)
    for kill in (os.killpg, os.kill):
        try:
            kill(leader, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
    for process in elsewhere:
        with contextlib.suppress(psutil.Error):
            process.kill()


def _descendants(leader: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        return list(psutil.Process(leader).children(recursive=True))
    return []


def send(pid: int, number: int) -> None:
    """Send a signal; what is gone is gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def alive(pid: int) -> bool:
    """Whether a process with this id runs (a zombie does not)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def status_of(child: int) -> int:
    """The exit status of a child that has ended, negative for a signal; that of a kill if it is not known."""
    try:
        pid, status = os.waitpid(child, os.WNOHANG)
    except ChildProcessError:
        return -signal.SIGKILL
    return os.waitstatus_to_exitcode(status) if pid else -signal.SIGKILL


def wait_gone(pids: Collection[int], *, seconds: float, reap_them: bool = True) -> bool:
    """Wait until none of `pids` runs; False if one still does after `seconds`. A zombie does not run."""
    end = time.monotonic() + seconds
    left = set(pids)
    while left:
        if reap_them:
            reap()
        left = {pid for pid in left if alive(pid)}
        if left and time.monotonic() > end:
            return False
        if left:
            time.sleep(0.005)
    return True


def reap() -> list[tuple[int, int]]:
    """Collect every child that has ended: (pid, exit status; negative for a signal)."""
    ended: list[tuple[int, int]] = []
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended.append((pid, os.waitstatus_to_exitcode(status)))


def run_child(body: Callable[[], int]) -> None:
    """Run `body` as the whole of a forked process, and end it without the parent's clean-up. What it raises is logged:
    the streams of a worker lead to where nobody looks for its own faults."""
    status = 1
    try:
        status = body()
    except BaseException:  # the last frame of a process: report, then leave without unwinding further
        _logger.critical("process %d of the runner ends by a fault of its own", os.getpid(), exc_info=True)
    finally:
        _flush()
        os._exit(status)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            continue


def _wait_for_end(lifeline: int) -> None:
    while os.read(lifeline, 1):
        pass
    os._exit(1)


def _is_zombie(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:  # noqa: PTH123 - called while waiting for processes to end
            return stat.read().rsplit(b")", 1)[1].split()[0] in (b"Z", b"X")
    except OSError:
        return False
