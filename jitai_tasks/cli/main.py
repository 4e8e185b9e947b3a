"""The entry point: finds the verb, runs it, and turns errors into one sentence and an exit code."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import click

from ..errors import DatabaseUnreachable, JitaiTasksError, SchemaOutdated, SchemaTooNew
from .verbs import LazyGroup

OK, FAILURE, USAGE, UNREACHABLE, MIGRATE = 0, 1, 2, 3, 5
INTERRUPTED = 130

EPILOG = """\b
APP is the folder that holds app.json; "." if it is left out.
Every option can also be set as JITAI_TASKS_<OPTION> or in [tool.jitai_tasks] of the app's pyproject.toml.

\b
Exit codes: 0 ok · 1 failure, or problems found · 2 wrong usage · 3 database unreachable · 5 database needs a migration
"""


@click.command(cls=LazyGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--traceback", is_flag=True, help="Show the traceback of an error, for reports.")
@click.version_option(package_name="jitai-tasks", message="%(package)s %(version)s")
def root(traceback: bool) -> None:
    """Run, look at and steer the tasks of an app made of elements.

    \b
    jitai-tasks init shop          write a small app that runs
    jitai-tasks run shop           start it; Ctrl-C ends it cleanly
    jitai-tasks history shop       what ran, and what came of it
    """
    del traceback  # read by main(), before and after click


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line on `arguments` (default: those of the process) and exit."""
    given = sys.argv[1:] if arguments is None else arguments
    sys.exit(exit_code(given))


def exit_code(arguments: list[str]) -> int:
    """Run one command and answer its exit code; errors become a sentence on stderr."""
    try:
        result = root.main(arguments, prog_name="jitai-tasks", standalone_mode=False)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return USAGE if isinstance(error, click.UsageError) else FAILURE
    except click.Abort:
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        silence_stdout()
        return OK
    except (JitaiTasksError, OSError) as error:  # a name too long, a right that is missing, a disk that is full
        if "--traceback" in arguments:
            raise
        click.echo(f"jitai-tasks: {error}", err=True)
        return code_of(error)
    except database_failures() as error:
        if "--traceback" in arguments:
            raise
        click.echo(
            f"jitai-tasks: the database failed: {getattr(error, 'orig', error)}; see: jitai-tasks doctor", err=True
        )
        return UNREACHABLE
    return result if isinstance(result, int) else OK


def database_failures() -> tuple[type[Exception], ...]:
    """What SQLAlchemy raises when a server goes away in the middle; asked for only when something was raised."""
    loaded = sys.modules.get("sqlalchemy.exc")
    return (loaded.DBAPIError,) if loaded else ()


def code_of(error: Exception) -> int:
    """The exit code that tells a script what kind of error this was."""
    if isinstance(error, DatabaseUnreachable):
        return UNREACHABLE
    return MIGRATE if isinstance(error, SchemaOutdated | SchemaTooNew) else FAILURE


def silence_stdout() -> None:
    """After `… | head` has closed the pipe: keep Python from complaining when it flushes stdout at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
