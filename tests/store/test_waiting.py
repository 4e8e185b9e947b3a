"""How a writer waits for SQLite's one lock."""

from __future__ import annotations

import sqlite3

import pytest

from jitai_tasks.store import sqlite


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
