"""How new jobs get into the table, and how runners hear of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from ..clock import SystemClock
from . import rows
from .database import database_of
from .records import NewJob
from .statements import CHANNEL, INSERT_JOB, change, copy_in, execute_many, is_psycopg, make
from .tables import NEW_COLUMNS

_WORTH_A_COPY = 20  # jobs
NOTIFY = f"pg_notify('{CHANNEL}', '')"
_INSERT_AND_NOTIFY = f"{INSERT_JOB} RETURNING {NOTIFY}"
_COPY = f"COPY jitai_jobs ({', '.join(NEW_COLUMNS)}) FROM STDIN"


def insert_and_announce(connection: sa.Connection, new: Sequence[NewJob], *, now: int | None = None) -> None:
    """Insert jobs and have the runners woken when this transaction commits; one job costs one statement."""
    if not new:
        return
    if len(new) == 1 and notifies(connection):
        change(connection, _INSERT_AND_NOTIFY, _values(connection, new, now)[0])
        return
    insert(connection, new, now=now)
    announce(connection)


def insert(connection: sa.Connection, new: Sequence[NewJob], *, now: int | None = None) -> None:
    """Insert jobs: one by a plain statement, several by one call of the driver, many by COPY where there is one."""
    if not new:
        return
    values = _values(connection, new, now)
    if len(new) == 1:
        change(connection, INSERT_JOB, values[0])
    elif len(new) >= _WORTH_A_COPY and is_psycopg(connection):
        copy_in(connection, _COPY, values)
    else:
        execute_many(connection, INSERT_JOB, values)


def note(connection: sa.Connection, new: Iterable[NewJob]) -> None:
    """Have these jobs found also if they come before the place where claims begin to look."""
    database = database_of(connection)
    if database is not None:
        database.floors.note(new)


def announce(connection: sa.Connection) -> None:
    """Have the runners woken when this transaction commits."""
    if notifies(connection):
        change(connection, f"SELECT {NOTIFY}")
        return
    database = database_of(connection)
    if database is not None:
        database.on_commit(connection, database.ring)


def came_back(connection: sa.Connection) -> None:
    """Jobs wait again, perhaps before where claims look: have them looked for, and the runners woken."""
    database = database_of(connection)
    if database is not None:
        database.floors.forget()
    announce(connection)


def notifies(connection: sa.Connection) -> bool:
    """Whether the commit itself wakes the runners."""
    if make(connection) != "postgresql":
        return False
    database = database_of(connection)
    return database is None or database.notify


def _values(connection: sa.Connection, new: Sequence[NewJob], now: int | None) -> list[tuple[object, ...]]:
    note(connection, new)
    database = database_of(connection)
    if now is None:
        now = SystemClock().now() if database is None else database.now()
    return [rows.new(job, now) for job in new]
