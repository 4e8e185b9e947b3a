"""The tables' versions: where a database stands, what it needs, and the way there.

A host application that runs Alembic on the same database keeps its autogenerate away from our tables with
`include_name=jitai_tasks.store.migrations.include_name` in `context.configure(...)`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ...errors import DatabaseUnreachable, SchemaOutdated, SchemaTooNew
from ..proving import explained
from ..tables import TABLE_NAMES, VERSION_TABLE

if TYPE_CHECKING:
    from ..database import Database

_logger = logging.getLogger(__name__)

_HEAD = "0002"


def head() -> str:
    """The version this program works with."""
    return _HEAD


def current(database: Database) -> str | None:
    """The version the database's tables have; None if there are none."""
    with database.read() as connection:
        return _version_in(connection)


def check(database: Database) -> None:
    """Raise SchemaOutdated or SchemaTooNew unless the database's tables are those this program works with."""
    found = current(database)
    if found is not None and found < _HEAD and database.dialect == "mysql":
        found = _version_after_migrations(database)
    if found == _HEAD:
        return
    if found is not None and found > _HEAD:
        raise SchemaTooNew(
            f"{database.url} has tables of version {found}, this program knows {_HEAD}; install the newer jitai-tasks"
        )
    state = "has no tables yet" if found is None else f"has tables of version {found}, this program needs {_HEAD}"
    raise SchemaOutdated(f"{database.url} {state}; run `jitai-tasks db upgrade APP`")


def ensure(database: Database) -> None:
    """Make the tables in an empty database; SchemaOutdated if they are older than this program.

    Newer ones are no obstacle: where versions are deployed one after the other, a process of the version before may
    begin after the upgrade. Raises DatabaseUnreachable if the database does not tell.
    """
    try:
        if current(database) is None:
            upgrade(database)
        check(database)
    except SchemaTooNew as error:
        _logger.warning("%s", error)
    except sa.exc.DBAPIError as error:
        raise DatabaseUnreachable(f"{database.url} does not tell its version: {explained(error)}") from error


def _version_after_migrations(database: Database) -> str | None:
    """MariaDB and MySQL show each step of a migration that is under way: wait until it is over."""
    with database.migrating() as connection:
        return _version_in(connection)


def upgrade(database: Database) -> str:
    """Bring the tables to `head()` in one transaction (where the database can); answers the version reached."""
    found = current(database)
    if found == _HEAD:
        return _HEAD
    if found is not None and found > _HEAD:
        check(database)
    from .walk import migrate  # noqa: PLC0415 - start-up cost: alembic takes 0.1 s

    try:
        with database.migrating() as connection:
            if _version_in(connection) != _HEAD:
                migrate(connection)
    except sa.exc.DBAPIError as error:
        raise DatabaseUnreachable(f"{database.url} cannot be upgraded: {explained(error)}") from error
    return _HEAD


def sql(dialect: str) -> str:
    """The statements that lead from nothing to `head()`, as text: "sqlite", "postgresql" or "mysql"."""
    from .walk import written  # noqa: PLC0415 - start-up cost: alembic takes 0.1 s

    return written(dialect)


def include_name(name: str | None, kind: str, parents: Mapping[str, str | None]) -> bool:
    """For a host application's Alembic: False for what belongs to jitai-tasks, so that autogenerate leaves it alone."""
    if kind == "table":
        return name not in TABLE_NAMES
    return parents.get("table_name") not in TABLE_NAMES


def _version_in(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.scalar(sa.text(f"SELECT max(version_num) FROM {VERSION_TABLE}"))  # noqa: S608 - a constant
    return found
