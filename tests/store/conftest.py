"""One conformance suite: every test that asks for `database` runs on SQLite, PostgreSQL and MariaDB."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from jitai_tasks.clock import ManualClock
from jitai_tasks.store import Database, migrations
from tests import servers
from tests.emptied import mariadb

MAKES = ("sqlite", "postgresql", "mysql")
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture(params=MAKES)
def make(request: pytest.FixtureRequest) -> str:
    """The kind of database; parametrize it indirectly to choose fewer."""
    return str(request.param)


@pytest.fixture
def url(make: str, templates: Templates, tmp_path: Path) -> Iterator[str]:
    """A database of the wanted kind with our tables and nothing in them."""
    yield from templates.copy(make, tmp_path)


@pytest.fixture
def database(url: str, clock: ManualClock) -> Iterator[Database]:
    opened = Database.open(url, clock=clock)
    yield opened
    opened.dispose()


@pytest.fixture
def again(url: str, clock: ManualClock) -> Iterator[Callable[[], Database]]:
    """Opens the same database once more, as another process would."""
    opened: list[Database] = []

    def open_again() -> Database:
        opened.append(Database.open(url, clock=clock))
        return opened[-1]

    yield open_again
    for one in opened:
        one.dispose()


class Templates:
    """Migrated once per kind and session, then copied (or emptied) for each test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._urls: dict[str, str] = {}

    def copy(self, make: str, folder: Path) -> Iterator[str]:
        if make == "mysql":
            yield mariadb()
            return
        if make not in self._urls:
            self._urls[make] = self._migrated(make)
        yield from getattr(self, f"_copy_{make}")(folder)

    def _migrated(self, make: str) -> str:
        url = {
            "sqlite": lambda: f"sqlite:///{self._folder}/template.db",
            "postgresql": lambda: servers.postgres().fresh_database(),
        }[make]()
        database = Database.open(url)
        migrations.upgrade(database)
        database.dispose()
        return url

    def _copy_sqlite(self, folder: Path) -> Iterator[str]:
        shutil.copy(self._folder / "template.db", folder / "jobs.db")
        yield f"sqlite:///{folder}/jobs.db"

    def _copy_postgresql(self, _folder: Path) -> Iterator[str]:
        server = servers.postgres()
        url = server.fresh_database(f"TEMPLATE {sa.make_url(self._urls['postgresql']).database}")
        yield url
        server.drop(url)


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    return Templates(tmp_path_factory.mktemp("templates"))
