"""A transaction whose deadlock was swallowed by the code in it: the server has undone it, so it must not commit."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from jitai_tasks.store import Database, trouble

PLACES = """
CREATE TABLE places (id INT PRIMARY KEY, note VARCHAR(100)) ENGINE=InnoDB
"""


def crossed(database: Database) -> None:
    """Write row 1, then row 2, while a heavier transaction does it the other way round; swallow the deadlock."""
    ours, theirs = threading.Event(), threading.Event()

    def heavier() -> None:
        with database.begin() as connection:
            connection.execute(sa.text("UPDATE places SET note = 'theirs' WHERE id >= 2"))
            theirs.set()
            ours.wait(10)
            connection.execute(sa.text("UPDATE places SET note = 'theirs' WHERE id = 1"))

    other = threading.Thread(target=heavier)
    with database.begin() as connection:
        connection.execute(sa.text("UPDATE places SET note = 'ours' WHERE id = 1"))
        other.start()
        theirs.wait(10)
        ours.set()
        with pytest.raises(sa.exc.OperationalError, match="Deadlock"):
            connection.execute(sa.text("UPDATE places SET note = 'ours' WHERE id = 2"))
        other.join(10)
        connection.execute(sa.text("UPDATE places SET note = 'half' WHERE id = 3"))


@pytest.mark.parametrize("make", ["mysql"], indirect=True)
def test_a_transaction_undone_by_the_server_does_not_commit_its_second_half(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(sa.text(PLACES))
        connection.execute(sa.text("INSERT INTO places (id) VALUES (1), (2), (3), (4), (5), (6), (7), (8)"))
    with pytest.raises(sa.exc.OperationalError) as raised:
        crossed(database)
    assert trouble.conflict(raised.value), "the work is done again from its start"
    with database.begin() as connection:
        notes = set(connection.scalars(sa.text("SELECT note FROM places")))
        connection.execute(sa.text("UPDATE places SET note = 'after'"))
    assert notes == {"theirs"}, "the next transaction on the connection is a new one"
    with database.read() as connection:
        assert set(connection.scalars(sa.text("SELECT note FROM places"))) == {"after"}
