"""`list`: what the files say, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import arrow
import click

from ..app import App
from ..clock import instant
from ..datefields.rules import DATE_FIELD, rule_of
from ..definition import Definition
from ..errors import JitaiTasksError
from ..outlook import tasks
from ..outlook.health import of_calendars, of_zone
from ..outlook.tasks import refusal, refused_files
from ..store.records import TaskState
from .broken import broken_rows, code_problem
from .checking import is_task
from .moments import iso, local
from .opening import has_tables, opened
from .options import app_argument, database_option, json_option
from .output import emit_rows, plural, tell

TASK_COLUMNS = ("task", "title", "type", "on", "next", "layer", "shadows", "differs", "problem")


@click.command("list", short_help="The tasks of an app, with what is shadowed and what is off.")
@app_argument
@click.option("--all", "everything", is_flag=True, help="All elements, not only tasks.")
@database_option
@json_option
def list_(app: Path, everything: bool, database: str | None, as_json: bool) -> None:
    """The tasks of APP: on or off, when next, from which layer, and what they shadow.

    \b
    jitai-tasks list shop
    jitai-tasks list shop --all --json
    """
    with opened(app, database) as opened_app:
        states = states_of(opened_app)
        wanted = sorted(opened_app.catalog.definitions.values(), key=lambda definition: definition.full_name)
        tasks = opened_app.tasks()
        shown = wanted if everything else [definition for definition in wanted if definition in tasks]
        refused = refused_files(opened_app)
        rows = [
            task_row(opened_app, each, states.get(each.full_name), refusal(opened_app, each, refused)) for each in shown
        ]
        rows += broken_rows(opened_app)
        if not as_json:
            rows = [for_people(row, opened_app) for row in rows]
        errors = [problem for problem in opened_app.problems if problem.is_error]
        hints = [finding.text for finding in (*of_calendars(opened_app), *of_zone(opened_app))]
    emit_rows(rows, columns=TASK_COLUMNS, as_json=as_json, empty="no tasks; write one: jitai-tasks new task NAME")
    for hint in hints:
        tell(hint)
    if errors:
        tell(f"{plural(len(errors), 'problem')} in the app's files; see: jitai-tasks check {app}")


def states_of(app: App) -> dict[str, TaskState]:
    """As `outlook.tasks.states_of`; raises SchemaOutdated or SchemaTooNew if the tables are of another version."""
    return tasks.states_of(app) if has_tables(app) else {}


def task_row(app: App, definition: Definition, state: TaskState | None, refused: str = "") -> dict[str, object]:
    """One element: what its files say, and what the database overrides. What is `refused` is not loaded here either:
    it may hang."""
    on = is_on(definition, state) if is_task(app.catalog, definition) else None
    due, problem = next_or_problem(app, definition) if on and not refused else (None, refused)
    shadows = [shadowed.layer.id for shadowed in app.catalog.shadowed.get(definition.full_name, [])]
    return {
        "task": definition.full_name,
        "title": definition.title,
        "type": definition.type,
        "kind": str(definition.kind),
        "on": on,
        "paused": state is not None and state.paused,
        "next": due,
        "layer": definition.layer.id,
        "folder": str(definition.folder),
        "shadows": shadows,
        "differs": "from file" if state and (state.enabled is not None or state.paused or state.rule) else "",
        "problem": problem or (code_problem(definition) if on is not None else ""),
    }


def for_people(row: dict[str, object], app: App) -> dict[str, object]:
    """The row with local time and plain words."""
    at = row["next"]
    due = local(instant(datetime.fromisoformat(str(at))), app.timezone) if at else ""
    switch = {True: "on", False: "off"}.get(bool(row["on"])) if row["on"] is not None else ""
    switch = "paused" if row["paused"] and row["on"] else switch
    return {**row, "next": due, "on": switch}


def is_on(definition: Definition, state: TaskState | None) -> bool:
    """Whether the task runs: the override in the database, else the file."""
    return bool(definition.config.get("enable")) if state is None or state.enabled is None else state.enabled


def next_or_problem(app: App, definition: Definition) -> tuple[str | None, str]:
    """(next run as ISO text or None, why it cannot be told): one broken task must not hide the others."""
    try:
        if DATE_FIELD in app.catalog.chain_names(definition):
            rule_of(app, definition)
        return next((iso(at) for at in next_instants(app, definition, 1)), None), ""
    except (JitaiTasksError, ValueError) as error:
        return None, str(error)


def next_instants(app: App, definition: Definition, count: int) -> Iterator[int]:
    """The next planned instants, as the task's own `getNextRunTime` answers them: an overridden Type is asked too."""
    element = app.getElement(definition.full_name)
    after = arrow.get(app.clock.now() / 1_000_000)
    for _ in range(count):
        after = element.getNextRunTime(None, now=after)
        if after is None:
            return
        yield instant(after.datetime)
