"""The program that a runner of the tests is, and a server that forks it.

The server has imported the framework once, so a runner starts in a fifth of the time that an interpreter of its own
needs. It is a process of its own all the same; that the command starts one is tested with the command.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from ast import literal_eval
from collections.abc import Mapping
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import jitai_tasks.runner.template  # noqa: F401  # what a runner loads later; here so that it is there before the fork
from jitai_tasks.runner import run
from jitai_tasks.runner.entry import plan_for
from jitai_tasks.runner.supervisor import supervise
from jitai_tasks.runner.threaded import run_in_threads

_server = get_context("forkserver")
_server.set_forkserver_preload([__name__])


def perform(folder: str, options: Mapping[str, object], times: Mapping[str, float]) -> int:
    """Run the app; `times` shortens the lease and the like."""
    logging.basicConfig(level=logging.INFO, format="%(created).3f %(name)s: %(message)s")
    if not times:
        return run(folder, **options)  # type: ignore[arg-type]
    plan = plan_for(folder, **{name: value for name, value in options.items() if name != "threads"})  # type: ignore[arg-type]
    plan = replace(plan, **times)  # type: ignore[arg-type]
    return run_in_threads(plan, report=None) if options.get("threads") else supervise(plan)


@dataclass(frozen=True, slots=True)
class Forked:
    """A runner forked by the server, with the methods of `subprocess.Popen`."""

    child: ForkServerProcess

    @property
    def pid(self) -> int:
        assert self.child.pid is not None
        return self.child.pid

    def poll(self) -> int | None:
        return self.child.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self.child.join(timeout)
        if self.child.exitcode is None:
            raise subprocess.TimeoutExpired(f"runner {self.pid}", timeout or 0)
        return self.child.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def forked(folder: Path, options: Mapping[str, object], times: Mapping[str, float], log: Path) -> Forked:
    """Start a runner that writes to a log."""
    told = (str(folder), options, times, str(log), dict(os.environ))
    child = _server.Process(target=_perform_alone, args=told, daemon=True)
    child.start()
    return Forked(child)


def _perform_alone(
    folder: str, options: Mapping[str, object], times: Mapping[str, float], log: str, environment: Mapping[str, str]
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    sys.exit(perform(folder, options, times))


if __name__ == "__main__":
    sys.exit(perform(sys.argv[1], literal_eval(sys.argv[2]), literal_eval(sys.argv[3])))
