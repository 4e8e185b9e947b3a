"""Lateness: whether a planned run that could not begin at its time is still to run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from .clock import SECOND
from .config import TaskConfig
from .moments import local_text
from .plansteps import REPLACED
from .schedule import Kind, Misfire, MisfirePolicy, Schedule, catch_up
from .store import history, jobs
from .store.records import Job, Status

if TYPE_CHECKING:
    from .app import App

#: A run that begins within this time of its slot cannot have been kept back by the one before it.
PUNCTUAL = SECOND // 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a claimed job must not run now, and the state it ends in."""

    status: Status
    reason: str
    #: The last planned moment that the refusal stands for: the series goes on after it. None: the job's own.
    until: int | None = None


def too_late(schedule: Schedule, config: TaskConfig, slot: int, now: int, *, planned: int) -> Refusal | None:
    """The refusal to run a slot at `now`, by the task's `misfire` policy, and all those after it that share its fate.

    A one-off that was planned (at the instant `planned`) before its time runs however late; one whose time had passed
    by then, longer ago than the grace, has expired.
    """
    grace = round(config.misfireGrace * SECOND)
    if schedule.rule.kind is Kind.NORMAL:
        if planned <= slot + grace:
            return None
        when = local_text(slot, schedule.zone.name)
        return Refusal(status=Status.EXPIRED, reason=f"its time, {when}, had passed when it was first seen")
    policy = MisfirePolicy(misfire=Misfire(config.misfire), grace=grace, most=config.misfireMax)
    _, skipped = catch_up(schedule, slot - 1, now, policy)
    if skipped is None or skipped.first > slot:
        return None
    reason = f"{_range(schedule, skipped.count, slot, skipped.last)} missed: no runner took it in time"
    return Refusal(status=Status.SKIPPED, reason=reason, until=skipped.last)


def is_queued(app: App, task: str, config: TaskConfig, now: int) -> bool:
    """Whether the run before ended just now: what came meanwhile has waited for it, and is not late."""
    with app.database.read() as conn:
        before = history.find(conn, task=task, limit=1)
    grace = round(config.misfireGrace * SECOND)
    return bool(before) and before[0].outcome.started is not None and now - before[0].outcome.ended <= grace


def at_work(app: App, job: Job, zone: str) -> Refusal | None:
    """The refusal to run beside another run of the task: one by hand, a retry, a backfill."""
    with app.database.read() as conn:
        others = _others(conn, job)
    if not others:
        return None
    since = min(each.claimed or each.due for each in others)
    reason = f"another run of the task is at work since {local_text(since, zone)}"
    return Refusal(status=Status.SKIPPED, reason=reason)


def take_over(app: App, job: Job, now: int) -> None:
    """End the other runs of a job's task, so that this one takes their place; their runners kill them."""
    with app.database.begin() as conn:
        for other in _others(conn, job):
            jobs.terminate(conn, other.id, now=now, reason=REPLACED)
        app.database.on_commit(conn, app.database.ring)


def _others(conn: sa.Connection, job: Job) -> list[Job]:
    """The other runs of a job's task; one worker does its jobs one after the other."""
    running = jobs.find(conn, task=job.task, status=Status.RUNNING)
    return [each for each in running if each.id != job.id and each.worker != job.worker]


def overlapping(app: App, schedule: Schedule, task: str, slot: int, now: int) -> Refusal | None:
    """The refusal to run a slot that came while the run before was at work, and all others that did."""
    if now - slot <= PUNCTUAL:
        return None
    with app.database.read() as conn:
        before = history.find(conn, task=task, limit=1)
    if not before or before[0].outcome.started is None:
        return None
    started, ended = before[0].outcome.started, before[0].outcome.ended
    if not started <= slot < ended:
        return None
    last = schedule.last_until(ended) or slot
    zone = schedule.zone.name
    covered = _range(schedule, schedule.count(slot - 1, ended), slot, last)
    reason = f"{covered} skipped: the run before was at work until {local_text(ended, zone)}"
    return Refusal(status=Status.SKIPPED, reason=reason, until=last)


def _range(schedule: Schedule, count: int, first: int, last: int) -> str:
    zone = schedule.zone.name
    if count <= 1:
        return f"the run planned for {local_text(first, zone)}"
    return f"{count} runs planned from {local_text(first, zone)} to {local_text(last, zone)}"
