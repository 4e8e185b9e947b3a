"""The bare loop: what a database allows for claim + complete with a history row, and nothing around it.

One narrow table, one queue, one priority, the driver itself, no result, no log, no retry. It is the yardstick that
our own figures stand beside; nobody could run tasks with it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import psycopg
import pymysql
import sqlalchemy as sa

TABLES = (
    "CREATE TABLE bare_jobs (id BIGINT PRIMARY KEY, due BIGINT NOT NULL, token BIGINT, args TEXT NOT NULL)",
    "CREATE TABLE bare_runs (id BIGINT PRIMARY KEY, ended BIGINT NOT NULL, status VARCHAR(10) NOT NULL,"
    " args TEXT NOT NULL)",
)
INSERT = "INSERT INTO bare_jobs (id, due, args) VALUES (?, ?, '{}')"


def sqlite_loop(connection: sqlite3.Connection, batch: int) -> int:
    """Claim, then complete with the rows just claimed; two short transactions as a worker needs them."""
    done = 0
    while True:
        connection.execute("BEGIN IMMEDIATE")
        claimed = connection.execute(
            "UPDATE bare_jobs SET token = 7 WHERE id IN (SELECT id FROM bare_jobs WHERE token IS NULL AND due <= 1000"
            f" ORDER BY due, id LIMIT {batch}) RETURNING id, args"
        ).fetchall()
        connection.execute("COMMIT")
        if not claimed:
            return done
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO bare_runs VALUES (?, 5, 'success', ?)", claimed)
        connection.executemany("DELETE FROM bare_jobs WHERE id = ? AND token = 7", [row[:1] for row in claimed])
        connection.execute("COMMIT")
        done += len(claimed)


def postgresql_loop(connection: psycopg.Connection, batch: int) -> int:
    """One statement that completes a batch, writes its history and claims the next."""
    text = (
        "WITH gone AS (DELETE FROM bare_jobs WHERE id = ANY(%s::bigint[]) AND token = 7 RETURNING id, args), ran AS ("
        " INSERT INTO bare_runs SELECT id, 5, 'success', args FROM gone) UPDATE bare_jobs SET token = 7 WHERE id ="
        " ANY(ARRAY(SELECT id FROM bare_jobs WHERE token IS NULL AND due <= 1000 ORDER BY due, id"
        f" LIMIT {batch} FOR UPDATE SKIP LOCKED)) RETURNING id, args"
    )
    done = 0
    ids: list[int] = []
    while True:
        claimed = connection.execute(text, (ids,)).fetchall()
        done += len(ids)
        ids = [row[0] for row in claimed]
        if not ids:
            return done


def mysql_loop(connection: pymysql.Connection, batch: int) -> int:
    done = 0
    cursor = connection.cursor()
    while True:
        cursor.execute("BEGIN")
        cursor.execute(
            f"SELECT id, args FROM bare_jobs WHERE token IS NULL AND due <= 1000 ORDER BY due, id LIMIT {batch}"
            " FOR UPDATE SKIP LOCKED"
        )
        claimed = cursor.fetchall()
        if not claimed:
            connection.rollback()
            return done
        ids = ",".join(str(row[0]) for row in claimed)
        cursor.execute(f"UPDATE bare_jobs SET token = 7 WHERE id IN ({ids})")
        connection.commit()
        cursor.executemany("INSERT INTO bare_runs VALUES (%s, 5, 'success', %s)", claimed)
        cursor.execute(f"DELETE FROM bare_jobs WHERE id IN ({ids}) AND token = 7")
        connection.commit()
        done += len(claimed)


@dataclass(frozen=True, slots=True)
class Bare:
    """An open connection with the bare tables, and the loop that goes with it."""

    connection: Any
    loop: Callable[[Any, int], int]
    mark: str
    index: str


def connect(url: str) -> Bare:
    """Connect as the loop needs it."""
    parsed = sa.make_url(url)
    partial = "CREATE INDEX bare_due ON bare_jobs (due, id) WHERE token IS NULL"
    if parsed.get_backend_name() == "sqlite":
        file = sqlite3.connect(str(parsed.database), isolation_level=None)
        file.execute("PRAGMA journal_mode=WAL")
        file.execute(f"PRAGMA synchronous={parsed.query.get('synchronous', 'NORMAL')}")
        return Bare(file, sqlite_loop, "?", partial)
    if parsed.get_backend_name() == "postgresql":
        plain = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
        return Bare(psycopg.connect(plain, autocommit=True), postgresql_loop, "%s", partial)
    server = pymysql.connect(
        user=parsed.username, unix_socket=str(parsed.query["unix_socket"]), db=parsed.database, autocommit=True
    )
    server.cursor().execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
    return Bare(server, mysql_loop, "%s", "CREATE INDEX bare_due ON bare_jobs (token, due, id)")


def measured(url: str, batch: int, count: int, *, processes: int = 1) -> float:
    """Jobs per second of the loop on a new database, in one process or in several at once."""
    opened = connect(url)
    cursor = opened.connection.cursor()
    for statement in (*TABLES, opened.index):
        cursor.execute(statement)
    cursor.execute("BEGIN")
    cursor.executemany(INSERT.replace("?", opened.mark), [(i, i % 1000) for i in range(count)])
    cursor.execute("COMMIT")
    if opened.loop is postgresql_loop:
        cursor.execute("ANALYZE bare_jobs")  # without statistics it would sort all that waits for every claim
    opened.connection.close()
    with get_context("spawn").Pool(processes) as pool:
        pool.map(time.sleep, [0.1] * processes)  # all are there
        spans = pool.starmap(_timed_loop, [(url, batch)] * processes, chunksize=1)
    return sum(done for done, _, _ in spans) / (max(end for _, _, end in spans) - min(begin for _, begin, _ in spans))


def _timed_loop(url: str, batch: int) -> tuple[int, float, float]:
    opened = connect(url)
    began = time.time()
    done = opened.loop(opened.connection, batch)
    ended = time.time()
    opened.connection.close()
    return done, began, ended
