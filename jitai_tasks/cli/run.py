"""`run`: the runner, with something to look at."""

from __future__ import annotations

import logging
from contextlib import closing
from pathlib import Path

import click

from .. import runner
from ..clock import SystemClock
from ..discovery import discover
from ..problems import Problem, errors, in_reading_order
from ..settings import database_url, settings_for, zone_name
from ..store import Database, history
from ..store.records import Run
from .live import screen_for
from .options import app_argument, database_option
from .output import plural, tell

#: The most problems that are shown at the start.
PROBLEMS = 5
#: The most runs of the last moment that are shown.
LAST = 20
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


@click.command("run", short_help="Start the runner: workers, schedules, reload; Ctrl-C ends it cleanly.")
@app_argument
@click.option("--workers", metavar="N", type=click.IntRange(1, 1024), help="Worker processes; default: one per core.")
@click.option("--threads", is_flag=True, help="Run tasks in threads of one process; nothing can be killed then.")
@click.option("--queues", metavar="A,B", help='The queues to work on; default: "default".')
@click.option("--drain", is_flag=True, help="Perform what is due, then stop.")
@click.option("--no-reload", is_flag=True, help="Do not reload elements when their files change.")
@click.option("--quiet", is_flag=True, help="Show nothing but errors.")
@click.option("-v", "--verbose", is_flag=True, help="Log what the runner does.")
@database_option
def run_(app: Path, database: str | None, *, drain: bool, quiet: bool, verbose: bool, **options: object) -> int:
    """Start the runner for APP: it plans its schedules and performs its jobs until it is stopped.

    The first Ctrl-C (or SIGTERM, or the end of the terminal) stops claiming and waits up to 25 seconds for what runs;
    the second ends at once. No job is lost by either.

    \b
    jitai-tasks run shop
    jitai-tasks run shop --workers 4 --database postgresql://shop@localhost/shop
    jitai-tasks run shop --drain
    """
    log_to_stderr(verbose=verbose)
    chosen = chosen_settings(database=database, **options)
    settings = settings_for(app.resolve(), chosen)
    catalog = discover(app)
    tell_problems(catalog.problems, app)
    config = catalog.layers[0].config
    since = SystemClock().now()
    screen = screen_for(zone=zone_name(settings, config), since=since, quiet=quiet)
    with closing(screen):
        code = runner.run(
            app,
            workers=settings.workers,
            threads=settings.threads,
            database=settings.database,
            drain=drain,
            settings=chosen,
            report=screen.show,
            reload=settings.reload,
        )
        if code == 0:
            screen.end(runs_since(database_url(app.resolve(), settings, config), since))
    return code


def tell_problems(problems: list[Problem], app: Path) -> None:
    """What keeps elements out, before anything else is shown; the rest of the app runs."""
    found = in_reading_order(errors(problems))
    for problem in found[:PROBLEMS]:
        tell(str(problem))
    if found:
        tell(f"{plural(len(found), 'problem')}; everything else runs. More: jitai-tasks check {app}")


def runs_since(url: str, since: int) -> list[Run]:
    """The runs that ended since then, newest first: the runner's last moment is not among those it reports."""
    database = Database.open(url)
    try:
        with database.read() as connection:
            return history.find(connection, start=since, limit=LAST)
    finally:
        database.dispose()


def chosen_settings(
    *, workers: object, threads: object, queues: object, no_reload: object, database: object
) -> dict[str, object]:
    """The options that were given, as overrides of the app's settings."""
    given = {
        "workers": workers,
        "threads": threads or None,
        "queues": _names(str(queues)) if queues else None,
        "reload": False if no_reload else None,
        "database": database,
    }
    return {name: value for name, value in given.items() if value is not None}


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise click.UsageError(f"--queues {text}: names no queue; like --queues mail,reports")
    return names


def log_to_stderr(*, verbose: bool) -> None:
    """Send warnings (or everything of ours) to stderr, where the processes that are forked later write too."""
    logging.basicConfig(format=LOG_FORMAT, level=logging.WARNING)
    ours = logging.getLogger("jitai_tasks")
    if verbose:
        ours.setLevel(logging.INFO)
    else:  # the screen shows failures of tasks already
        ours.getChild("runner.performing").setLevel(logging.CRITICAL)
