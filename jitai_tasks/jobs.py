"""What applications and people ask of jobs: create, run now, end, cancel, look up, switch on and off."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import sqlalchemy as sa
from sqlalchemy.orm import Session, scoped_session

from . import backfilling, datefields, newjobs, overrides
from .backfilling import Backfill
from .definition import Definition
from .errors import ElementBroken, ElementNotFound, StoreError
from .ids import parsed
from .models.taskrows import history_row, task_row
from .newjobs import Options, Said
from .planning import ensure_task, task_object
from .store import history, schedules
from .store import jobs as stored
from .store.records import Job, NewJob, Run
from .transactions import alone, joined, submit

_ALIASES = {"mysql": ("mariadb",), "mariadb": ("mysql",)}

if TYPE_CHECKING:
    from .app import App
    from .models.rows import RowData


def create_temporary(
    app: App,
    func: str,
    arguments: Mapping[str, Any] | None = None,
    start: object = None,
    *,
    session: Session | sa.Connection | None = None,
    **options: Unpack[Options],
) -> int:
    """Create a job that calls `func` once; answers its id.

    It joins the transaction of `session`, of the running job or of `app.transaction()`; outside of all it is committed
    at once. Raises FunctionNotFound, BadArguments, PayloadError or InvalidTime; then nothing was created.
    """
    job = newjobs.new_temporary(app, func, arguments, start, **options)
    _submit(app, job, session)
    return job.id


def create_manual(
    app: App,
    full_name: str,
    arguments: Mapping[str, Any] | None = None,
    start: object = None,
    *,
    session: Session | sa.Connection | None = None,
    **said: Unpack[Said],
) -> NewJob:
    """Create one more run of a task outside its schedule, or of a task that exists in name only; answers the job."""
    job = newjobs.new_manual(app, full_name, arguments, start, **said)
    _submit(app, job, session)
    return job


def run_now(app: App, full_name: str, arguments: Mapping[str, Any] | None = None) -> int:
    """Run a task once, as soon as a worker is free, whether it is enabled or not; answers the job's id."""
    return create_manual(app, _task(app, full_name).full_name, arguments).id


def end(app: App, job_id: int, *, reason: str = "ended by force") -> bool:
    """End a job, waiting or running, and let its element plan what follows. False if it neither waits nor runs.

    A run that has begun is killed by its runner, within moments. Inside `app.transaction()` all this holds if that
    commits.
    """
    with joined(app) as conn:
        run = stored.terminate(conn, job_id, now=app.database.now(), reason=reason)
        app.database.on_commit(conn, app.database.ring)
    if run is None:
        return False
    if run.job.slot is not None:
        task_object(app, run.job).afterReturn(history_row(run, app.timezone))
    return True


def cancel(app: App, job_id: int, *, reason: str = "") -> bool:
    """Cancel a job that still waits, and let its schedule go on. False if it does not wait. It joins as `end` does."""
    with joined(app) as conn:
        job = stored.get(conn, job_id)
        canceled = stored.cancel(conn, job_id, now=app.database.now(), reason=reason)
    if canceled and job is not None and job.slot is not None:
        task_object(app, job).afterReturn(task_row(job, app.timezone))
    return canceled


def get(app: App, job_id: int | str) -> Job | Run | None:
    """The job with this id, or the run it became; None if there is neither."""
    number = parsed(job_id)
    if number is None:
        return None
    with app.database.read() as conn:
        return stored.get(conn, number) or history.get(conn, number)


def latest(app: App, job_id: int | str) -> RowData | None:
    """The row of the latest attempt of what began with this id."""
    number = parsed(job_id)
    if number is None:
        return None
    with app.database.read() as conn:
        found = history.latest_attempt(conn, number)
    if found is None:
        return None
    return history_row(found, app.timezone) if isinstance(found, Run) else task_row(found, app.timezone)


def set_enabled(app: App, full_name: str, enabled: bool | None) -> None:
    """Switch a task on or off over its file; None gives the word back to the file. What runs now is left alone.

    Switched on, it is planned from now on: what was due meanwhile is not caught up on.
    """
    definition = _task(app, full_name)
    with alone(app) as conn:
        schedules.save_override(conn, definition.full_name, enabled=enabled)
    _replan(app, definition)


def pause(app: App, full_name: str) -> None:
    """Let no planned run of a task begin until `resume`; what runs now is left alone, and runs by hand go on."""
    definition = _task(app, full_name)
    with alone(app) as conn:
        schedules.save_override(conn, definition.full_name, paused=True)
    _replan(app, definition)


def resume(app: App, full_name: str) -> None:
    """End a pause. What was due meanwhile is skipped, with one row of history that says how many runs that were."""
    definition = _task(app, full_name)
    with alone(app) as conn:
        schedules.save_override(conn, definition.full_name, paused=False)
    _replan(app, definition)


def reschedule(app: App, full_name: str, timer: Mapping[str, Any]) -> None:
    """Give a scheduled task another rule (`timerCfg`) over that of its file, until `revert`; it is planned anew.

    Old spellings are understood. Raises ElementNotFound, or InvalidTime with the pointer of a mistake; then nothing
    has changed.
    """
    definition = _task(app, full_name)
    rule = overrides.checked(app, definition.full_name, timer)
    with alone(app) as conn:
        schedules.save_override(conn, definition.full_name, rule=rule)
    _replan(app, definition)


def revert(app: App, full_name: str) -> bool:
    """Remove what was changed about a task at run time, so that its file holds again. False if nothing was."""
    definition = _task(app, full_name)
    with alone(app) as conn:
        state = schedules.get(conn, definition.full_name)
        changed = state.enabled is not None or state.paused or state.rule is not None
        if changed:
            schedules.save_override(conn, definition.full_name, enabled=None, paused=False, rule=None)
    if changed:
        _replan(app, definition)
    return changed


def backfill(
    app: App,
    full_name: str,
    start: object,
    end: object,
    *,
    arguments: Mapping[str, Any] | None = None,
    dry_run: bool = False,
) -> Backfill:
    """Run a task for the planned moments in [start, end] that never came to a run; see `jitai_tasks.backfilling`."""
    return backfilling.backfill(app, _task(app, full_name), start, end, arguments=arguments, dry_run=dry_run)


def _replan(app: App, definition: Definition) -> None:
    ensure_task(app, definition, resumed=True)
    datefields.sweep_task(app, definition.full_name)


def _submit(app: App, job: NewJob, session: Session | sa.Connection | None) -> None:
    held = None if session is None else _held(session)
    if held is not None:
        _refuse_elsewhere(app, held)
    submit(app, [job], session=held)


def _held(session: object) -> Session | sa.Connection:
    """What a job is inserted on; web frameworks hand out a scoped_session, which stands for the thread's own."""
    if isinstance(session, scoped_session):
        return _held(session())
    if isinstance(session, (Session, sa.Connection)):
        return session
    raise StoreError(
        f"session: expected a Session or Connection of SQLAlchemy, got {type(session).__name__}; "
        "with an AsyncSession, create the task inside `await session.run_sync(...)`"
    )


def _refuse_elsewhere(app: App, session: Session | sa.Connection) -> None:
    """A job in another database than the tasks' own would never run."""
    bind = session.get_bind() if isinstance(session, Session) else session
    theirs, ours = bind.engine.url, app.database.engine.url
    same_make = theirs.get_backend_name() in (ours.get_backend_name(), *_ALIASES.get(ours.get_backend_name(), ()))
    if not same_make or _place(theirs) != _place(ours):
        raise StoreError(
            f"the session is on {theirs.render_as_string()}, the tasks live in {app.database.url}: "
            "use a session on the same database, or leave `session` out"
        )


def _place(url: sa.URL) -> str | None:
    """What tells databases of one make apart; hosts have too many names for that."""
    is_file = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    return str(Path(url.database or "").resolve()) if is_file else url.database


def _task(app: App, full_name: str) -> Definition:
    tasks = {definition.full_name for definition in app.tasks()}
    if full_name not in tasks:
        if broken := app.catalog.broken(full_name):
            raise ElementBroken(full_name, str(broken[0]))
        raise ElementNotFound(full_name, tasks)
    overrides.follow_one(app, full_name)
    return app.catalog.definitions[full_name]
