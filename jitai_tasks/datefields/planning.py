"""Keeping the jobs of rows in step with the rows: which moment is wanted, and what to change to get there."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..clock import SECOND, instant
from ..errors import InvalidTime
from ..ids import new_id
from ..models.rows import plain_member
from ..schedule.civil import DAY, FIRST_INSTANT
from ..scopes import WRITER, current_job_scope
from ..store import datefields as store
from ..store.datefields import LiveJob, Moment
from ..store.records import Job, NewJob, TaskState
from ..store.tables import LENGTHS
from ..tasks import current_task
from .rules import Rule, Slots, Values

_logger = logging.getLogger(__name__)

#: A run that plans itself anew within a minute, so many times in a row, has a function that runs in circles.
_CIRCLE = 10
_SOON = 60 * SECOND
_REARMED = "rearmed:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A run that saves rows."""

    task: str
    subject: str
    slot: int | None
    #: How often in a row it has planned itself anew within a minute.
    rearmed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """When and by whom rows are looked at."""

    now: int
    state: TaskState
    #: Whether this is the sweep, which also finds what was due since the sweep before.
    sweep: bool = False
    #: The run of this task that the look is a part of: it may look at its own row.
    run: Own | None = None

    def floor(self, rule: Rule) -> int:
        """The earliest moment that still gets a job."""
        floor = self.now - rule.grace
        if rule.by_date:
            zone = rule.timer.local.zone
            floor = min(floor, rule.timer.local.start_of_day(zone.wall(self.now) // DAY))
        if not self.sweep:
            return floor if rule.config.misfire == "skip" else FIRST_INSTANT
        return floor if self.state.watermark is None else min(floor, self.state.watermark - rule.grace)

    def is_swept(self, slot: int, rule: Rule) -> bool:
        """Whether the next sweep would take a moment for one that was missed."""
        return self.state.watermark is not None and slot >= self.state.watermark - rule.grace


@dataclass(slots=True)
class Result:
    """What was changed."""

    saved: int = 0
    removed: int = 0
    #: Rows that could not be read, and why.
    bad: list[tuple[str, str]] = field(default_factory=list)

    def add(self, other: Result) -> None:
        """Count what another part has changed."""
        self.saved += other.saved
        self.removed += other.removed
        self.bad += other.bad


@dataclass(slots=True)
class _Step:
    """What to change, collected over many rows."""

    new: list[Moment] = field(default_factory=list)
    moved: list[tuple[LiveJob, int]] = field(default_factory=list)
    dropped: list[LiveJob] = field(default_factory=list)
    consumed: list[tuple[str, int]] = field(default_factory=list)
    #: Rows of a series whose slot may be taken already; then the one after it is wanted.
    series: dict[str, Slots] = field(default_factory=dict)


def apply(connection: sa.Connection, rule: Rule, rows: Sequence[tuple[str, Values | None]], look: Look) -> Result:
    """Bring the jobs of these rows (subject, values) in step; None as values says that the row is gone."""
    result = Result()
    if not rows or not rule.is_enabled(look.state):
        return result
    live = store.live(connection, rule.task, [subject for subject, _ in rows])
    step = _Step()
    for subject, values in rows:
        try:
            _check_length(subject)
            _decide(rule, look, subject, values, live.get(subject, []), step)
        except (InvalidTime, ValueError, OverflowError) as error:
            result.bad.append((subject, str(error)))
            _logger.error("%s: row %s of %s: %s", rule.task, subject, rule.model.name, error)
            step.dropped += [job for job in live.get(subject, []) if job.waiting]
    _execute(connection, rule, look, step, result)
    gone = [subject for subject, values in rows if values is None]
    if gone:
        store.forget_rows(connection, rule.task, gone)
    for job in (job for subject in gone for job in live.get(subject, ()) if not job.waiting):
        store.consume(connection, rule.task, job.subject, job.slot)  # it runs, and so that moment has had its run
    return result


def _check_length(subject: str) -> None:
    """ValueError for a row whose key is longer than a job can hold."""
    if len(subject) > LENGTHS["subject"]:
        raise ValueError(f"its key has {len(subject)} characters, the limit is {LENGTHS['subject']}")


def look_at(connection: sa.Connection, task: str, *, now: int, sweep: bool = False, run: Own | None = None) -> Look:
    """A look at the rows of a task now, perhaps as part of a run."""
    own = run if run is not None and run.task == task and run.subject else None
    return Look(now=now, state=store.states(connection, [task])[task], sweep=sweep, run=own)


def own_run(session: Session | None = None) -> Own | None:
    """The run that saves through this session, or here and now."""
    scope = current_job_scope()
    job = cast("Job | None", session.info.get(WRITER) if session is not None else None)
    job = job or (scope.job if scope is not None else None)
    if job is not None:
        return Own(task=job.task, subject=job.subject, slot=job.slot, rearmed=_rearmed(job))
    row = current_task.get()
    if row is None:
        return None
    due = plain_member(row, "dueTime")
    return Own(
        task=str(plain_member(row, "element")),
        subject=str(plain_member(row, "rowId")),
        slot=None if due is None else instant(due),
    )


def is_slot(schedule: Slots, slot: int) -> bool:
    """Whether a moment is one of the row's."""
    return schedule.next_instant(slot - 1) == slot


def _decide(rule: Rule, look: Look, subject: str, values: Values | None, live: list[LiveJob], step: _Step) -> None:
    waiting = [job for job in live if job.waiting]
    schedule = None if values is None else rule.slots(values)
    if schedule is None:
        step.dropped += waiting
        return
    kept = next((job for job in waiting if is_slot(schedule, job.slot)), None)
    if kept is not None:
        step.dropped += [job for job in waiting if job is not kept]
        return
    wanted = _wanted(rule, look, subject, schedule, values or {}, step)
    if wanted is None or any(job.slot == wanted for job in live):
        step.dropped += waiting
        return
    if rule.repeat != "normal":
        step.series[subject] = schedule
    step.dropped += waiting[1:]
    if waiting:
        step.moved.append((waiting[0], wanted))
    else:
        step.new.append((new_id(), subject, wanted))


def _wanted(rule: Rule, look: Look, subject: str, schedule: Slots, values: Values, step: _Step) -> int | None:
    """The moment that the row is to have a job for; None if there is none, or no more."""
    floor = look.floor(rule)
    wanted = schedule.next_instant(floor - 1)
    own = look.run is not None and look.run.subject == subject
    if own and wanted is not None and _runs_in_circles(rule, look, wanted, values):
        step.consumed.append((subject, wanted))
        return None
    if not look.sweep:
        step.consumed += [(subject, slot) for slot in _refused(rule, look, schedule, floor)]
    return wanted


def _refused(rule: Rule, look: Look, schedule: Slots, floor: int) -> Iterable[int]:
    """Moments that were past when the row was saved, and that the next sweep must not take for missed ones."""
    if look.state.watermark is None:
        return []
    earliest = look.state.watermark - rule.grace
    found = schedule.next_instant(earliest - 1)
    slots: list[int] = []
    while found is not None and found < floor and len(slots) < 1000:
        slots.append(found)
        found = schedule.next_instant(found)
    return slots


def _runs_in_circles(rule: Rule, look: Look, wanted: int, values: Values) -> bool:
    """Whether a run would start itself again by writing the field it watches.

    A date that is not in the future is a note of what happened, not a plan. A date in the future is a plan, unless it
    came within a minute so many times in a row that nobody can mean it.
    """
    assert look.run is not None
    if look.run.slot is not None and rule.repeat != "normal":
        return False
    value = values.get(rule.timer.start_field)
    if value is not None and _stands_for(rule, value) <= look.now:
        return look.run.slot != wanted
    if wanted > look.now + _SOON:
        return False
    if look.run.rearmed < _CIRCLE:
        return False
    _logger.error("%s: its run for row %s plans itself anew again and again; stopped", rule.task, look.run.subject)
    return True


def _stands_for(rule: Rule, value: object) -> int:
    """The moment that a value names, without offset."""
    return replace(rule.timer, start_offset=type(rule.timer.start_offset)()).trigger(value)


def _rearmed(run: Job) -> int:
    return next((int(tag.removeprefix(_REARMED)) for tag in run.tags if tag.startswith(_REARMED)), 0)


def job_for(rule: Rule, subject: str, slot: int, look: Look | None = None) -> NewJob:
    """The job of one moment of a row."""
    job = replace(rule.usual_job, id=new_id(), due=slot, slot=slot, subject=subject)
    if look is None or look.run is None or look.run.subject != subject or slot > look.now + _SOON:
        return job
    return replace(job, tags=(*job.tags, f"{_REARMED}{look.run.rearmed + 1}"))


def _execute(connection: sa.Connection, rule: Rule, look: Look, step: _Step, result: Result) -> None:
    if step.dropped:
        store.drop(connection, rule.task, step.dropped)
    for subject, slot in step.consumed:
        store.consume(connection, rule.task, subject, slot)
    moved = store.move(connection, rule.task, step.moved, now=look.now)
    made = _plan(connection, rule, look, step.new)
    result.saved += len(moved) + len(made)
    result.removed += len(step.dropped) + len(step.moved) - len(moved)
    again = [(subject, slot) for id_, subject, slot in step.new if id_ not in made]
    again += [(job.subject, slot) for job, slot in step.moved if job.id not in moved]
    for subject, slot in again:
        if subject in step.series:
            result.saved += _next_free(connection, rule, look, step.series[subject], (subject, slot))


def _plan(connection: sa.Connection, rule: Rule, look: Look, new: Sequence[Moment]) -> set[int]:
    """Answers the ids of the jobs that were new. The row of the run that looks may get a job with a note of its own."""
    own = None if look.run is None else look.run.subject
    jobs = [replace(job_for(rule, subject, slot, look), id=id_) for id_, subject, slot in new if subject == own]
    others = [moment for moment in new if moment[1] != own] if jobs else new
    return store.plan_rows(connection, rule.usual_job, others, now=look.now) | store.plan(
        connection, jobs, now=look.now
    )


def _next_free(connection: sa.Connection, rule: Rule, look: Look, schedule: Slots, taken: tuple[str, int]) -> int:
    """The slot of a series has had its run; the first later one that has not gets the job."""
    subject, slot = taken
    later: int | None = slot
    while later is not None:
        later = schedule.next_instant(max(later, look.now - rule.grace))
        if later is not None and _plan(connection, rule, look, [(new_id(), subject, later)]):
            return 1
    return 0
