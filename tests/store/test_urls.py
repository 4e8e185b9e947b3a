from __future__ import annotations

import secrets
import socket
import sqlite3
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from jitai_tasks.errors import DatabaseUnreachable
from jitai_tasks.store import Database, migrations
from jitai_tasks.store import url as urls
from tests import servers


def refused(url: str) -> str:
    with pytest.raises(DatabaseUnreachable) as caught:
        Database.open(url)
    return str(caught.value)


@pytest.mark.parametrize(
    ("written", "driver"),
    [
        ("postgres://h/d", "postgresql+psycopg"),
        ("postgresql://h/d", "postgresql+psycopg"),
        ("postgresql+psycopg://h/d", "postgresql+psycopg"),
        ("mysql://h/d", "mysql+pymysql"),
        ("mariadb://h/d", "mysql+pymysql"),
        ("mysql+pymysql://h/d", "mysql+pymysql"),
    ],
)
def test_the_usual_spellings_lead_to_our_drivers(written: str, driver: str) -> None:
    assert urls.parsed(written).drivername == driver


def test_passwords_are_never_shown() -> None:
    url = urls.parsed("postgresql://ada:s3cret@h/d?sslpassword=s3cret&application_name=x")
    assert "s3cret" not in urls.shown(url)
    assert "ada" in urls.shown(url)
    assert "application_name=x" in urls.shown(url)


@pytest.mark.parametrize("url", ["", "nonsense", "postgresql://ada:s3cret@h:port/d"])
def test_a_malformed_url_is_refused_without_showing_it(url: str) -> None:
    message = refused(url)
    assert "sqlite:///path/to/file.db" in message
    assert "s3cret" not in message


def test_an_unknown_kind_of_database_is_refused_with_the_forms_that_work() -> None:
    assert "no driver for 'oracle'" in refused("oracle://ada:s3cret@h/d")
    assert "s3cret" not in refused("oracle://ada:s3cret@h/d")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert f"the folder {tmp_path}/missing does not exist" in refused(f"sqlite:///{tmp_path}/missing/jobs.db")


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    assert "is a folder" in refused(f"sqlite:///{tmp_path}")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"])
def test_a_database_in_memory_is_refused(url: str) -> None:
    assert "name a file" in refused(url)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "jobs.db").write_text("a letter to Ada, longer than the header of a database file" * 20)
    assert "this is no SQLite file" in refused(f"sqlite:///{tmp_path}/jobs.db")


def test_a_wrong_setting_is_refused(tmp_path: Path) -> None:
    assert "synchronous=MAYBE: use one of OFF, NORMAL" in refused(f"sqlite:///{tmp_path}/jobs.db?synchronous=maybe")


def test_durability_is_a_setting(tmp_path: Path) -> None:
    for setting, value in (("", 1), ("?synchronous=FULL", 2), ("?synchronous=off", 0)):
        database = Database.open(f"sqlite:///{tmp_path}/jobs.db{setting}")
        with database.read() as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == value
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        database.dispose()


def test_a_file_that_somebody_else_writes_to_is_opened_and_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job may hold its transaction as long as it likes; nobody waits for its end."""
    monkeypatch.setattr("jitai_tasks.store.sqlite.time", SimpleNamespace(monotonic=count().__next__))  # no sleep
    holder = sqlite3.connect(tmp_path / "jobs.db", isolation_level=None)
    holder.executescript("PRAGMA journal_mode=WAL; CREATE TABLE t (x)")
    holder.execute("BEGIN IMMEDIATE")
    database = Database.open(f"sqlite:///{tmp_path}/jobs.db")
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0
    database.dispose()
    holder.close()


def test_a_file_that_somebody_keeps_for_himself_is_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = sqlite3.connect(tmp_path / "jobs.db", isolation_level=None)
    holder.execute("CREATE TABLE t (x)")
    holder.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr("jitai_tasks.store.sqlite.PATIENCE_AT_START", 0.05)
    assert "another process holds a lock on the file" in refused(f"sqlite:///{tmp_path}/jobs.db")
    holder.close()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ada:one@s3cret@127.0.0.1/d", "mysql://ada:one@s3cret@127.0.0.1/d",
        "postgresql://ada:one@/s3cret@127.0.0.1/d",
    ],
)  # fmt: skip
def test_a_password_with_an_at_sign_is_refused_without_showing_a_part_of_it(url: str) -> None:
    message = refused(url)
    assert "as %40" in message
    assert "s3cret" not in message


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://root@127.0.0.1", "names no database"),
        ("mysql://root@127.0.0.1/d?connect_timeout=abc", "query"),
        ("postgresql://h/d?connect_timeout=abc", "query"),
        ("sqlite:////tmp/a%00b.db", "malformed"),
        ("sqlite:///jobs.db?timeout=5", "synchronous=… and nothing else: timeout"),
        ("sqlite:////" + "a" * 5000, "name another place"),
        ("sqlite:////dev/null/jobs.db", "name another place"),
        ("sqlite:///~nobody-of-that-name/jobs.db", "no home folder for ~nobody-of-that-name"),
    ],
)
def test_what_makes_no_sense_in_a_url_is_told(url: str, said: str) -> None:
    assert said in refused(url)


@pytest.mark.parametrize("make", ["mysql"])
def test_an_unknown_character_set_is_told(make: str) -> None:
    server = servers.mariadb()
    if server is None:
        pytest.skip(servers.NO_MARIADB)
    assert "check the URL" in refused(f"{server.url('mysql').partition('?')[0]}?charset=nonsense")


def test_a_server_that_accepts_and_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jitai_tasks.store.connecting._CONNECT_WITHIN", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert "127.0.0.1" in refused(f"mysql://root:x@127.0.0.1:{silent.getsockname()[1]}/d")


def test_what_limits_the_reading_at_the_start_limits_no_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jitai_tasks.store.connecting._CONNECT_WITHIN", 1)
    server = servers.mariadb()
    if server is None:
        pytest.skip(servers.NO_MARIADB)
    url = server.fresh_database()
    database = Database.open(url)
    with database.read() as connection:
        assert connection.scalar(sa.text("SELECT SLEEP(1.2)")) == 0
        assert "STRICT_ALL_TABLES" in str(connection.scalar(sa.text("SELECT @@sql_mode")))
        assert connection.scalar(sa.text("SELECT @@time_zone")) == "+00:00"
    database.dispose()
    server.drop(url)


@pytest.mark.parametrize("make", ["postgresql", "mysql"])
def test_nobody_at_the_address(make: str) -> None:
    message = refused(f"{make}://ada:s3cret@127.0.0.1:{servers._free_port()}/d")
    assert "start the server, or check host and port" in message
    assert "s3cret" not in message


def test_a_missing_database_is_named() -> None:
    message = refused(servers.postgres().url("nowhere"))
    assert 'database "nowhere" does not exist' in message


def test_a_read_only_server_is_refused() -> None:
    server = servers.postgres()
    url = server.fresh_database()
    server.run(f"ALTER DATABASE {sa.make_url(url).database} SET default_transaction_read_only = on")
    assert "transactions are read-only here" in refused(url)
    server.drop(url)


@pytest.fixture
def guest() -> Iterator[tuple[str, str]]:
    """The URL of a database, and the name of a role that has no rights in it."""
    server, name = servers.postgres(), f"guest_{secrets.token_hex(4)}"
    url = server.fresh_database()
    server.run(f"CREATE ROLE {name} LOGIN")
    yield url, name
    server.drop(url)
    server.run(f"DROP ROLE {name}")


def test_a_user_without_rights_is_refused(guest: tuple[str, str]) -> None:
    url, name = guest
    database = Database.open(url)
    migrations.upgrade(database)
    with database.begin() as connection:
        connection.exec_driver_sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}")
    database.dispose()
    message = refused(servers.as_user(url, name))
    assert "permission denied" in message
    assert "give this user the right" in message


def test_a_user_who_may_not_create_tables_is_told_before_the_first_upgrade(guest: tuple[str, str]) -> None:
    url, name = guest
    owner = Database.open(url)
    with owner.begin() as connection:
        connection.exec_driver_sql("REVOKE ALL ON SCHEMA public FROM public")
        connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA public TO {name}")
    owner.dispose()
    assert "this user may not create tables" in refused(servers.as_user(url, name))


@pytest.mark.parametrize("make", ["postgresql", "mysql"], indirect=True)
def test_an_unknown_word_in_the_query_is_named(url: str) -> None:
    assert "remove it from the URL's query" in refused(servers.with_words(url, colour="red"))
