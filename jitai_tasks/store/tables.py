"""The tables, as SQLAlchemy sees them. `migrations/` creates them; a test holds both to each other.

Instants are microseconds since 1970 UTC. The hot table is narrow in rows: it holds what waits and what runs, nothing
else. Databases without partial indexes (MariaDB, MySQL) index a computed column that is NULL where a partial index
would leave the row out.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Integer, MetaData, String, Table, Text
from sqlalchemy.dialects.mysql import MEDIUMTEXT
from sqlalchemy.types import TypeEngine

PREFIX = "jitai_"
VERSION_TABLE = "jitai_schema_version"

#: What one job or run carries from its creation on, in the order of the fields of `records.Job`.
JOB_COLUMNS = (
    "id", "task", "task_type", "func", "title", "args", "due", "slot", "subject", "queue", "priority", "tags",
    "creator", "timeout_ms", "max_retries", "retry_delay_ms", "on_interrupt", "attempt", "retry_of", "root_id",
    "manual", "hold", "created", "status", "claim_token", "runner", "worker", "claimed", "interruptions",
)  # fmt: skip
#: What `jobs.create` writes; the rest has defaults that say "waiting".
NEW_COLUMNS = JOB_COLUMNS[: JOB_COLUMNS.index("created") + 1]
#: What a run adds to its job.
OUTCOME_COLUMNS = (
    "result", "error_type", "error", "traceback", "reason", "started", "ended", "retried_by"
)  # fmt: skip

#: Longest texts, by column: checked before the insert, so that every database refuses alike.
LENGTHS = {"task": 255, "task_type": 255, "func": 500, "title": 500, "subject": 255, "queue": 100, "creator": 255}

metadata = MetaData()


def big() -> TypeEngine[int]:
    """A 64-bit integer; on SQLite the type name that makes a primary key the row's own address."""
    return BigInteger().with_variant(Integer(), "sqlite")


def long_text() -> TypeEngine[str]:
    """Text beyond 64 KiB on every database."""
    return Text().with_variant(MEDIUMTEXT(), "mysql", "mariadb")


def _of_a_job() -> list[Column[Any]]:
    columns: list[Column[Any]] = [
        Column("id", big(), primary_key=True, autoincrement=False),
        Column("due", big(), nullable=False),
        Column("slot", big()),
        Column("created", big(), nullable=False),
        Column("claim_token", big()),
        Column("runner", big()),
        Column("worker", big()),
        Column("claimed", big()),
        Column("retry_of", big()),
        Column("root_id", big()),
        Column("timeout_ms", big(), nullable=False),
        Column("retry_delay_ms", big(), nullable=False),
        Column("priority", Integer, nullable=False),
        Column("max_retries", Integer, nullable=False),
        Column("attempt", Integer, nullable=False),
        Column("interruptions", Integer, nullable=False, server_default="0"),
        Column("manual", Boolean(create_constraint=False), nullable=False),
        Column("status", String(10), nullable=False, server_default="waiting"),
        Column("on_interrupt", String(10), nullable=False),
    ]
    columns += [Column(name, String(length), nullable=False) for name, length in LENGTHS.items()]
    columns += [
        Column("hold", String(500)),
        Column("tags", Text, nullable=False),
        Column("args", long_text(), nullable=False),
    ]
    return columns


jobs = Table("jitai_jobs", metadata, *_of_a_job())

runs = Table(
    "jitai_runs",
    metadata,
    *_of_a_job(),
    Column("started", big()),
    Column("ended", big(), nullable=False),
    Column("retried_by", big()),
    Column("result", long_text()),
    Column("error_type", String(255), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("error", long_text(), nullable=False),
    Column("traceback", long_text(), nullable=False),
)

occurrences = Table(
    "jitai_occurrences",
    metadata,
    Column("task", String(255), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("slot", big(), primary_key=True, autoincrement=False),
    Column("job_id", big(), nullable=False),
    sqlite_with_rowid=False,
)

schedules = Table(
    "jitai_schedules",
    metadata,
    Column("task", String(255), primary_key=True),
    Column("watermark", big()),
    Column("enabled", Boolean(create_constraint=False)),
    Column("paused", Boolean(create_constraint=False), nullable=False),
    Column("definition_hash", String(100), nullable=False),
    Column("rule", long_text()),
)

runners = Table(
    "jitai_runners",
    metadata,
    Column("id", big(), primary_key=True, autoincrement=False),
    Column("host", String(255), nullable=False),
    Column("pid", big(), nullable=False),
    Column("boot_id", String(100), nullable=False),
    Column("app_id", String(255), nullable=False),
    Column("generation", String(100), nullable=False),
    Column("queues", Text, nullable=False),
    Column("doorbell", String(200), nullable=False),
    Column("started", big(), nullable=False),
    Column("heartbeat", big(), nullable=False),
    #: The heartbeat by the clock that leases are measured with (on SQLite the host's boot clock).
    Column("beat", big(), nullable=False),
    #: JSON: by unit of files, why it could not be loaded.
    Column("refused", long_text()),
)

logs = Table(
    "jitai_logs",
    metadata,
    Column("run_id", big(), primary_key=True, autoincrement=False),
    Column("log", long_text(), nullable=False),
)

TABLE_NAMES = frozenset(metadata.tables) | {VERSION_TABLE}
