"""`jobs`, `history` and `show`: what is planned and what happened."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import JobNotFound
from ..ids import shown
from ..store import Database, history, jobs
from ..store.records import Status
from . import views
from .moments import typed_instant
from .opening import opened_store
from .options import app_and, app_argument, count_option, database_option, job_id, json_option, task_or_func
from .output import emit_json, emit_rows, fields, harmless

LIVE = ("waiting", "running")
FINAL = tuple(str(status) for status in Status if str(status) not in LIVE)


@click.command("jobs", short_help="Jobs that wait or run now.")
@app_argument
@click.option("--task", help="Only jobs of this task, or of this function.")
@click.option("--status", type=click.Choice(LIVE), help="Only jobs in this state.")
@click.option("--queue", help="Only jobs of this queue.")
@count_option(50, "The most to show.")
@database_option
@json_option
def jobs_(
    app: Path,
    task: str | None,
    status: str | None,
    queue: str | None,
    *,
    count: int,
    database: str | None,
    as_json: bool,
) -> None:
    """The jobs of APP that wait or run, by the time they are due.

    \b
    jitai-tasks jobs shop
    jitai-tasks jobs shop --status running --json
    """
    with opened_store(app, database) as (opened_app, store), store.read() as connection:
        found = jobs.find(
            connection,
            **task_or_func(task),
            status=Status(status) if status else None,
            queue=queue,
            limit=count,
        )
        zone, now = opened_app.timezone, opened_app.clock.now()
    rows = [views.job_view(job) if as_json else views.job_line(job, zone=zone, now=now) for job in found]
    emit_rows(rows, columns=views.JOB_COLUMNS, as_json=as_json, empty="no such jobs wait or run")


@click.command("history", short_help="Runs that ended, newest first.")
@app_argument
@click.option("--task", help="Only runs of this task, or of this function.")
@click.option("--status", type=click.Choice(FINAL), help="Only runs that ended so.")
@click.option("--since", metavar="TIME", help='Only runs that ended after this, like "2026-11-21 08:00".')
@count_option(20, "The most to show.")
@database_option
@json_option
def history_(
    app: Path,
    task: str | None,
    status: str | None,
    since: str | None,
    *,
    count: int,
    database: str | None,
    as_json: bool,
) -> None:
    """What ran in APP and what came of it, newest first.

    \b
    jitai-tasks history shop
    jitai-tasks history shop --task NightlyCleanup --status error -n 5
    """
    with opened_store(app, database) as (opened_app, store), store.read() as connection:
        zone = opened_app.timezone
        start = typed_instant(since, now=opened_app.clock.now(), zone=zone) if since else None
        found = history.find(
            connection,
            **task_or_func(task),
            status=Status(status) if status else None,
            start=start,
            limit=count,
        )
    rows = [views.run_view(run) if as_json else views.run_line(run, zone=zone) for run in found]
    emit_rows(rows, columns=views.RUN_COLUMNS, as_json=as_json, empty="no such runs in the history")


@click.command("show", short_help="Everything about one job or run: arguments, outcome, log, traceback.")
@app_and("ID")
@database_option
@json_option
def show_(app: Path, name: str, database: str | None, as_json: bool) -> None:
    """Everything about the job or run ID of APP. After a retry, ID also finds the latest attempt.

    \b
    jitai-tasks show shop 00000000031705d7650801f7
    """
    number = job_id(name)
    with opened_store(app, database) as (_opened_app, store):
        view, log, traceback = view_of(store, number)
    if as_json:
        emit_json({**view, "log": log, "traceback": traceback})
        return
    click.echo(fields(view))
    for title, text in (("log", log), ("traceback", traceback)):
        if text:
            click.echo(f"\n{title}\n{harmless(text).rstrip()}")


def view_of(store: Database, number: int) -> tuple[views.View, str, str]:
    """(view, log, traceback) of a job or run; JobNotFound if there is neither."""
    with store.read() as connection:
        job = jobs.get(connection, number)
        run = None if job else history.get(connection, number)
    if job:
        return views.job_view(job), "", ""
    if run is None:
        raise JobNotFound(shown(number))
    return views.run_view(run), run.outcome.log, run.outcome.traceback
