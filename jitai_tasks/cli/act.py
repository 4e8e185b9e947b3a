"""Verbs that change something: `enqueue`, `run-now`, `end`, `cancel`, `enable`, `disable`."""

from __future__ import annotations

from pathlib import Path

import click

from .. import jobs
from ..app import App
from ..errors import JobNotFound
from ..ids import shown
from ..jsonsource import read_json
from ..payload import LIMIT_DEPTH
from .moments import typed
from .opening import opened_store, task_of
from .options import Command, app_and, database_option, job_id, json_option, task_name
from .output import emit_json, tell


def arguments_option(command: Command) -> Command:
    """`--args JSON`, passed as `arguments: dict | None`."""
    text = "Keyword arguments, like '{\"orderId\": 7}'."
    return click.option("--args", "arguments", metavar="JSON", callback=_object, help=text)(command)


def _object(_context: click.Context, _option: click.Parameter, text: str | None) -> dict[str, object] | None:
    if text is None:
        return None
    found = read_json(text, max_depth=LIMIT_DEPTH)
    for problem in found.problems:
        raise click.BadParameter(f'expected an object of keyword arguments, like {{"orderId": 7}}; {problem.message}')
    return dict(found.value)


@click.command("enqueue", short_help="Create a temporary task: call a function once, now or later.")
@app_and("FUNC")
@arguments_option
@click.option("--at", metavar="TIME", help='When: "2026-12-24 18:00", "18:00", "+30 min"; default: now.')
@click.option("--queue", default="default", show_default=True)
@click.option("--priority", type=int, default=0, show_default=True, help="Higher runs first.")
@database_option
@json_option
def enqueue_(
    app: Path,
    name: str,
    arguments: dict[str, object] | None,
    at: str | None,
    queue: str,
    priority: int,
    database: str | None,
    as_json: bool,
) -> None:
    """Call the function FUNC of APP once, as a temporary task.

    \b
    jitai-tasks enqueue shop services.OrderSvc.cancel --args '{"orderId": 7}' --at "+30 min"
    """
    with opened_store(app, database) as (opened_app, _):
        start = typed(at, now=opened_app.clock.now(), zone=opened_app.timezone) if at else None
        created = jobs.create_temporary(opened_app, name, arguments, start, queue=queue, priority=priority)
    report_created(created, as_json=as_json)


@click.command("run-now", short_help="Run a task once, now, outside its schedule.")
@app_and("TASK")
@arguments_option
@database_option
@json_option
def run_now_(app: Path, name: str, arguments: dict[str, object] | None, database: str | None, as_json: bool) -> None:
    """Run TASK of APP once, as soon as a worker is free; its schedule stays as it is.

    \b
    jitai-tasks run-now shop NightlyCleanup
    """
    with opened_store(app, database) as (opened_app, _):
        created = jobs.run_now(opened_app, task_of(opened_app, task_name(name)).full_name, arguments)
    report_created(created, as_json=as_json)


def report_created(job: int, *, as_json: bool) -> None:
    """The new job's id on stdout."""
    if as_json:
        emit_json({"id": shown(job)})
    else:
        click.echo(shown(job))


@click.command("end", short_help="End a job, also while it runs.")
@app_and("ID")
@database_option
def end_(app: Path, name: str, database: str | None) -> int:
    """End the job ID of APP, waiting or running: its worker is killed, its schedule goes on.

    Exit code 1 if it has ended already.

    \b
    jitai-tasks end shop 00000000031705d7650801f7
    """
    number = job_id(name)
    with opened_store(app, database) as (opened_app, _):
        require_known(opened_app, number)
        ended = jobs.end(opened_app, number)
    tell(f"{name} is ended" if ended else f"{name} neither waits nor runs; see: jitai-tasks show {app} {name}")
    return 0 if ended else 1


@click.command("cancel", short_help="Cancel a job that still waits.")
@app_and("ID")
@database_option
def cancel_(app: Path, name: str, database: str | None) -> int:
    """Cancel the job ID of APP, if it still waits. Exit code 1 if it does not.

    \b
    jitai-tasks cancel shop 00000000031705d7650801f7
    """
    number = job_id(name)
    with opened_store(app, database) as (opened_app, _):
        require_known(opened_app, number)
        canceled = jobs.cancel(opened_app, number)
    tell(
        f"{name} is canceled"
        if canceled
        else f"{name} does not wait any more; if it runs: jitai-tasks end {app} {name}"
    )
    return 0 if canceled else 1


def require_known(app: App, number: int) -> None:
    """JobNotFound for an id that neither a job nor a run has."""
    if jobs.get(app, number) is None:
        raise JobNotFound(shown(number))


@click.command("enable", short_help="Switch a task on, whatever its e.json says.")
@app_and("TASK")
@database_option
def enable_(app: Path, name: str, database: str | None) -> None:
    """Switch TASK of APP on. Kept in the database, over the file, until `disable`; `list` shows the difference."""
    switch(app, name, on=True, database=database)


@click.command("disable", short_help="Switch a task off, whatever its e.json says.")
@app_and("TASK")
@database_option
def disable_(app: Path, name: str, database: str | None) -> None:
    """Switch TASK of APP off: what runs ends, nothing new starts. Kept in the database, over the file."""
    switch(app, name, on=False, database=database)


def switch(app: Path, name: str, *, on: bool, database: str | None) -> None:
    """Override a task's `enable` and say what follows."""
    with opened_store(app, database) as (opened_app, _):
        definition = task_of(opened_app, task_name(name))
        jobs.set_enabled(opened_app, definition.full_name, on)
    tell(f"{definition.full_name} is {'on' if on else 'off'}")
