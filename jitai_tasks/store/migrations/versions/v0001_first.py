"""The first tables: jobs, runs, occurrences, schedules, runners, logs."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import MEDIUMTEXT
from sqlalchemy.schema import SchemaItem

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_LONG_TEXT = sa.Text().with_variant(MEDIUMTEXT(), "mysql", "mariadb")
_FINAL = "'success', 'retried', 'error', 'expired', 'terminated', 'canceled', 'skipped'"


def upgrade() -> None:
    _create("jitai_jobs", *_job_columns(), *_job_checks(), *_computed())
    _create("jitai_runs", *_job_columns(), *_outcome_columns(), *_run_checks())
    _create("jitai_occurrences", *_keys("task", "subject"), _key("slot"), _big("job_id"), sqlite_with_rowid=False)
    _create("jitai_schedules", *_schedule_columns())
    _create("jitai_runners", *_runner_columns())
    _create("jitai_logs", _key("run_id"), sa.Column("log", _LONG_TEXT, nullable=False))
    _create_indexes()


def downgrade() -> None:
    for name in ("logs", "runners", "schedules", "occurrences", "runs", "jobs"):
        op.drop_table(f"jitai_{name}")


def _create(name: str, *parts: SchemaItem, **options: Any) -> None:
    """InnoDB with a collation that tells 'a' from 'A' and from 'a ', as the other databases do."""
    collation = "utf8mb4_nopad_bin" if getattr(op.get_bind().dialect, "is_mariadb", False) else "utf8mb4_0900_bin"
    for dialect in ("mysql", "mariadb"):
        options |= {f"{dialect}_engine": "InnoDB", f"{dialect}_charset": "utf8mb4", f"{dialect}_collate": collation}
        options |= {f"{dialect}_row_format": "DYNAMIC"}
    op.create_table(name, *parts, **options)


def _create_indexes() -> None:
    if _partial_indexes():
        _partial("jitai_jobs_claim", ["queue", "priority", "due", "id"], "status = 'waiting' AND hold IS NULL")
        _partial("jitai_jobs_running", ["runner", "worker"], "status = 'running'")
        _partial("jitai_jobs_task", ["task", "subject"], "task <> ''")
        _partial("jitai_jobs_held", ["hold"], "hold IS NOT NULL")
        _partial("jitai_runs_task", ["task", "ended"], "task <> ''", table="jitai_runs")
        _partial("jitai_runs_failed", ["ended"], "status NOT IN ('success', 'skipped')", table="jitai_runs")
    else:
        op.create_index("jitai_jobs_claim", "jitai_jobs", ["claimable", "queue", "priority", "due", "id"])
        op.create_index("jitai_jobs_running", "jitai_jobs", ["runner", "worker"])
        op.create_index("jitai_jobs_task", "jitai_jobs", ["task", "subject"])
        op.create_index("jitai_jobs_held", "jitai_jobs", ["hold"])
        op.create_index("jitai_runs_task", "jitai_runs", ["task", "ended"])
        op.create_index("jitai_runs_failed", "jitai_runs", ["status", "ended"])
    op.create_index("jitai_runs_ended", "jitai_runs", ["ended"])


def _partial_indexes() -> bool:
    return op.get_bind().dialect.name in ("sqlite", "postgresql")


def _partial(name: str, columns: list[str], where: str, *, table: str = "jitai_jobs") -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _computed() -> list[sa.Column[Any]]:
    """What stands in for a partial index: NULL for every row that cannot be claimed."""
    if _partial_indexes():
        return []
    rule = "CASE WHEN status = 'waiting' AND hold IS NULL THEN 1 END"
    return [sa.Column("claimable", sa.SmallInteger, sa.Computed(rule, persisted=False))]


def _job_columns() -> list[sa.Column[Any]]:
    texts = {"task": 255, "task_type": 255, "func": 500, "title": 500, "subject": 255, "queue": 100, "creator": 255}
    return [
        _key("id"),
        _big("due"),
        _big("slot", nullable=True),
        _big("created"),
        *(_big(name, nullable=True) for name in ("claim_token", "runner", "worker", "claimed", "retry_of", "root_id")),
        _big("timeout_ms"),
        _big("retry_delay_ms"),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("priority", "max_retries", "attempt")),
        sa.Column("interruptions", sa.Integer, nullable=False, server_default="0"),
        sa.Column("manual", sa.Boolean, nullable=False),
        sa.Column("status", sa.String(10), nullable=False, server_default="waiting"),
        sa.Column("on_interrupt", sa.String(10), nullable=False),
        *(sa.Column(name, sa.String(length), nullable=False) for name, length in texts.items()),
        sa.Column("hold", sa.String(500)),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("args", _LONG_TEXT, nullable=False),
    ]


def _job_checks() -> list[sa.CheckConstraint]:
    return [
        sa.CheckConstraint("status IN ('waiting', 'running')", name="jitai_jobs_status"),
        sa.CheckConstraint("(status = 'running') = (claim_token IS NOT NULL)", name="jitai_jobs_token"),
        sa.CheckConstraint("(status = 'running') = (claimed IS NOT NULL)", name="jitai_jobs_claimed"),
        sa.CheckConstraint("status = 'waiting' OR hold IS NULL", name="jitai_jobs_hold"),
        sa.CheckConstraint("on_interrupt IN ('rerun', 'error')", name="jitai_jobs_interrupt"),
        sa.CheckConstraint("attempt >= 1 AND interruptions >= 0 AND max_retries >= 0", name="jitai_jobs_counts"),
    ]


def _outcome_columns() -> list[sa.Column[Any]]:
    return [
        _big("started", nullable=True),
        _big("ended"),
        _big("retried_by", nullable=True),
        sa.Column("result", _LONG_TEXT),
        sa.Column("error_type", sa.String(255), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("error", _LONG_TEXT, nullable=False),
        sa.Column("traceback", _LONG_TEXT, nullable=False),
    ]


def _run_checks() -> list[sa.CheckConstraint]:
    return [
        sa.CheckConstraint(f"status IN ({_FINAL})", name="jitai_runs_status"),
        sa.CheckConstraint("(status = 'retried') = (retried_by IS NOT NULL)", name="jitai_runs_retried"),
    ]


def _schedule_columns() -> list[sa.Column[Any]]:
    return [
        *_keys("task"),
        _big("watermark", nullable=True),
        sa.Column("enabled", sa.Boolean),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.Column("definition_hash", sa.String(100), nullable=False),
        sa.Column("rule", _LONG_TEXT),
    ]


def _runner_columns() -> list[sa.Column[Any]]:
    texts = {"host": 255, "boot_id": 100, "app_id": 255, "generation": 100, "doorbell": 200}
    return [
        _key("id"),
        _big("pid"),
        *(sa.Column(name, sa.String(length), nullable=False) for name, length in texts.items()),
        sa.Column("queues", sa.Text, nullable=False),
        _big("started"),
        _big("heartbeat"),
        _big("beat"),
    ]


def _key(name: str) -> sa.Column[Any]:
    return sa.Column(name, _BIG, primary_key=True, autoincrement=False)


def _keys(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.String(255), primary_key=True) for name in names]


def _big(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, _BIG, nullable=nullable)
