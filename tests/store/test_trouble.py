"""Errors of databases, told apart: those that pass, and those that stay until somebody changes something."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from jitai_tasks.store import Database
from jitai_tasks.store.sqlite import PATIENCE, beginning
from jitai_tasks.store.trouble import refused, transient
from tests import servers

WRONG = {
    "no such table": "SELECT 1 FROM jitai_nothing",
    "no such column": "SELECT nothing FROM jitai_jobs",
    "a column that is missing in an insert": "INSERT INTO jitai_logs (run_id, log, nothing) VALUES (1, '', 1)",
    "syntax": "SELEC 1",
    "too few values": "INSERT INTO jitai_logs (run_id, log) VALUES (1)",
}


def raised(database: Database, text: str) -> sa.exc.DBAPIError:
    with pytest.raises(sa.exc.DBAPIError) as caught, database.begin() as connection:
        connection.exec_driver_sql(text)
    return caught.value


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_refused_and_does_not_pass(database: Database, text: str) -> None:
    error = raised(database, text)
    assert refused(error)
    assert not transient(error)


def test_a_right_that_is_missing_is_refused() -> None:
    server = servers.start_postgres()
    try:
        server.run("CREATE TABLE secret (id integer)")
        server.run("CREATE ROLE visitor LOGIN")
        server.run("GRANT CREATE ON SCHEMA public TO visitor")
        database = Database.open(f"postgresql://visitor@127.0.0.1:{server.port}/postgres")
        assert refused(raised(database, "SELECT id FROM secret"))
        database.dispose()
    finally:
        server.close()


def test_a_lock_is_not_a_refusal(database: Database, again: Callable[[], Database]) -> None:
    other = again()
    with database.begin() as holder:
        holder.exec_driver_sql("INSERT INTO jitai_logs (run_id, log) VALUES (1, '')")
        with pytest.raises(sa.exc.DBAPIError) as caught:
            wait_for_row(other)
    assert transient(caught.value)
    assert not refused(caught.value)


def wait_for_row(database: Database) -> None:
    waits = {
        "postgresql": "SET LOCAL lock_timeout = '10ms'",
        "mysql": "SET SESSION innodb_lock_wait_timeout = 1",
        "sqlite": "SELECT 1",
    }
    with database.engine.connect() as connection, beginning(connection, PATIENCE, 0.01):
        connection.exec_driver_sql(waits[database.dialect])
        connection.exec_driver_sql("INSERT INTO jitai_logs (run_id, log) VALUES (1, '')")


def test_a_server_that_is_gone_is_not_a_refusal() -> None:
    server = servers.start_postgres()
    database = Database.open(f"postgresql://jitai@127.0.0.1:{server.port}/postgres")
    server.close()
    error = raised(database, "SELECT 1")
    assert transient(error)
    assert not refused(error)


def test_a_full_disk_is_not_a_refusal_for_it_can_pass() -> None:
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    assert not refused(full)
