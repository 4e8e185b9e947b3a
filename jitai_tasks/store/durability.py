"""What the database promises about commits: the settings that `doctor` looks at. Read only."""

from __future__ import annotations

import sqlalchemy as sa

_POSTGRESQL = sa.text(
    "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes')"
)
_MYSQL = sa.text("SHOW VARIABLES WHERE Variable_name IN ('innodb_flush_log_at_trx_commit', 'innodb_doublewrite')")
_ENGINES = sa.text(
    "SELECT table_name, engine FROM information_schema.tables "
    "WHERE table_schema = DATABASE() AND table_name LIKE 'jitai\\_%' AND engine <> 'InnoDB'"
)


def settings(connection: sa.Connection) -> dict[str, str]:
    """The server's settings that decide whether a commit survives a crash, by their own names, in lower case."""
    if connection.dialect.name == "sqlite":
        return {name: _pragma(connection, name) for name in ("journal_mode", "synchronous")}
    wanted = _POSTGRESQL if connection.dialect.name == "postgresql" else _MYSQL
    return {str(name): str(value).lower() for name, value in connection.execute(wanted)}


def tables_without_transactions(connection: sa.Connection) -> dict[str, str]:
    """Our tables that lie in an engine without transactions (MySQL and MariaDB): name → engine."""
    if connection.dialect.name not in ("mysql", "mariadb"):
        return {}
    return {str(name): str(engine) for name, engine in connection.execute(_ENGINES)}


def _pragma(connection: sa.Connection, name: str) -> str:
    return str(connection.exec_driver_sql(f"PRAGMA {name}").scalar()).lower()
