"""The tasks of an app with what the database says of them: what every answer begins with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy.engine import make_url

from .. import overrides
from ..app import App
from ..definition import Definition
from ..errors import ElementBroken, ElementNotFound, JitaiTasksError
from ..newjobs import is_enabled
from ..schedule import Schedule
from ..store import migrations, runners, schedules
from ..store.records import TaskState
from ..timetables import schedule_of


def task_of(app: App, name: str) -> Definition:
    """The definition of a task; "Clean" and "tasks.Clean" both mean tasks.Clean.

    Raises ElementNotFound, which names the nearest, or ElementBroken.
    """
    known = {definition.full_name for definition in app.tasks()}
    for full_name in (name, f"tasks.{name}"):
        if full_name in known:
            if has_tables(app):
                overrides.follow_one(app, full_name)
            return app.catalog.definitions[full_name]
        if broken := app.catalog.broken(full_name):
            raise ElementBroken(full_name, str(broken[0]))
    raise ElementNotFound(name if name.startswith("tasks.") else f"tasks.{name}", known)


def has_tables(app: App) -> bool:
    """Whether the database is there with its tables; an embedded file is not made by looking."""
    url = make_url(app.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return False
    return migrations.current(app.opened_database) == migrations.head()


def states_of(app: App) -> dict[str, TaskState]:
    """What the database remembers about tasks; nothing if it has no tables yet. The app follows their rules."""
    if not has_tables(app):
        return {}
    with app.database.read() as connection:
        states = schedules.all(connection)
    overrides.follow(app, states.values())
    return states


def enabled_tasks(app: App) -> list[Definition]:
    """The tasks that run by themselves; without those that runners could not load: they may hang here as well."""
    states, refused = states_of(app), refused_files(app)
    on = [each for each in app.tasks() if is_enabled(each, states.get(each.full_name) or TaskState(task=""))]
    return [each for each in on if not refusal(app, each, refused)]


def refused_files(app: App) -> dict[str, str]:
    """By the folder of an element (like tasks/Daily) or by file, why runners go on without it as it is now."""
    if not has_tables(app):
        return {}
    with app.database.read() as connection:
        known = [runner for runner in runners.all(connection) if runner.app_id == app.appId]
    return {name: said for runner in known for name, said in runner.refused.items()}


def refusal(app: App, definition: Definition, refused: Mapping[str, str]) -> str:
    """Why runners go on without the files of an element, or of a Type above it; "" if they do not."""
    chain = [definition.full_name, *app.catalog.chain_names(definition)] if refused else []
    for each in filter(None, map(app.catalog.find, chain)):
        said = refused.get(each.folder.relative_to(each.layer.place).as_posix())
        if said is not None:
            return f"a runner could not load this: {said}"
    return ""


def now_of(app: App) -> int:
    """The present: by the database's clock if there is a database, else by the app's."""
    return app.database.now() if has_tables(app) else app.clock.now()


def readable_schedules(app: App, tasks: list[Definition]) -> Iterator[tuple[Definition, Schedule]]:
    """The tasks with a schedule that can be read; broken ones are left to `check` and `why`."""
    for definition in tasks:
        try:
            schedule = schedule_of(app, definition)
        except JitaiTasksError:
            continue
        if schedule is not None:
            yield definition, schedule
