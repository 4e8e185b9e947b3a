"""`reload` and `revert`: files and what was changed at run time over them."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import click

from .. import jobs
from ..discovery import discover
from ..runner.processes import alive
from ..runner.registration import boot_id, host
from ..settings import database_url, settings_for
from ..store import Database, migrations, runners
from ..store.records import RunnerRecord
from .opening import opened_store, task_of
from .options import app_and, app_argument, database_option, task_name
from .output import plural, tell


@click.command("reload", short_help="Have the runners on this machine look at the files now.")
@app_argument
@database_option
def reload_(app: Path, database: str | None) -> int:
    """Ask the runners of APP on this machine to take what has changed in its files; `run` does so by itself.

    Exit code 1 if none runs here. What is wrong with the files is in the runner's log, and told by `check`.

    \b
    jitai-tasks reload shop
    """
    known = runners_of(app.resolve(), database)
    here = [runner for runner in known if is_here(runner)]
    for runner in here:
        os.kill(runner.pid, signal.SIGHUP)
    if here:
        tell(f"{plural(len(here), 'runner')} asked: process {', '.join(str(runner.pid) for runner in here)}")
    elsewhere = sorted({runner.host for runner in known if not is_here(runner)} - {host()})
    if elsewhere:
        tell(f"also registered: runners on {', '.join(elsewhere)}; ask them there")
    if not here:
        tell(f"no runner of this app runs here; start one: jitai-tasks run {app}")
    return 0 if here else 1


def runners_of(root: Path, database: str | None) -> list[RunnerRecord]:
    """The registered runners of the app in a folder."""
    config = discover(root).layers[0].config
    opened = Database.open(database_url(root, settings_for(root, {"database": database}), config))
    try:
        if migrations.current(opened) is None:
            return []
        with opened.read() as connection:
            return [runner for runner in runners.all(connection) if runner.app_id == config.appId]
    finally:
        opened.dispose()


def is_here(runner: RunnerRecord) -> bool:
    """Whether it is a living process of this machine."""
    return bool(boot_id()) and (runner.host, runner.boot_id) == (host(), boot_id()) and alive(runner.pid)


@click.command("revert", short_help="Give a task back to its file: undo enable, disable, pause and reschedule.")
@app_and("TASK")
@database_option
def revert_(app: Path, name: str, database: str | None) -> None:
    """Remove what was changed about TASK of APP at run time (enable, disable, pause, reschedule): its file
    holds again.

    \b
    jitai-tasks revert shop NightlyCleanup
    """
    with opened_store(app, database) as (opened_app, _):
        full_name = task_of(opened_app, task_name(name)).full_name
        undone = jobs.revert(opened_app, full_name)
    tell(f"{full_name} is as its file says" if undone else f"{full_name} was as its file says already")
