"""What `doctor` looks at: each function looks at one thing and says what it found and what to do."""

from __future__ import annotations

import platform
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

from ..app import App
from ..clock import SECOND
from ..outlook.health import of_calendars, of_deadlines, of_zone
from ..store import Database, durability, jobs, migrations, runners
from ..store.records import Status
from .moments import span
from .output import plural

Level = Literal["ok", "warning", "problem"]

#: The first versions of SQLite in which a reset of the write-ahead log cannot lose pages (sqlite.org/wal.html).
WAL_SOUND = (3, 51, 3)
WAL_BACKPORTS = {(3, 44): 6, (3, 50): 7}
NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smbfs", "smb3", "9p", "fuse.sshfs", "afs", "ceph", "glusterfs"}
LEVELS: dict[str, Level] = {"ok": "ok", "warning": "warning", "problem": "problem"}
SKEW = 2 * SECOND
OVERDUE = 60 * SECOND
LEASE = 30 * SECOND

#: (setting, value) → (how bad, what it means, what to do)
UNSAFE: dict[tuple[str, str], tuple[Level, str, str]] = {
    ("fsync", "off"): ("problem", "a power cut may destroy the database", "set fsync = on"),
    ("full_page_writes", "off"): ("problem", "a power cut may destroy the database", "set full_page_writes = on"),
    ("synchronous_commit", "off"): ("warning", "a crash may lose the last commits", "set synchronous_commit = on"),
    ("innodb_flush_log_at_trx_commit", "0"): (
        "warning",
        "a crash may lose the last second of commits",
        "set innodb_flush_log_at_trx_commit = 1",
    ),
    ("innodb_flush_log_at_trx_commit", "2"): (
        "warning",
        "a power cut may lose the last second of commits",
        "set innodb_flush_log_at_trx_commit = 1",
    ),
    ("innodb_doublewrite", "off"): ("problem", "a power cut may destroy the database", "set innodb_doublewrite = ON"),
    ("synchronous", "0"): ("problem", "a power cut may destroy the database", "leave synchronous at NORMAL or FULL"),
    ("journal_mode", "delete"): ("warning", "readers and writers block each other", "allow journal_mode = WAL"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    level: Level
    about: str
    found: str
    advice: str = ""


def of_machine() -> Iterator[Finding]:
    """Python, the platform, the SQLite library."""
    yield Finding(level="ok", about="Python", found=f"{platform.python_version()} on {platform.platform(terse=True)}")
    if sys.platform == "win32":
        yield Finding(
            level="warning",
            about="platform",
            found="no fork: jobs run in threads, which cannot be killed",
            advice="run on Linux or macOS where time limits and forced ends must work",
        )
    yield of_sqlite(sqlite3.sqlite_version_info)


def of_sqlite(version: tuple[int, ...]) -> Finding:
    """Whether this SQLite library has the defect of its write-ahead log."""
    text = ".".join(map(str, version))
    if version >= WAL_SOUND or version[2] >= WAL_BACKPORTS.get((version[0], version[1]), 1_000):
        return Finding(level="ok", about="SQLite", found=text)
    return Finding(
        level="warning",
        about="SQLite",
        found=f"{text} has a rare defect: two processes that reset the write-ahead log at once may lose pages",
        advice="use SQLite 3.51.3 or newer (or 3.50.7, 3.44.6), or PostgreSQL, where that must not happen",
    )


def of_app(app: App) -> Iterator[Finding]:
    """What is wrong in the app's files, and its zone."""
    errors = sum(problem.is_error for problem in app.problems)
    warnings = len(app.problems) - errors
    level: Level = "problem" if errors else "warning" if warnings else "ok"
    found = f"{app.appId}: {plural(errors, 'error')}, {plural(warnings, 'warning')}"
    yield Finding(level=level, about="app", found=found, advice="see: jitai-tasks check" if app.problems else "")
    yield Finding(level="ok", about="time zone", found=app.timezone)


def of_database(database: Database) -> Iterator[Finding]:
    """Where the jobs are, whether the tables fit, whether a commit lasts, whether the clocks agree."""
    yield Finding(level="ok", about="database", found=database.url)
    yield of_tables(migrations.current(database), migrations.head())
    yield from of_durability(database)
    skew = abs(database.now() - database.clock.now())
    if skew > SKEW:
        yield Finding(
            level="warning",
            about="clocks",
            found=f"this machine and the database differ by {span(skew)}",
            advice="let both take their time from the same source (NTP)",
        )
    if database.dialect == "sqlite":
        yield from of_disk(Path(database.engine.url.database or ""))


def of_tables(current: str | None, head: str) -> Finding:
    """Whether the tables are there, in the version of this program."""
    if current == head:
        return Finding(level="ok", about="tables", found=head)
    if current is None:
        return Finding(level="warning", about="tables", found="none yet", advice="`run` and `db upgrade` make them")
    found = f"{current}, this program needs {head}"
    advice = "install the newer jitai-tasks" if current > head else "run: jitai-tasks db upgrade"
    return Finding(level="problem", about="tables", found=found, advice=advice)


def of_durability(database: Database) -> Iterator[Finding]:
    """Whether the server keeps what it has committed."""
    with database.read() as connection:
        found = durability.settings(connection)
        engines = durability.tables_without_transactions(connection)
    unsafe = [(name, value) for name, value in found.items() if (name, value) in UNSAFE]
    for name, value in unsafe:
        level, meaning, advice = UNSAFE[name, value]
        yield Finding(level=level, about="commits", found=f"{name} = {value}: {meaning}", advice=advice)
    if not unsafe:
        text = ", ".join(f"{name} = {value}" for name, value in sorted(found.items()))
        yield Finding(level="ok", about="commits", found=text)
    for table, engine in engines.items():
        advice = f"ALTER TABLE {table} ENGINE = InnoDB"
        yield Finding(level="problem", about="tables", found=f"{table} is {engine}: no transactions", advice=advice)


def of_disk(file: Path) -> Iterator[Finding]:
    """Whether an SQLite file lies on a disk of this machine: its locks do not work over a network."""
    kind = file_system_of(file)
    if kind in NETWORK_FILE_SYSTEMS:
        yield Finding(
            level="problem",
            about="disk",
            found=f"{file} is on {kind}: locks over a network lose jobs",
            advice="keep the file on a local disk, or use PostgreSQL or MariaDB",
        )


def file_system_of(file: Path) -> str:
    """The kind of file system that holds a file, like "ext4"."""
    mounts = {Path(part.mountpoint): part.fstype for part in psutil.disk_partitions(all=True)}
    return next((mounts[folder] for folder in file.resolve().parents if folder in mounts), "")


def of_jobs(app: App) -> Iterator[Finding]:
    """Jobs that are held, and jobs that are late."""
    with app.database.read() as connection:
        waiting = jobs.find(connection, status=Status.WAITING, limit=500)
        now = app.database.now()
    held = [job for job in waiting if job.hold]
    late = [job for job in waiting if not job.hold and job.due < now - OVERDUE]
    if held:
        reasons = ", ".join(sorted({str(job.hold) for job in held}))
        yield Finding(
            level="warning", about="held jobs", found=f"{len(held)}: {reasons}", advice="see: jitai-tasks jobs"
        )
    if late:
        oldest = span(now - min(job.due for job in late))
        advice = "start a runner for their queues: jitai-tasks run"
        yield Finding(level="warning", about="late jobs", found=f"{len(late)}, the oldest by {oldest}", advice=advice)


def of_runners(app: App) -> Iterator[Finding]:
    """Which runners are alive, and which have fallen silent."""
    with app.database.read() as connection:
        known = runners.all(connection)
        alive = {one.id for one in known if runners.is_alive(connection, one.id, lease_us=LEASE)}
    names = [f"{one.host}:{one.pid}" for one in known if one.id in alive]
    yield Finding(level="ok", about="runners", found=", ".join(names) or "none")
    ours = [one for one in known if one.id in alive and one.generation and one.app_id == app.appId]
    trees = {one.generation: f"{one.host}:{one.pid}" for one in ours}
    if len(trees) > 1:
        found = ", ".join(f"{name} runs {generation}" for generation, name in sorted(trees.items()))
        advice = "a job may run on either; bring the same files to all"
        yield Finding(level="warning", about="files", found=f"runners work on different files: {found}", advice=advice)
    strangers = sorted({one.app_id for one in known if one.id in alive} - {"", app.appId})
    if strangers:
        found = f"other apps have runners on this database, and each takes jobs of the other: {', '.join(strangers)}"
        advice = "give every app a database of its own, or queues of its own that its runners name (--queues)"
        yield Finding(level="warning", about="apps", found=found, advice=advice)
    silent = [f"{one.host}:{one.pid}" for one in known if one.id not in alive]
    if silent:
        advice = "the next runner that starts takes over their jobs"
        yield Finding(level="warning", about="runners", found=f"silent: {', '.join(silent)}", advice=advice)


def of_time(app: App) -> Iterator[Finding]:
    """Deadlines that were missed, and years that a calendar in use knows nothing of."""
    for one in (*of_deadlines(app), *of_calendars(app), *of_zone(app)):
        yield Finding(level=LEVELS[one.level], about=one.about, found=one.text, advice=one.advice)
