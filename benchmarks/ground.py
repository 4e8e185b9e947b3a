"""What all benchmarks stand on: a tiny app, databases of their own, jobs by the thousand, a runner as a process."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import sqlalchemy as sa

from benchmarks.peers import PeerFigures
from benchmarks.table import rate, spread
from jitai_tasks.ids import new_ids
from jitai_tasks.store import Database, jobs, migrations
from jitai_tasks.store.records import NewJob
from jitai_tasks.testing import write_files
from tests import servers

APP = {
    "app.json": {"appId": "bench.App", "name": "Bench", "version": "1.0.0", "timezone": "UTC"},
    "services/Work/e.json": {"title": "Work", "type": "services.NormalType"},
    "services/Work/__init__.py": """
        from sqlalchemy import text

        from jitai_tasks import App

        EFFECT = text("INSERT INTO effects (what) VALUES ('done')")


        def nothing():
            pass


        def effect():
            App.current().session().execute(EFFECT)
    """,
}

RUN = "import sys; from jitai_tasks.runner import run; sys.exit(run(sys.argv[1], **eval(sys.argv[2])))"
SQLITE, FULL, POSTGRESQL, MARIADB = "SQLite", "SQLite FULL", "PostgreSQL", "MariaDB"


@dataclass(slots=True, kw_only=True)
class Bench:
    """One run of the benchmarks: how much is measured, and where."""

    folder: Path
    quick: bool = False
    #: Jobs in a drain.
    jobs: int = 50_000
    note: Callable[[str], None] = print
    peers: dict[str, PeerFigures | str] = field(default_factory=dict)
    number: int = 0

    @property
    def trials(self) -> int:
        """Figures are medians of so many."""
        return 1 if self.quick else 3

    @property
    def samples(self) -> int:
        """Jobs whose latency is taken."""
        return 40 if self.quick else 200

    @property
    def future(self) -> int:
        """Jobs that wait for another day."""
        return 20 * self.jobs

    def url(self, kind: str) -> str:
        """A new, empty database."""
        if kind in (SQLITE, FULL):
            self.number += 1
            synchronous = "?synchronous=FULL" if kind == FULL else ""
            return f"sqlite:///{self.folder / f'{self.number}.sqlite3'}{synchronous}"
        if kind == POSTGRESQL:
            return servers.durable_postgres().fresh_database()
        return _durable_mariadb().fresh_database()

    @contextmanager
    def database(self, kind: str) -> Iterator[tuple[str, Database]]:
        """A new database with our tables, and the URL that leads to it."""
        url = self.url(kind)
        database = Database.open(url)
        migrations.upgrade(database)
        try:
            yield url, database
        finally:
            database.dispose()

    def rate_of(self, peer: str, what: str) -> float | None:
        """A rate of a peer; None if it was not measured."""
        found = self.peers.get(peer)
        return getattr(found, what) if isinstance(found, PeerFigures) else None

    def rates(self, what: str, kind: str) -> dict[str, str]:
        """A rate of all peers on this database, or why there is none, by name."""
        found = {}
        for name, figures in self._on(kind):
            value = getattr(figures, what) if isinstance(figures, PeerFigures) else figures
            if value is not None:
                found[name] = value if isinstance(value, str) else rate(value)
        return found

    def times(self, what: str, kind: str) -> dict[str, str]:
        """Latencies of all peers on this database, or why there are none, by name."""
        return {
            name: spread(getattr(figures, what)) if isinstance(figures, PeerFigures) else figures
            for name, figures in self._on(kind)
        }

    def _on(self, kind: str) -> Iterator[tuple[str, PeerFigures | str]]:
        """Those measured on this database; on SQLite their names say so where there are both."""
        for name, figures in self.peers.items():
            on_sqlite = name == "huey" or name.endswith(" on SQLite")
            if on_sqlite == (kind == SQLITE):
                yield name.removesuffix(" on SQLite"), figures

    def versions(self) -> str:
        """The servers, their durability included."""
        found = [f"SQLite in WAL mode, synchronous=NORMAL where {FULL} is not said"]
        for kind in (POSTGRESQL, MARIADB) if has_mariadb() else (POSTGRESQL,):
            engine = sa.create_engine(self.url(kind))
            with engine.connect() as connection:
                found.append(f"{kind} {connection.exec_driver_sql(_VERSION[kind]).scalar()}")
            engine.dispose()
        return "; ".join(found)


_VERSION = {
    POSTGRESQL: "SELECT current_setting('server_version') || ' (fsync ' || current_setting('fsync') ||"
    " ', synchronous_commit ' || current_setting('synchronous_commit') || ')'",
    MARIADB: "SELECT CONCAT(VERSION(), ' (innodb_flush_log_at_trx_commit ', @@innodb_flush_log_at_trx_commit, ')')",
}
_mariadb: list[servers.Server] = []


def has_mariadb() -> bool:
    """Whether a MariaDB is installed that could be started."""
    return servers._mariadb_binary() is not None


def _durable_mariadb() -> servers.Server:
    if not _mariadb:
        _mariadb.append(servers.start_mariadb("--innodb-flush-log-at-trx-commit=1"))
    return _mariadb[0]


def close_servers() -> None:
    """Stop what `Bench.url` started beyond what ends by itself."""
    while _mariadb:
        _mariadb.pop().close()


def plain_url(url: str) -> str:
    """A server's URL as drivers understand it, by TCP: the same way for everybody."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return f"sqlite:///{parsed.database}"
    plain = sa.URL.create(
        "postgresql", username=parsed.username, host="127.0.0.1", port=int(str(parsed.query["port"])),
        database=parsed.database,
    )  # fmt: skip
    return plain.render_as_string()


@contextmanager
def app_folder() -> Iterator[Path]:
    """A folder with the app of the benchmarks."""
    with tempfile.TemporaryDirectory(prefix="jitai-bench-") as folder:
        yield write_files(Path(folder), APP)


def to_do(count: int, due: int, func: str = "services.Work.nothing") -> list[NewJob]:
    """Jobs that call a function."""
    return [NewJob(id=one, task_type="tasks.TemporaryType", func=func, due=due) for one in new_ids(count)]


def create(database: Database, new: list[NewJob]) -> None:
    """Insert in one transaction."""
    with database.begin() as connection:
        jobs.create(connection, new)


def fill(database: Database, new: list[NewJob]) -> float:
    """Insert in bulk, 5,000 in a transaction; answers jobs per second."""
    began = time.perf_counter()
    for start in range(0, len(new), 5000):
        create(database, new[start : start + 5000])
    return len(new) / (time.perf_counter() - began)


def start_runner(folder: Path, **options: object) -> subprocess.Popen[bytes]:
    """A runner as a process of its own."""
    command = [sys.executable, "-c", RUN, str(folder), repr(options)]
    return subprocess.Popen(command, cwd=Path(__file__).parents[1], env={**os.environ, "PYTHONWARNINGS": "ignore"})


@contextmanager
def running(folder: Path, **options: object) -> Iterator[psutil.Process]:
    """Within it, a runner works."""
    process = start_runner(folder, **options)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()
