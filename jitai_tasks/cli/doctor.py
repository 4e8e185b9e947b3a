"""`doctor`: looks for what is unsafe in the machine, the database and the app, and says what to do."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from ..app import App
from ..store import migrations
from . import findings
from .findings import Finding
from .opening import opened
from .options import app_argument, database_option, json_option
from .output import emit_json


@click.command("doctor", short_help="Check the machine, the database and the app for unsafe settings.")
@app_argument
@database_option
@json_option
def doctor_(app: Path, database: str | None, as_json: bool) -> int:
    """Look for what is unsafe: old libraries, a database that may lose commits, clocks that differ, stuck jobs.

    Exit code 1 if there is a problem; warnings alone are fine.

    \b
    jitai-tasks doctor shop
    """
    with opened(app, database) as opened_app:
        found = all_findings(opened_app)
    if as_json:
        emit_json([asdict(finding) for finding in found])
    else:
        for finding in found:
            click.echo(line(finding))
    return 1 if any(finding.level == "problem" for finding in found) else 0


def all_findings(app: App) -> list[Finding]:
    """Everything that was looked at, the machine first."""
    found = [*findings.of_machine(), *findings.of_app(app), *findings.of_database(app.opened_database)]
    if migrations.current(app.opened_database) == migrations.head():
        found += [*findings.of_jobs(app), *findings.of_runners(app)]
    return [*found, *findings.of_time(app)]


def line(finding: Finding) -> str:
    """ "warning  SQLite     3.40.1 …; what to do"."""
    said = f"{finding.found}; {finding.advice}" if finding.advice else finding.found
    return f"{finding.level:<8} {finding.about:<10} {said}"
