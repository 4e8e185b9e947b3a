"""Why something has not run: every cause that holds, the one that decides first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..app import App
from ..basis import zone_name
from ..definition import Definition
from ..errors import ElementBroken, ElementNotFound, JitaiTasksError
from ..ids import parsed, shown
from ..moments import local_text
from ..newjobs import config_of, is_on
from ..schedule import Kind, Schedule
from ..store import history, jobs, runners, schedules
from ..store.records import Job, Run, RunnerRecord, Status, TaskState
from ..timetables import decides_itself, schedule_of
from .health import LEASE
from .tasks import has_tables, now_of, task_of
from .whydays import days_off_and_clocks
from .whyruns import Cause, Reason, ended_so

__all__ = ["Answer", "Cause", "Reason", "why"]

_LISTED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Why a task or a job has not run, or that it has."""

    #: Full name of the task, or the id of the job as people see it.
    about: str
    #: The one that decides first.
    reasons: tuple[Reason, ...]

    @property
    def causes(self) -> list[Cause]:
        """The causes alone."""
        return [reason.cause for reason in self.reasons]


@dataclass(frozen=True, kw_only=True)
class _Scene:
    """All that the database says about one task."""

    app: App
    definition: Definition
    now: int
    state: TaskState
    live: list[Job] = field(default_factory=list)
    #: Newest first.
    past: list[Run] = field(default_factory=list)
    alive: list[RunnerRecord] = field(default_factory=list)
    running: int = 0

    @property
    def zone(self) -> str:
        """The zone that its times are told in."""
        return zone_name(self.app, self.definition)

    def text(self, at: int) -> str:
        """An instant as people read it."""
        return local_text(at, self.zone)


def why(app: App, target: str) -> Answer:
    """Why a task (by name) or a job (by id) has not run. Raises ElementNotFound for a name that is neither."""
    number = parsed(target) if len(target) >= 20 else None
    if number is not None:
        return Answer(about=shown(number), reasons=tuple(_of_job(app, number)))
    try:
        definition = task_of(app, target)
    except (ElementNotFound, ElementBroken):
        reasons = tuple(_without_definition(app, target))
        if not reasons:
            raise
        return Answer(about=target, reasons=reasons)
    return Answer(about=definition.full_name, reasons=tuple(_of_task(_scene(app, definition))))


def _scene(app: App, definition: Definition) -> _Scene:
    name = definition.full_name
    if not has_tables(app):
        return _Scene(app=app, definition=definition, now=now_of(app), state=TaskState(task=name))
    with app.database.read() as connection:
        known = runners.all(connection)
        return _Scene(
            app=app,
            definition=definition,
            now=app.database.now(),
            state=schedules.get(connection, name),
            live=jobs.find(connection, task=name, limit=_LISTED),
            past=history.find(connection, task=name, limit=5),
            alive=[each for each in known if runners.is_alive(connection, each.id, lease_us=LEASE)],
            running=jobs.count(connection, status=Status.RUNNING),
        )


def _of_task(scene: _Scene) -> Iterator[Reason]:
    off = list(_off(scene))
    yield from off
    schedule, broken = _readable(scene)
    yield from broken
    waiting = [job for job in scene.live if job.status is Status.WAITING]
    yield from _at_work(scene)
    for job in waiting[:1] if not off else []:
        yield from _waits(scene, job)
    if not waiting and not broken and not any(job.status is Status.RUNNING for job in scene.live):
        yield from _nothing_planned(scene, schedule)
    if schedule is not None:
        yield from days_off_and_clocks(schedule, _since(scene), _until(scene, waiting), now=scene.now)
    if scene.past:
        yield ended_so(scene.past[0], scene.text)


def _off(scene: _Scene) -> Iterator[Reason]:
    name = scene.definition.name
    if not is_on(scene.definition, scene.state):
        whose = 'its e.json says so ("enable": 0, or none)' if scene.state.enabled is None else "people switched it off"
        yield Reason(Cause.DISABLED, f"the task is off: {whose}", f"jitai-tasks enable {name}")
    elif scene.state.paused:
        yield Reason(Cause.PAUSED, "the task is paused", f"jitai-tasks resume {name}")


def _readable(scene: _Scene) -> tuple[Schedule | None, list[Reason]]:
    """The schedule, or why there is none to be had."""
    try:
        if decides_itself(scene.app, scene.definition):
            return None, []
        return schedule_of(scene.app, scene.definition), []
    except JitaiTasksError as error:
        return None, [Reason(Cause.BROKEN, f"its rule or its code cannot be read: {error}", "jitai-tasks check")]


def _at_work(scene: _Scene) -> Iterator[Reason]:
    for job in scene.live:
        if job.status is Status.RUNNING:
            since = scene.text(job.claimed or job.due)
            yield Reason(Cause.RUNNING, f"it is at work since {since} (job {shown(job.id)})", "jitai-tasks end ID")
            behind = [each for each in scene.live if each.status is Status.WAITING and each.due <= scene.now]
            overlap = config_of(scene.definition).overlap
            if behind and overlap in ("skip", "queue"):
                yield Reason(
                    Cause.OVERLAP,
                    f"the run of {scene.text(behind[0].due)} comes while another is at work; overlap is {overlap}",
                )
            return


def _waits(scene: _Scene, job: Job) -> Iterator[Reason]:
    """Why a waiting job has not begun."""
    if job.hold is not None:
        yield Reason(Cause.HELD, f"its run of {scene.text(job.due)} is held: {job.hold}", "remove the cause")
    elif job.due > scene.now:
        yield Reason(Cause.NOT_DUE, f"it is not due before {scene.text(job.due)}")
        if job.retry_of is not None:
            text = f"attempt {job.attempt} waits after a failure (job {shown(job.retry_of)})"
            yield Reason(Cause.RETRYING, text, f"jitai-tasks show {shown(job.retry_of)}")
    else:
        yield _unclaimed(scene, job)


def _unclaimed(scene: _Scene, job: Job) -> Reason:
    due = f"it is due since {scene.text(job.due)}"
    if not scene.alive:
        return Reason(Cause.NO_RUNNER, f"{due}, and no runner is alive", "jitai-tasks run")
    if not any(job.queue in each.queues for each in scene.alive):
        served = ", ".join(sorted({queue for each in scene.alive for queue in each.queues}))
        text = f"{due} in the queue {job.queue}, which no runner works on; they work on: {served}"
        return Reason(Cause.QUEUE_WITHOUT_WORKER, text, f"JITAI_TASKS_QUEUES='[\"{job.queue}\"]' jitai-tasks run")
    text = f"{due}; all workers are busy ({scene.running} jobs are at work), or others go first"
    return Reason(Cause.BUSY, text, "more workers, or a higher priority")


def _nothing_planned(scene: _Scene, schedule: Schedule | None) -> Iterator[Reason]:
    if "tasks.DateFieldType" in scene.app.catalog.chain_names(scene.definition):
        model = scene.definition.config.get("modelPath")
        yield Reason(Cause.NO_ROW, f"no row of {model} has a date to come that passes the filter")
    elif schedule is None and not decides_itself(scene.app, scene.definition):
        yield Reason(Cause.NO_TIMES, "it has no timerCfg, so it only runs by hand", "jitai-tasks run-now TASK")
    elif schedule is not None and schedule.next_instant(scene.now) is None:
        end = "its one moment" if schedule.rule.kind is Kind.NORMAL else "its endTime"
        at = schedule.end if schedule.end <= scene.now else schedule.last_until(scene.now) or schedule.start
        yield Reason(Cause.ENDED, f"{end} has passed: {scene.text(at)}")
    elif is_on(scene.definition, scene.state):
        advice = "jitai-tasks run" if not scene.alive else "wait for the next round of the keeper, at most a minute"
        yield Reason(Cause.NOT_PLANNED, "no runner has planned it yet", advice)


def _since(scene: _Scene) -> int:
    """From when on days off are looked for: the last run, at most a month ago."""
    month_ago = scene.now - 31 * 86_400_000_000
    return max([month_ago, *(run.job.slot for run in scene.past[:1] if run.job.slot)])


def _until(scene: _Scene, waiting: list[Job]) -> int:
    return max([scene.now, *(job.due for job in waiting[:1])])


def _without_definition(app: App, name: str) -> Iterator[Reason]:
    """A name without a task: its files are broken, or gone."""
    for full_name in (name, f"tasks.{name}"):
        for problem in app.catalog.broken(full_name):
            yield Reason(Cause.BROKEN, f"its files are broken: {problem}", "jitai-tasks check")
            return
        if has_tables(app):
            with app.database.read() as connection:
                known = jobs.find(connection, task=full_name, limit=1)
                past = history.find(connection, task=full_name, limit=1)
            if known or past:
                yield Reason(Cause.GONE, f"there is no element {full_name} any more; its jobs wait for it")
                return


def _of_job(app: App, number: int) -> Iterator[Reason]:
    found: Job | Run | None = None
    if has_tables(app):
        with app.database.read() as connection:
            found = jobs.get(connection, number) or history.get(connection, number)
    if found is None:
        days = app.settings.history_days
        text = (
            "no job or run has this id: the transaction that created it is not committed, or was rolled back; or it is "
            f"in another database; or it ended more than {days} days ago"
        )
        yield Reason(Cause.UNKNOWN, text, "jitai-tasks jobs; jitai-tasks history")
        return
    job = found.job if isinstance(found, Run) else found
    scene = _scene_of_job(app, job)
    if isinstance(found, Run):
        yield ended_so(found, scene.text)
    elif job.status is Status.RUNNING:
        yield from _at_work(scene)
    else:
        yield from _waits(scene, job)


def _scene_of_job(app: App, job: Job) -> _Scene:
    definition = app.catalog.find(job.task) if job.task else None
    definition = definition or app.catalog.find(job.task_type) or next(iter(app.catalog.definitions.values()))
    with app.database.read() as connection:
        known = runners.all(connection)
        alive = [each for each in known if runners.is_alive(connection, each.id, lease_us=LEASE)]
        running = jobs.count(connection, status=Status.RUNNING)
    state = TaskState(task=job.task)
    now = app.database.now()
    return _Scene(app=app, definition=definition, now=now, state=state, live=[job], alive=alive, running=running)
