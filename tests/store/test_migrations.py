from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations

from jitai_tasks import App, jobs
from jitai_tasks.errors import SchemaOutdated, SchemaTooNew
from jitai_tasks.runner.registration import prepared
from jitai_tasks.store import Database, migrations, tables
from jitai_tasks.store.migrations.walk import script
from tests import servers

SERVICE: dict[str, object] = {
    "services/S/e.json": {"title": "S", "type": "services.NormalType"},
    "services/S/__init__.py": "def f():\n    return 0\n",
}


@pytest.fixture
def empty(make: str, tmp_path: Path) -> Iterator[Database]:
    if make == "sqlite":
        url, server = f"sqlite:///{tmp_path}/empty.db", None
    else:
        server = servers.postgres() if make == "postgresql" else servers.mariadb()
        if server is None:
            pytest.skip(servers.NO_MARIADB)
        url = server.fresh_database()
    database = Database.open(url)
    yield database
    database.dispose()
    if server is not None:
        server.drop(url)


def test_an_empty_database_gets_the_tables(empty: Database) -> None:
    assert migrations.current(empty) is None
    with pytest.raises(SchemaOutdated, match="has no tables yet; run `jitai-tasks db upgrade APP`"):
        migrations.check(empty)
    assert migrations.upgrade(empty) == migrations.head()
    assert migrations.current(empty) == migrations.head()
    migrations.check(empty)
    assert migrations.upgrade(empty) == migrations.head(), "again changes nothing"


def test_an_app_makes_the_tables_in_an_empty_database(empty: Database, app_from: Callable[..., App]) -> None:
    app = app_from(SERVICE, database=_url(empty))
    assert migrations.current(app.opened_database) is None
    jobs.create_temporary(app, "services.S.f")
    assert migrations.current(empty) == migrations.head()


def test_an_app_refuses_older_tables_and_works_with_newer_ones(
    database: Database, app_from: Callable[..., App], caplog: pytest.LogCaptureFixture
) -> None:
    """In a rolling deployment a process of the version before may begin after the upgrade."""
    try:
        _say_version(database, "0001")
        with pytest.raises(SchemaOutdated, match="run `jitai-tasks db upgrade APP`"):
            jobs.create_temporary(app_from(SERVICE, database=_url(database)), "services.S.f")
        _say_version(database, "9999")
        jobs.create_temporary(app_from(SERVICE, database=_url(database)), "services.S.f")
        assert "has tables of version 9999" in caplog.text
    finally:
        _say_version(database, migrations.head())


@pytest.mark.parametrize("make", ["mysql"], indirect=True)
@pytest.mark.parametrize("verb", [migrations.ensure, migrations.check, prepared])
def test_whoever_comes_in_the_middle_of_a_migration_waits_for_its_end(
    database: Database, verb: Callable[[Database], object]
) -> None:
    """MariaDB and MySQL show each of its steps."""
    with ThreadPoolExecutor() as pool, database.migrating() as connection:
        _say_version(database, "0001")
        coming = pool.submit(verb, database)
        while not connection.scalar(sa.text("SELECT 1 FROM information_schema.processlist WHERE state = 'User lock'")):
            pass
        _say_version(database, migrations.head())
        assert not coming.done()
    coming.result()


def _say_version(database: Database, version: str) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {tables.VERSION_TABLE} SET version_num = '{version}'")


def test_tables_as_the_version_before_made_them_are_brought_up_to_date(empty: Database) -> None:
    """Not only told to be old: with the columns that they really had."""
    with empty.migrating() as connection:
        options = {
            "fn": lambda revision, _context: script()._upgrade_revs("0001", revision),
            "version_table": tables.VERSION_TABLE, "transactional_ddl": False,
        }  # fmt: skip
        context = MigrationContext.configure(connection, opts=options)
        with Operations.context(context):
            context.run_migrations()
    again = Database.open(_url(empty))
    try:
        with pytest.raises(SchemaOutdated, match=r"has tables of version 0001.*run `jitai-tasks db upgrade APP`"):
            migrations.check(again)
        assert migrations.upgrade(again) == migrations.head()
        migrations.check(again)
    finally:
        again.dispose()


def test_tables_that_lack_what_they_should_have_are_no_obstacle_to_be_told_so(empty: Database) -> None:
    """A newer version may drop a column."""
    migrations.upgrade(empty)
    with empty.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE jitai_runners DROP COLUMN refused")
        connection.exec_driver_sql(f"UPDATE {tables.VERSION_TABLE} SET version_num = '9999'")
    again = Database.open(_url(empty))
    try:
        with pytest.raises(SchemaTooNew, match="install the newer jitai-tasks"):
            migrations.check(again)
    finally:
        again.dispose()


@pytest.mark.parametrize("make", ["mysql"], indirect=True)
def test_all_tables_can_roll_back_whatever_the_server_likes_best(empty: Database) -> None:
    with empty.read() as connection:
        name = connection.scalar(sa.text("SELECT database()"))
        connection.exec_driver_sql("SET SESSION default_storage_engine = MyISAM")
    migrations.upgrade(empty)
    with empty.read() as connection:
        kinds = "SELECT DISTINCT engine FROM information_schema.tables WHERE table_schema = :name"
        assert connection.execute(sa.text(kinds), {"name": name}).scalars().all() == ["InnoDB"]


def _url(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


def test_a_newer_database_is_left_alone(database: Database) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {tables.VERSION_TABLE} SET version_num = '9999'")
    try:
        for verb in (migrations.check, migrations.upgrade):
            with pytest.raises(SchemaTooNew, match="install the newer jitai-tasks"):
                verb(database)
    finally:
        with database.begin() as connection:
            connection.exec_driver_sql(f"UPDATE {tables.VERSION_TABLE} SET version_num = '{migrations.head()}'")


def test_the_newest_version_is_the_one_the_program_names() -> None:
    assert script().get_heads() == [migrations.head()]


def test_the_migrations_make_the_tables_that_the_code_uses(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_name": lambda name, *_: name != tables.VERSION_TABLE}
        )
        found = [change for change in compare_metadata(context, tables.metadata) if not _computed_or_index(change)]
    assert found == []


def _computed_or_index(change: object) -> bool:
    """The metadata leaves out indexes and the computed column: only the migration needs to know them."""
    assert isinstance(change, tuple)
    return change[0] in ("remove_index", "add_index") or (
        change[0] == "remove_column" and change[3].name == "claimable"
    )


def test_a_host_applications_autogenerate_leaves_our_tables_alone(database: Database) -> None:
    theirs = sa.MetaData()
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": migrations.include_name})
        assert compare_metadata(context, theirs) == []
        careless = MigrationContext.configure(connection, opts={})
        assert compare_metadata(careless, theirs) != []


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql", "mysql"])
def test_the_statements_can_be_read_beforehand(dialect: str) -> None:
    text = migrations.sql(dialect)
    assert all(f"CREATE TABLE {name}" in text for name in tables.TABLE_NAMES)


@pytest.mark.parametrize("make", ["mysql"], indirect=True)
def test_the_lock_of_a_migration_is_given_back_after_its_commit(database: Database) -> None:
    said: list[str] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *given: said.append(given[2].partition("(")[0]))
    sa.event.listen(database.engine, "commit", lambda _connection: said.append("COMMIT"))
    with database.migrating() as connection:
        connection.exec_driver_sql("DELETE FROM jitai_logs")
    assert said == ["SELECT GET_LOCK", "COMMIT", "DELETE FROM jitai_logs", "COMMIT", "SELECT RELEASE_LOCK", "COMMIT"]


def test_two_upgrades_at_once_make_one_schema(empty: Database) -> None:
    import threading

    failed: list[BaseException] = []

    def upgrade() -> None:
        try:
            migrations.upgrade(empty)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=upgrade) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    migrations.check(empty)
