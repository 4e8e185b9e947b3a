"""What `run` shows: a live table on a terminal that rich can draw on, plain lines everywhere else."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Protocol

import click

from ..runner.status import Snapshot
from ..store.records import Run
from .moments import local, span
from .output import is_terminal, plural, printable, shortened, tell
from .views import said, what

#: Runs that are remembered as shown.
REMEMBERED = 2_000
NAME = 36


class Screen(Protocol):
    """Shows one moment of the runner after the other."""

    def show(self, scene: Snapshot) -> None: ...

    def end(self, recent: Sequence[Run]) -> None: ...

    def close(self) -> None: ...


def screen_for(*, zone: str, since: int, quiet: bool) -> Screen:
    """A table when a person is watching and rich is installed, else lines, else nothing.

    Times are shown in `zone`; runs that ended before the instant `since` are no news.
    """
    if quiet:
        return Silence()
    if is_terminal():
        try:
            from .table import LiveTable
        except ImportError:
            tell('a live table needs rich: pip install "jitai-tasks[cli]"')
        else:
            return LiveTable(zone)
    return Lines(zone, since)


class Silence:
    """Shows nothing."""

    def show(self, scene: Snapshot) -> None:
        """Nothing."""

    def end(self, recent: Sequence[Run]) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


class Lines:
    """One line for each run that ends: for logs, pipes and services."""

    def __init__(self, zone: str, since: int) -> None:
        self._zone = zone
        self._since = since
        self._known: OrderedDict[int, None] = OrderedDict()
        self._announced = False

    def show(self, scene: Snapshot) -> None:
        """Print what is new since the last moment."""
        if not self._announced and scene.workers:
            self._announced = True
            click.echo(headline(scene, self._zone))
        self.end(scene.recent)

    def end(self, recent: Sequence[Run]) -> None:
        """Print the runs that are new; `recent` has the newest first."""
        fresh = [run for run in recent if run.outcome.ended >= self._since and run.job.id not in self._known]
        if self._known and len(fresh) == len(recent) > 1:
            click.echo("… more than can be shown; see: jitai-tasks history")
        for run in reversed(fresh):
            click.echo(ended_line(run, self._zone))
        self._remember(fresh)

    def close(self) -> None:
        """Nothing is left to do."""

    def _remember(self, runs: Sequence[Run]) -> None:
        self._since = max((run.outcome.ended for run in runs), default=self._since)
        self._known.update((run.job.id, None) for run in runs)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def headline(scene: Snapshot, zone: str) -> str:
    """ "local.Shop · 2 workers · sqlite:///… · Europe/Berlin"."""
    return " · ".join([scene.app_id, plural(len(scene.workers), "worker"), scene.database, zone])


def tally(scene: Snapshot) -> str:
    """ "2 running · 120 waiting · stopping: no new jobs are started"."""
    parts = [f"{scene.running} running", f"{scene.waiting} waiting"]
    return " · ".join([*parts, "stopping, what runs may end"] if scene.stopping else parts)


def ended_line(run: Run, zone: str) -> str:
    """ "2026-11-21 09:00:05  success     tasks.Greeting    12 ms  "hello" "."""
    outcome = run.outcome
    took = span(outcome.ended - outcome.started) if outcome.started is not None else ""
    start = f"{local(outcome.ended, zone)}  {outcome.status!s:<10}  {shortened(what(run.job), NAME):<{NAME}}  {took:>8}"
    return f"{start}  {shortened(printable(said(outcome)), 70)}".rstrip()
