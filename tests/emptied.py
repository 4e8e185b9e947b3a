"""One migrated MariaDB database for all tests of a process, emptied for each: making one anew takes a second."""

from __future__ import annotations

from functools import cache

import pytest
import sqlalchemy as sa

from jitai_tasks.store import Database, migrations
from jitai_tasks.store.tables import PREFIX, metadata
from tests import servers


def mariadb() -> str:
    """The URL of a database with our tables and nothing in them, and no tables of anybody else."""
    url = _migrated()
    database = Database.open(url)
    with database.begin() as connection:
        connection.exec_driver_sql("SET FOREIGN_KEY_CHECKS = 0")
        for name in sa.inspect(connection).get_table_names():
            if not name.startswith(PREFIX):
                connection.execute(sa.text(f"DROP TABLE `{name}`"))
        for table in metadata.tables.values():
            connection.execute(table.delete())
        connection.exec_driver_sql("SET FOREIGN_KEY_CHECKS = 1")
    database.dispose()
    return url


@cache
def _migrated() -> str:
    server = servers.mariadb()
    if server is None:
        pytest.skip(servers.NO_MARIADB)
    url = server.fresh_database()
    database = Database.open(url)
    migrations.upgrade(database)
    database.dispose()
    return url
