"""Opening an app and its database for a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from ..app import App, open_app
from ..definition import Definition
from ..errors import ElementBroken, ElementNotFound
from ..store import Database, migrations


@contextmanager
def opened(folder: Path, database: str | None = None) -> Iterator[App]:
    """The app in `folder`, closed at the end."""
    with open_app(folder, database=database) as app:
        yield app


@contextmanager
def opened_store(folder: Path, database: str | None = None) -> Iterator[tuple[App, Database]]:
    """The app and its database, whose tables are there and of this version.

    An empty database gets its tables; one that needs a migration is SchemaOutdated.
    """
    with opened(folder, database) as app:
        store = app.opened_database
        if migrations.current(store) is None:
            migrations.upgrade(store)
        migrations.check(store)
        yield app, app.database


def has_tables(app: App) -> bool:
    """Whether the app's database is there with the tables of this version; an embedded file is not made by looking."""
    url = make_url(app.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return False
    if migrations.current(app.opened_database) is None:
        return False
    migrations.check(app.opened_database)
    return True


def task_of(app: App, full_name: str) -> Definition:
    """The definition of a task; ElementNotFound names the nearest one, ElementBroken says what is wrong."""
    known = {definition.full_name: definition for definition in app.tasks()}
    if full_name not in known:
        if broken := app.catalog.broken(full_name):
            raise ElementBroken(full_name, str(broken[0]))
        raise ElementNotFound(full_name, known)
    return known[full_name]
