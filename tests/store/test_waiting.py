"""How a writer waits for SQLite's one lock, and for its log."""

from __future__ import annotations

import sqlite3

import pytest

from jitai_tasks.store import Database, jobs, migrations, sqlite
from jitai_tasks.store.records import NewJob


class Held:
    """A lock that another holds for some seconds; `sleep` is how its time passes."""

    def __init__(self, seconds: float) -> None:
        self.asked: list[float] = []
        self.now = 0.0
        self._seconds = seconds

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def monotonic(self) -> float:
        return self.now

    def take(self) -> None:
        self.asked.append(self.now)
        if self.now < self._seconds:
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise error

    @property
    def gaps(self) -> list[float]:
        return [later - earlier for earlier, later in zip(self.asked, self.asked[1:], strict=False)]


@pytest.fixture
def held_for(monkeypatch):
    def held(seconds: float) -> Held:
        lock = Held(seconds)
        monkeypatch.setattr(sqlite, "time", lock)
        return lock

    return held


def test_a_short_hold_is_watched_closely_to_its_end(held_for):
    lock = held_for(0.04)
    sqlite.with_patience(lock.take)
    assert max(lock.gaps) < 0.0005


def test_a_long_hold_is_asked_about_less_often(held_for):
    lock = held_for(2.0)
    sqlite.with_patience(lock.take)
    assert 0.0005 < lock.gaps[-1] < 0.004
    assert len(lock.asked) < 2500


def test_who_has_waited_as_long_as_it_may_gets_the_error(held_for):
    lock = held_for(5.0)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        sqlite.with_patience(lock.take, seconds=1.0)
    assert 1.0 < lock.now < 1.1


@pytest.fixture
def on_sqlite(tmp_path):
    database = Database.open(f"sqlite:///{tmp_path / 'log.sqlite3'}")
    migrations.upgrade(database)
    database.clear_log()
    yield database
    database.dispose()


def filled(database: Database) -> None:
    with database.begin() as connection:
        jobs.create(
            connection, [NewJob(id=one, task_type="tasks.T", due=one, title="t" * 500) for one in range(1, 10_001)]
        )


def test_a_commit_leaves_the_log_and_clearing_it_moves_it_into_the_file(on_sqlite, tmp_path):
    file = tmp_path / "log.sqlite3"
    before = file.stat().st_size
    filled(on_sqlite)
    assert file.stat().st_size == before  # more than SQLite's own 1,000 pages: the commit did not stop for them
    on_sqlite.clear_log()
    assert file.stat().st_size > before + 1_000_000


def test_clearing_the_log_waits_for_nobody(on_sqlite):
    filled(on_sqlite)
    with on_sqlite.begin():
        on_sqlite.clear_log()
    with on_sqlite.read() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM jitai_jobs")
        on_sqlite.clear_log()
        assert connection.exec_driver_sql("SELECT count(*) FROM jitai_jobs").scalar() == 10_000
