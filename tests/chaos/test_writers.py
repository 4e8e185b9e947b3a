"""Writers that read before they write, many at once, on one SQLite file: nobody fails, nothing is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from jitai_tasks.store import Database

WRITERS, EACH = 8, 50

pytestmark = pytest.mark.chaos


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(f"sqlite:///{tmp_path / 'jobs.sqlite3'}?synchronous=OFF")
    with opened.begin() as connection:
        connection.execute(sa.text("CREATE TABLE counter (value INTEGER)"))
        connection.execute(sa.text("INSERT INTO counter VALUES (0)"))
    yield opened
    opened.dispose()


@pytest.mark.timeout(120)
def test_transactions_that_read_and_then_write_never_hear_that_the_file_is_locked(database: Database) -> None:
    failed: list[Exception] = []

    def count() -> None:
        for _ in range(EACH):
            try:
                with database.begin() as connection:
                    value = connection.scalar(sa.text("SELECT value FROM counter"))
                    connection.execute(sa.text("UPDATE counter SET value = :value"), {"value": int(value or 0) + 1})
            except sa.exc.SQLAlchemyError as error:
                failed.append(error)

    threads = [threading.Thread(target=count) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, f"{len(failed)} of {WRITERS * EACH} failed: {failed[0]}"
    with database.read() as connection:
        assert connection.scalar(sa.text("SELECT value FROM counter")) == WRITERS * EACH
