"""Backfill: run a task for planned moments of the past, each job with its own due time, each moment at most once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from . import payload
from .definition import Definition
from .errors import InvalidTime
from .moments import instant_of, local_text
from .newjobs import config_of, planned_job
from .store import backfilling
from .store.records import NewJob
from .timetables import slots
from .transactions import alone

if TYPE_CHECKING:
    from .app import App

#: More jobs than this are not created by one request.
MOST = 10_000
_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """What a backfill created, or would create."""

    jobs: tuple[NewJob, ...]
    #: Planned moments of the range that have their run, or a job, already.
    known: int


def backfill(
    app: App,
    definition: Definition,
    start: object,
    end: object,
    *,
    arguments: Mapping[str, Any] | None = None,
    dry_run: bool = False,
) -> Backfill:
    """Create a job for each planned moment in [start, end] that has none and never had a run; skipped ones count as
    never run. `GlobalVar.currentTask.dueTime` is the moment that a job stands for. Doing it again creates nothing.

    Moments without offset are meant in the app's zone; nothing is created for the future. The jobs are due now, in
    the order of their moments, and run whatever the task's misfire and overlap policies say. Raises InvalidTime for a
    range that is none, or that holds more than 10,000 moments.
    """
    now = app.database.now()
    since, until = (instant_of(at, zone=app.timezone, where=where) for at, where in ((start, "from"), (end, "to")))
    if until < since:
        raise InvalidTime("to", f"{local_text(until, app.timezone)} is before from {local_text(since, app.timezone)}")
    found = list(islice((slot.at for slot in slots(app, definition, since - 1, min(until, now))), MOST + 1))
    if len(found) > MOST:
        raise InvalidTime("from", f"the range holds more than {MOST} planned moments; backfill it in parts")
    with app.database.read() as conn:
        taken = backfilling.taken(conn, definition.full_name, found)
    jobs = [_job(definition, at, now, arguments) for at in found if at not in taken]
    if not dry_run:
        jobs = _created(app, jobs)
    return Backfill(jobs=tuple(jobs), known=len(found) - len(jobs))


def _job(definition: Definition, slot: int, now: int, arguments: Mapping[str, Any] | None) -> NewJob:
    given = {**config_of(definition).argDict, **(arguments or {})}
    args = payload.dumps(given, where="argDict")
    return replace(planned_job(definition, slot), due=now, manual=True, creator="backfill", args=args)


def _created(app: App, jobs: list[NewJob]) -> list[NewJob]:
    created: list[NewJob] = []
    for start in range(0, len(jobs), _AT_ONCE):
        with alone(app) as conn:
            created += [job for job in jobs[start : start + _AT_ONCE] if backfilling.create(conn, job)]
    return created
