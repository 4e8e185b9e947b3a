"""`pause`, `resume`, `reschedule` and `backfill`: what people do about planned runs."""

from __future__ import annotations

from pathlib import Path

import click

from .. import jobs, outlook
from ..backfilling import Backfill
from ..clock import moment
from ..ids import shown
from ..jsonsource import read_json
from .act import arguments_option
from .moments import iso, local
from .opening import opened_store, task_of
from .options import app_and, database_option, json_option, task_name
from .output import emit_rows, plural, tell
from .ranges import range_of, range_options


@click.command("pause", short_help="Let no planned run of a task begin, until `resume`.")
@app_and("TASK")
@database_option
def pause_(app: Path, name: str, database: str | None) -> None:
    """Let no planned run of TASK begin until `resume`. What runs now ends; `run-now` still works.

    \b
    jitai-tasks pause shop NightlyCleanup
    """
    with opened_store(app, database) as (opened_app, _):
        full_name = task_of(opened_app, task_name(name)).full_name
        jobs.pause(opened_app, full_name)
    tell(f"{full_name} is paused; go on: jitai-tasks resume {app} {name}")


@click.command("resume", short_help="End a pause; what came meanwhile is skipped.")
@app_and("TASK")
@database_option
def resume_(app: Path, name: str, database: str | None) -> None:
    """End a pause of TASK. What came meanwhile is skipped, with one row of history; `backfill` makes up for it.

    \b
    jitai-tasks resume shop NightlyCleanup
    """
    with opened_store(app, database) as (opened_app, _):
        full_name = task_of(opened_app, task_name(name)).full_name
        jobs.resume(opened_app, full_name)
    tell(f"{full_name} goes on")


def _timer(_context: click.Context, _option: click.Parameter, text: str) -> dict[str, object]:
    """JSON, or the file of an @name."""
    if text.startswith("@"):
        path = Path(text[1:])
        if not path.is_file():
            raise click.BadParameter(f"there is no file {path}")
        source = read_json(path)
    else:
        source = read_json(text)
    if not source.readable:
        raise click.BadParameter("; ".join(map(str, source.problems)))
    return source.value


@click.command("reschedule", short_help="Give a task another rule, over that of its e.json.")
@app_and("TASK")
@click.option("--timer", metavar="JSON|@FILE", required=True, callback=_timer, help="The new timerCfg.")
@database_option
def reschedule_(app: Path, name: str, timer: dict[str, object], database: str | None) -> None:
    """Plan TASK of APP by another timerCfg than its file says, from now on. Kept in the database until `revert`.

    \b
    jitai-tasks reschedule shop NightlyCleanup --timer '{"repeat": {"repeatType": "cron", "cron": "30 4 * * *"}}'
    jitai-tasks reschedule shop NightlyCleanup --timer @summer.json
    """
    with opened_store(app, database) as (opened_app, _):
        full_name = task_of(opened_app, task_name(name)).full_name
        jobs.reschedule(opened_app, full_name, timer)
        zone, due = opened_app.timezone, [run.at for run in outlook.next_runs(opened_app, full_name, 1)]
    when = f"next at {local(due[0], zone)}" if due else "it has no run ahead"
    tell(f"{full_name} has another rule, {when}; back to its file: jitai-tasks revert {app} {name}")


@click.command("backfill", short_help="Run a task for planned moments of the past that it missed.")
@app_and("TASK")
@range_options
@arguments_option
@click.option("--dry-run", is_flag=True, help="Only say what would be created.")
@database_option
@json_option
def backfill_(
    app: Path,
    name: str,
    since: str,
    until: str,
    arguments: dict[str, object] | None,
    dry_run: bool,
    database: str | None,
    as_json: bool,
) -> None:
    """Create a job for each planned moment of TASK in a range that never came to a run. Each job knows its own due
    time (`GlobalVar.currentTask.dueTime`). Doing it again creates nothing.

    \b
    jitai-tasks backfill shop NightlyCleanup --from 2026-11-01 --to 2026-11-07 --dry-run
    """
    with opened_store(app, database) as (opened_app, _):
        zone = opened_app.timezone
        start, end = range_of(since, until, now=opened_app.database.now(), zone=zone)
        full_name = task_of(opened_app, task_name(name)).full_name
        made = jobs.backfill(opened_app, full_name, moment(start), moment(end), arguments=arguments, dry_run=dry_run)
    rows = [{"id": shown(job.id), "due": local(job.slot, zone), "utc": iso(job.slot)} for job in made.jobs]
    columns = ("due", "utc") if dry_run else ("id", "due", "utc")
    emit_rows(rows, columns=columns, as_json=as_json, empty="nothing to backfill")
    tell(summary(made, dry_run=dry_run))


def summary(made: Backfill, *, dry_run: bool) -> str:
    """ "3 jobs created, 4 planned moments have theirs already"."""
    verb = "would be created" if dry_run else "created"
    return f"{plural(len(made.jobs), 'job')} {verb}; {plural(made.known, 'planned moment')} had theirs already"
