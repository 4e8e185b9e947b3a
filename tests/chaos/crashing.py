"""Crashing at every point where something goes to the database: a process of its own, which forks a child for each.

`python -m tests.chaos.crashing URL STORY` prints, as JSON, how many points the story has and what was wrong after a
crash at each. A point is a call of the driver (a statement, many at once, COMMIT); the child is killed right before it.
For the database that is the same as right after the one before it; after the last one the child gets through.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
import tempfile
import traceback
from collections.abc import Callable
from functools import partial, wraps
from itertools import count
from pathlib import Path
from typing import Any, NoReturn

Patch = Callable[[Callable[..., Any]], Callable[..., Any]]


class FailPoint:
    """Kills this process at its n-th call of the driver."""

    def __init__(self, number: int) -> None:
        self._left = number

    def install(self) -> None:
        """From now on, calls are counted. The process's own; connections of before are not to be used."""
        sqlite3.dbapi2.connect = partial(sqlite3.connect, factory=_counting_sqlite(self.around))  # type: ignore[assignment]
        import psycopg
        import pymysql

        _patch(psycopg.Cursor, ("execute", "executemany", "copy"), self.around)
        _patch(psycopg.Connection, ("commit",), self.around)
        _patch(pymysql.cursors.Cursor, ("execute", "executemany"), self.around)
        _patch(pymysql.connections.Connection, ("commit",), self.around)

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same call, with a point before it."""

        @wraps(call)
        def counted(*args: Any, **kwargs: Any) -> Any:
            self._left -= 1
            if self._left == 0:
                _die()
            return call(*args, **kwargs)

        return counted


def crash_everywhere(story: Any) -> tuple[int, list[str]]:
    """Tell the story again and again, each time crashing one point later, until it gets through.

    A story has `prepare()`, `act()` (what crashes, in a child) and `check()` (heals, and raises if something is wrong).
    Answers the number of crashes and what was wrong.
    """
    wrong: list[str] = []
    for number in count(1):
        story.prepare()
        crashed = _in_child(lambda number=number: _act(story, FailPoint(number)))
        try:
            story.check()
        except Exception:
            wrong.append(f"point {number}: {traceback.format_exc(limit=-2)}")
        if not crashed:
            return number - 1, wrong
    raise AssertionError("a story without an end")


def _act(story: Any, point: FailPoint) -> None:
    point.install()
    story.act()


def _in_child(work: Callable[[], object]) -> bool:
    """True if the child was killed at its point, False if it got through; anything else is an error of the story."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise SystemExit(f"the story itself failed: exit {os.WEXITSTATUS(status)}")
    return os.WIFSIGNALED(status)


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def _patch(owner: type, names: tuple[str, ...], around: Patch) -> None:
    for name in names:
        setattr(owner, name, around(getattr(owner, name)))


def _counting_sqlite(around: Patch) -> type[sqlite3.Connection]:
    class Cursor(sqlite3.Cursor):
        execute = around(sqlite3.Cursor.execute)
        executemany = around(sqlite3.Cursor.executemany)

    class Connection(sqlite3.Connection):
        execute = around(sqlite3.Connection.execute)  # type: ignore[assignment]
        commit = around(sqlite3.Connection.commit)  # type: ignore[assignment]

        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

    return Connection


def main(url: str, name: str) -> None:
    """Tell one story on one database."""
    from tests.chaos.appstories import APP_STORIES
    from tests.chaos.stories import STORIES

    with tempfile.TemporaryDirectory(prefix="jt") as folder:
        crashes, wrong = crash_everywhere({**STORIES, **APP_STORIES}[name](url, Path(folder)))
    print(json.dumps({"crashes": crashes, "wrong": wrong}))


if __name__ == "__main__":
    main(*sys.argv[1:3])
