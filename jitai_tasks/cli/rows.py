"""`rows`: what a date-field task waits for, row by row."""

from __future__ import annotations

from pathlib import Path

import click

from ..datefields import Coming, coming
from ..ids import shown
from .moments import away, iso, local
from .opening import opened_store, task_of
from .options import app_and, count_option, database_option, json_option, task_name
from .output import emit_rows

COLUMNS = ("row", "title", "value", "due", "away", "hold")


@click.command("rows", short_help="What a date-field task waits for, row by row.")
@app_and("TASK")
@count_option(50, "The most to show.")
@database_option
@json_option
def rows_(app: Path, name: str, count: int, database: str | None, as_json: bool) -> None:
    """The rows that the date-field TASK of APP waits for, the next one first.

    \b
    jitai-tasks rows shop MeetingReminder
    jitai-tasks rows shop MeetingReminder -n 10 --json
    """
    with opened_store(app, database) as (opened_app, _store):
        definition = task_of(opened_app, task_name(name))
        found = coming(opened_app, definition.full_name, limit=count)
        zone, now = opened_app.timezone, opened_app.clock.now()
        views = [_json(each) if as_json else _line(each, zone, now) for each in found]
    emit_rows(views, columns=COLUMNS, as_json=as_json, empty="the task waits for no row")


def _line(each: Coming, zone: str, now: int) -> dict[str, object]:
    return {
        "row": each.job.subject,
        "title": each.title,
        "value": each.value if each.row is not None else "the row is gone",
        "due": local(each.job.due, zone),
        "away": away(each.job.due, now),
        "hold": each.job.hold,
    }


def _json(each: Coming) -> dict[str, object]:
    return {
        "row": each.job.subject,
        "title": each.title,
        "value": None if each.value is None else str(each.value),
        "due": iso(each.job.due),
        "job": shown(each.job.id),
        "hold": each.job.hold,
    }
