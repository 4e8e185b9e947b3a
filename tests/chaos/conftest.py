"""The tiny app and the real runners of tests/runner, on a database of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import servers
from tests.runner.conftest import Shop, shop_at

MAKES = ("sqlite", "postgresql", "mysql")
#: Added to the tiny app: functions that take their time before they write.
PATIENT = '''
import time

import sqlalchemy as sa


def insert_late(name, path, seconds):
    """Says that it began, takes its time, then writes through the session."""
    with open(path, "a") as file:
        file.write(f"{name}\\n")
    time.sleep(seconds)
    with app.transaction() as session:
        session.execute(sa.text("INSERT INTO effects (name) VALUES (:name)"), {"name": name})


def slow_at_first(name, path, seconds):
    """Takes its time when it is called with this name for the first time."""
    with open(path, "a+") as file:
        file.seek(0)
        again = f"{name}\\n" in file.readlines()
        file.write(f"{name}\\n")
    time.sleep(0 if again else seconds)


def insert_and_wait(name, path, seconds):
    """Writes, says so, and holds its transaction open."""
    with app.transaction() as session:
        session.execute(sa.text("INSERT INTO effects (name) VALUES (:name)"), {"name": name})
        with open(path, "a") as file:
            file.write(f"{name}\\n")
        time.sleep(seconds)
'''
FILES: dict[str, object] = {
    "services/Patient/e.json": {"title": "Patient", "type": "services.NormalType"},
    "services/Patient/__init__.py": PATIENT,
}


def url_of(make: str, folder: Path) -> str:
    """A fresh, empty database; a visible skip where there is no such server."""
    if make == "sqlite":
        return f"sqlite:///{folder / 'jobs.sqlite3'}"
    server = servers.postgres() if make == "postgresql" else servers.mariadb()
    if server is None:
        pytest.skip(servers.NO_MARIADB)
    return server.fresh_database()


@pytest.fixture(params=MAKES)
def make(request: pytest.FixtureRequest) -> str:
    """The kind of database; parametrize it indirectly to choose fewer."""
    return str(request.param)


@pytest.fixture
def shop(make: str, tmp_path: Path) -> Iterator[Shop]:
    """The app, on a database of each kind."""
    yield from shop_at(tmp_path, url_of(make, tmp_path), FILES)


@contextmanager
def shop_in(folder: Path, url: str, files: dict[str, object]) -> Iterator[Shop]:
    """The app, within a test that brings its own server. Its runners are gone at the end, however the test ends."""
    opened = shop_at(folder, url, files)
    shop = next(opened)
    try:
        yield shop
    finally:
        next(opened, None)
