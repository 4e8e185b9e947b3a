"""Planning: every enabled task has its next job, and exactly one. Idempotent; other runners may do it too."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from . import basis, overrides, plansteps, timetables
from .definition import Definition
from .errors import InvalidTime, JitaiTasksError
from .hookspecs import Change
from .models.taskrows import history_row, task_row
from .moments import local_text
from .newjobs import config_of, is_on
from .plansteps import DISABLED, GONE, NO_TIMES, OFF, PAUSED, Step, own_jobs
from .store import history, schedules
from .store import jobs as stored
from .store.records import Job, NewJob, Outcome, Status, TaskState
from .succession import follow, next_job, task_object
from .tasks import BaseTask

if TYPE_CHECKING:
    from .app import App

__all__ = [
    "DISABLED",
    "GONE",
    "NO_TIMES",
    "OFF",
    "PAUSED",
    "ensure",
    "ensure_task",
    "follow",
    "next_job",
    "task_object",
]

_logger = logging.getLogger(__name__)

_AT_ONCE = 200


@dataclass(slots=True)
class Round:
    """What one round of planning is about to change."""

    steps: list[Step] = field(default_factory=list)
    #: By task: what planned it, to be remembered.
    notes: dict[str, str] = field(default_factory=dict)

    def add(self, task: Planned) -> None:
        """Take in what is to be done about one task. User code that fails on the way is logged."""
        try:
            self.steps += _steps(task)
        except JitaiTasksError as error:
            _logger.error("%s cannot be planned: %s", task.definition.full_name, error)
            if isinstance(error, InvalidTime) and any(job.hold is None for job in task.waiting):
                # What waits was planned by a rule that holds no more.
                self.steps.append(plansteps.hold(task.definition.full_name, NO_TIMES))
            return
        except Exception:  # a getNextRunTime or an element that fails must not stop the planning of others
            _logger.exception("%s cannot be planned", task.definition.full_name)
            return
        if task.changed and task.waiting == task.jobs:
            self.notes[task.definition.full_name] = task.fingerprint

    def make(self, app: App) -> int:
        """Make the changes, some in each transaction; answers how many there were."""
        changes = 0
        for start in range(0, len(self.steps), _AT_ONCE):
            some = self.steps[start : start + _AT_ONCE]
            with app.database.begin() as conn:
                live = own_jobs(conn, {step.task for step in some})
                changes += sum(step.make(conn, live[step.task]) for step in some)
        if self.notes:
            with app.database.begin() as conn:
                schedules.note_definitions(conn, self.notes)
        return changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One task, and what the database says of it."""

    app: App
    definition: Definition
    state: TaskState
    #: Its own live jobs: those the schedule planned.
    jobs: list[Job]
    now: int
    #: It was switched on just now: what was due before is not caught up on.
    resumed: bool = False

    @property
    def fingerprint(self) -> str:
        """Changes whenever jobs planned so far may be wrong."""
        return basis.basis(self.app, self.definition)

    @property
    def changed(self) -> bool:
        """Whether the definition differs from the one that planned so far."""
        return self.state.definition_hash != self.fingerprint

    @property
    def is_same_definition(self) -> bool:
        """Whether its files are those that planned so far."""
        return basis.is_same_definition(self.state.definition_hash, self.fingerprint)

    @property
    def off(self) -> str | None:
        """Why the task is not to run by itself; None if it is."""
        if not is_on(self.definition, self.state):
            return DISABLED
        return PAUSED if self.state.paused else None

    @property
    def waiting(self) -> list[Job]:
        """Those of its jobs that wait."""
        return [job for job in self.jobs if job.status is Status.WAITING]


def ensure(app: App) -> int:
    """Give every enabled task its next job; hold the jobs of tasks that are disabled or gone, and let go of those that
    are back. Answers how many changes it made. A task that cannot be planned is logged, and not in the way of others.
    """
    app.part(_hint_at_zone)
    with app.database.read() as conn:
        states = schedules.all(conn)
        overrides.follow(app, states.values())
        definitions = {definition.full_name: definition for definition in app.tasks()}
        live = own_jobs(conn, {*definitions, *states})
        gone = [name for name in states if name not in definitions]
    now, this_round = app.database.now(), Round()
    planned = [
        Planned(app=app, definition=each, state=states.get(name) or TaskState(task=name), jobs=live[name], now=now)
        for name, each in definitions.items()
    ]
    this_round.steps += [plansteps.hold(name, GONE) for name in gone if live[name]]
    for task in planned:
        this_round.add(task)
    changes = this_round.make(app) + _let_go(app)
    _tell(app, planned, gone=[live[name] for name in gone])
    return changes


def _hint_at_zone(app: App) -> bool:
    """Say once that nobody chose a zone."""
    unset = app.config.timezone is None and app.settings.timezone is None
    if unset:
        _logger.warning('app.json names no timezone: local times are UTC; add "timezone": "Europe/Berlin" or the like')
    return unset


def _let_go(app: App) -> int:
    """Release jobs whose function was missing or broken before this app was opened, and is there now."""
    if app.held_seen:
        return 0
    app.held_seen = True
    with app.database.read() as conn:
        held = [job for job in stored.held(conn) if job.hold not in OFF]
    ready = [job.id for job in held if _can_run(app, job)]
    if not ready:
        return 0
    with app.database.begin() as conn:
        return stored.release(conn, ids=ready)


def _can_run(app: App, job: Job) -> bool:
    """Whether it is worth a try: a task of a Type that handles runs itself may need no function."""
    try:
        task = task_object(app, job)
        found = task.getFunc(task_row(job, app.timezone))
        return found is not None or getattr(task.handle, "__func__", None) is not BaseTask.handle
    except JitaiTasksError:
        return False


def _tell(app: App, planned: Iterable[Planned], *, gone: Iterable[list[Job]]) -> None:
    """Let the Types know of tasks that are new, changed or gone since the jobs so far were planned."""
    for task in planned:
        if task.changed and task.waiting == task.jobs:
            change = Change.UPDATED if task.state.definition_hash else Change.CREATED
            name, type_name = task.definition.full_name, task.definition.type
            app.notify("jit_element_changed", full_name=name, type_name=type_name, change=change)
    for job in [jobs[0] for jobs in gone if any(job.hold is None for job in jobs)]:
        app.notify("jit_element_changed", full_name=job.task, type_name=job.task_type, change=Change.DELETED)


def ensure_task(app: App, definition: Definition, *, resumed: bool = False) -> int:
    """The same for one task; `resumed` plans from now on, without catching up."""
    name = definition.full_name
    with app.database.read() as conn:
        state = schedules.get(conn, name)
        jobs = own_jobs(conn, [name])[name]
    if overrides.follow(app, [state]):
        definition = app.catalog.definitions[name]
    task = Planned(app=app, definition=definition, state=state, jobs=jobs, now=app.database.now(), resumed=resumed)
    this_round = Round()
    this_round.add(task)
    changes = this_round.make(app)
    _tell(app, [task], gone=[])
    return changes


def _steps(task: Planned) -> Iterator[Step]:
    if task.off is not None:
        if any(job.hold is None or (job.hold in OFF and job.hold != task.off) for job in task.waiting):
            yield plansteps.hold(task.definition.full_name, task.off)
        if task.off == PAUSED and not task.jobs:
            yield from _first_or_next(task)
    elif not task.jobs:
        yield from _first_or_next(task)
    elif task.waiting == task.jobs:
        yield from _kept_right(task)
    elif task.definition.config.get("overlap") == "cancelPrevious":
        yield from plansteps.make_way(plansteps.due_behind(task.jobs, task.now), task.now)


def _first_or_next(task: Planned) -> Iterator[Step]:
    """No job is there: the task is new, was changed or resumed, its series has ended, or its chain was cut."""
    watermark = task.state.watermark
    cut = watermark is not None and not task.changed and not task.resumed
    new = next_job(task.app, task.definition, after=watermark if cut and watermark is not None else _from_now(task))
    if new is not None and cut:
        _finish_cut_run(task)
    if new is not None and new.slot != watermark:
        yield plansteps.plan(replace(new, hold=task.off))


def _kept_right(task: Planned) -> Iterator[Step]:
    """A job waits: it is replaced if what it was planned by has changed, or if it was held until after its time."""
    for job in task.waiting:
        back, missed = job.hold in OFF, (job.slot or 0) <= task.now
        if job.hold == PAUSED and missed:
            yield _skipped(task, job)
        elif back:
            yield plansteps.put_in_place(job, _anew(task))
        elif task.changed and not (missed and task.is_same_definition):
            yield _replanned(task, job)


def _replanned(task: Planned, job: Job) -> Step:
    """Plan a waiting job anew; say so if only the world around the task has changed."""
    new = _anew(task)
    if task.is_same_definition and (new is None or new.slot != job.slot):
        zone, due = task.app.timezone, "never" if new is None else local_text(new.due, task.app.timezone)
        why = " and ".join(basis.differences(task.state.definition_hash, task.fingerprint))
        was = local_text(job.due, zone)
        _logger.warning("%s: %s changed, so its next run is %s, not %s", task.definition.full_name, why, due, was)
    return plansteps.put_in_place(job, new)


def _skipped(task: Planned, job: Job) -> Step:
    """Leave a row of history about the moments that came while the task was paused."""
    covered = timetables.count_words(task.app, task.definition, job.slot or job.due, task.now)
    outcome = Outcome(status=Status.SKIPPED, reason=f"{covered} skipped: {PAUSED}", ended=task.now)
    return plansteps.skip(job, _anew(task), outcome)


def _anew(task: Planned) -> NewJob | None:
    return next_job(task.app, task.definition, after=_from_now(task))


def _from_now(task: Planned) -> int:
    """Series start anew from the present; a one-off is due at its time, even if that has passed."""
    repeat = config_of(task.definition).timerCfg.get("repeat")
    once = isinstance(repeat, dict) and repeat.get("repeatType") == "normal"
    return 0 if once else task.now


def _finish_cut_run(task: Planned) -> None:
    """A run that was ended from outside could not say what follows: its element does now."""
    name = task.definition.full_name
    with task.app.database.read() as conn:
        run = history.last_runs(conn, [name]).get(name)
    if run is not None and run.job.slot == task.state.watermark:
        task_object(task.app, run.job).afterReturn(history_row(run, task.app.timezone))
