"""The live table of `run`, drawn by rich (extra `cli`)."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ..clock import SECOND
from ..runner.status import Snapshot
from ..store.records import Job, Run, Status
from .aside import Aside
from .live import headline, tally
from .moments import away, local, span
from .output import printable, shortened
from .views import said, what

CALM = {Status.SUCCESS: "green", Status.SKIPPED: "yellow", Status.CANCELED: "yellow", Status.RETRIED: "yellow"}
#: Lines of the picture that are no rows: headline, four headings, three gaps, tally, and one to spare.
FRAME = 10
FAILURES = 5


class LiveTable:
    """Tables that are drawn again in place: what runs, what comes next, what ended, what failed."""

    def __init__(self, zone: str) -> None:
        self._zone = zone
        self._failed: deque[Run] = deque(maxlen=FAILURES)
        # No thread of its own: this process forks.
        self._live = Live(auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
        self._live.start()
        self._aside = Aside()

    def show(self, scene: Snapshot) -> None:
        """Draw a moment, with the log lines since the last one above it."""
        for line in self._aside.lines():
            self._live.console.print(Text(printable(line)))
        self._remember(scene.recent)
        rows = max((self._live.console.size.height - FRAME - len(self._failed)) // 3, 2)
        self._live.update(picture(scene, self._zone, failed=list(self._failed), rows=rows), refresh=True)

    def end(self, recent: Sequence[Run]) -> None:
        """The last picture stays as it is."""

    def close(self) -> None:
        """Leave the last picture standing and give the terminal back."""
        self._live.stop()
        self._aside.close()

    def _remember(self, runs: Sequence[Run]) -> None:
        known = {run.job.id for run in self._failed}
        fresh = [run for run in runs if run.outcome.status not in CALM and run.job.id not in known]
        self._failed.extendleft(reversed(fresh))


def picture(scene: Snapshot, zone: str, *, failed: Sequence[Run], rows: int) -> RenderableType:
    """A moment of the runner as something rich can draw, with at most `rows` rows a table."""
    tables = [
        running_table(scene, rows),
        coming_table(scene, zone, rows),
        ended_table("Ended", scene.recent[:rows], zone),
    ]
    if failed:
        tables.append(ended_table("Failed", failed, zone))
    spaced = [part for table in tables for part in (table, Text())]
    headed = Text(headline(scene, zone), style="bold", overflow="ellipsis", no_wrap=True)
    return Group(headed, *spaced[:-1], Text(tally(scene), style="dim"))


def running_table(scene: Snapshot, rows: int) -> Table:
    """What runs, for how long, in which process."""
    grid = _table("Running", "for")
    busy = [worker for worker in scene.workers if worker.job is not None]
    for worker in busy[:rows]:
        job: Job | None = worker.job
        name = what(job) if job else ""
        grid.add_row(_name(name), span(int(worker.seconds * SECOND)), Text(f"process {worker.pid}", style="dim"))
    return grid


def coming_table(scene: Snapshot, zone: str, rows: int) -> Table:
    """What comes next, and when."""
    grid = _table("Next", "due")
    for job in scene.upcoming[:rows]:
        note = Text(f"held: {printable(job.hold)}", style="yellow") if job.hold else Text(away(job.due, scene.now))
        grid.add_row(_name(what(job)), local(job.due, zone), note)
    return grid


def ended_table(name: str, runs: Sequence[Run], zone: str) -> Table:
    """What ended, how, and what it said; failures in red."""
    grid = _table(name, "at")
    for run in runs:
        grid.add_row(_name(what(run.job)), local(run.outcome.ended, zone), _ending(run))
    return grid


def _ending(run: Run) -> Text:
    words = shortened(printable(f"{run.outcome.status} {said(run.outcome)}"), 80)
    return Text(words, style=CALM.get(run.outcome.status, "red"))


def _table(name: str, when: str) -> Table:
    grid = Table(box=None, expand=True, pad_edge=False, header_style="bold cyan")
    grid.add_column(name, ratio=3, no_wrap=True, overflow="ellipsis")
    grid.add_column(when, width=19, no_wrap=True)
    grid.add_column("", ratio=4, no_wrap=True, overflow="ellipsis")
    return grid


def _name(text: str) -> Text:
    return Text(printable(text))
