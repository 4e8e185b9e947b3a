"""The next runs of tasks, with what moved them."""

from __future__ import annotations

from dataclasses import dataclass

from ..app import App
from ..basis import zone_name
from ..clock import moment
from ..definition import Definition
from ..errors import JitaiTasksError
from ..moments import local_text
from ..schedule import Moved, Slot
from ..store import jobs
from ..timetables import next_slots
from .tasks import enabled_tasks, has_tables, now_of, task_of

_SAID = {Moved.HOLIDAY: "a day off", Moved.DST: "a clock change"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FutureRun:
    """One run that is to come."""

    task: str
    #: When it is due, in microseconds since 1970 UTC.
    at: int
    #: The IANA zone of `local`.
    zone: str
    #: Why it is not where the rule names it: "holiday", "dst" or "".
    moved: str = ""
    #: The local time that the rule named, if it was moved.
    named: str = ""
    #: By how many microseconds jitter makes it later.
    jitter: int = 0
    #: The row it is about, for date-field tasks.
    subject: str = ""

    @property
    def local(self) -> str:
        """ "2026-01-05 09:00:00" in its zone."""
        return local_text(self.at, self.zone)

    @property
    def utc(self) -> str:
        """ "2026-01-05T08:00:00Z"."""
        return moment(self.at).isoformat().replace("+00:00", "Z")

    @property
    def mark(self) -> str:
        """In words, what moved it; "" if nothing did."""
        said = [f"moved from {self.named} by {_SAID[Moved(self.moved)]}"] if self.moved else []
        if self.jitter:
            said.append(f"{self.jitter / 1_000_000:g} s of jitter")
        return ", ".join(said)


def next_runs(app: App, task: str, count: int = 5, *, after: int | None = None) -> list[FutureRun]:
    """The next `count` runs of a task after the instant `after` (default: now), whether it is enabled or not.

    Of a date-field task: those of the rows that wait. Raises ElementNotFound, InvalidTime or ElementBroken.
    """
    return _next_runs(app, task_of(app, task), count, now_of(app) if after is None else after)


def _next_runs(app: App, definition: Definition, count: int, after: int) -> list[FutureRun]:
    found = next_slots(app, definition, after, count)
    return [future_run(app, definition, slot) for slot in found] or _of_rows(app, definition, count)


def next_of_all(app: App) -> tuple[list[FutureRun], dict[str, str]]:
    """The next run of each enabled task, the earliest first; and why it cannot be told, by task."""
    found: list[FutureRun] = []
    problems: dict[str, str] = {}
    now = now_of(app)
    for definition in enabled_tasks(app):
        try:
            found += _next_runs(app, definition, 1, now)
        except JitaiTasksError as error:
            problems[definition.full_name] = str(error)
    return sorted(found, key=lambda run: (run.at, run.task)), problems


def future_run(app: App, definition: Definition, slot: Slot) -> FutureRun:
    """A slot of a task as a run to come."""
    return FutureRun(
        task=definition.full_name,
        at=slot.at,
        zone=zone_name(app, definition),
        moved=slot.moved.value if slot.moved else "",
        named=f"{slot.named:%Y-%m-%d %H:%M:%S}" if slot.named else "",
        jitter=slot.at - slot.planned,
    )


def _of_rows(app: App, definition: Definition, count: int) -> list[FutureRun]:
    if not has_tables(app):
        return []
    with app.database.read() as connection:
        waiting = jobs.find(connection, task=definition.full_name, status="waiting", limit=count)
    zone = zone_name(app, definition)
    return [FutureRun(task=job.task, at=job.due, zone=zone, subject=job.subject) for job in waiting if job.subject]
