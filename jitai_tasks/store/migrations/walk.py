"""Walking the versions with Alembic, without its ini file and its env.py."""

from __future__ import annotations

import io
from pathlib import Path

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from ..tables import VERSION_TABLE


def migrate(connection: sa.Connection) -> None:
    """Run every version that `connection`'s database lacks, in the transaction that is open."""
    if connection.dialect.name in ("mysql", "mariadb"):  # of Alembic's own table nobody can say it otherwise
        connection.exec_driver_sql("SET SESSION default_storage_engine = InnoDB")
    _run(MigrationContext.configure(connection, opts=_options()))


def written(dialect: str) -> str:
    """What `migrate` would run on an empty database, as text."""
    text = io.StringIO()
    _run(MigrationContext.configure(dialect_name=dialect, opts={**_options(), "as_sql": True, "output_buffer": text}))
    return text.getvalue()


def script() -> ScriptDirectory:
    """The versions of this package."""
    return ScriptDirectory(str(Path(__file__).parent))


def _run(context: MigrationContext) -> None:
    with Operations.context(context):
        context.run_migrations()


def _options() -> dict[str, object]:
    versions = script()
    return {
        "fn": lambda revision, _context: versions._upgrade_revs("head", revision),  # noqa: SLF001 - as env.py does
        "version_table": VERSION_TABLE,
        "transactional_ddl": False,  # the caller's transaction is the only one
    }
