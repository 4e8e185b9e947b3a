"""How new jobs get into the table, and how runners hear of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import sqlalchemy as sa

from ..clock import SECOND, SystemClock
from . import rows
from .database import database_of
from .records import NewJob
from .statements import CHANNEL, INSERT_JOB, Rows, change, copy_in, execute_many, fetch, is_psycopg, make
from .tables import NEW_COLUMNS

#: Runners look by themselves what is due next, every 2 s: a job that is due later than this wakes nobody.
FAR = 10 * SECOND
_WORTH_A_COPY = 20  # jobs
NOTIFY = f"pg_notify('{CHANNEL}', '')"
_INSERT_AND_NOTIFY = f"{INSERT_JOB} RETURNING {NOTIFY}"
_COPY = f"COPY jitai_jobs ({', '.join(NEW_COLUMNS)}) FROM STDIN"


def insert_and_announce(connection: sa.Connection, new: Sequence[NewJob], *, now: int | None = None) -> None:
    """Insert jobs and have the runners woken when this transaction commits; one job costs one statement."""
    if not new:
        return
    created = _now(connection) if now is None else now
    if not is_soon(min([job.due for job in new]), created):
        insert(connection, new, now=created)
    elif len(new) == 1 and notifies(connection):
        change(connection, _INSERT_AND_NOTIFY, _values(connection, new, created)[0])
    else:
        insert(connection, new, now=created)
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


def is_soon(due: int, now: int) -> bool:
    """Whether runners have to be told of a job that is due then: they may not look again before."""
    return due < now + FAR


def announce(connection: sa.Connection) -> None:
    """Have the runners woken when this transaction commits."""
    if notifies(connection):
        change(connection, f"SELECT {NOTIFY}")
        return
    database = database_of(connection)
    if database is not None:
        database.on_commit(connection, database.ring)


def announced(
    connection: sa.Connection, text: str, values: Sequence[object], *, soon: bool, ask: Callable[..., Rows] = fetch
) -> set[int]:
    """The ids of the jobs that a statement of PostgreSQL returns; the runners are woken if there are any, soon due."""
    notified = soon and notifies(connection)
    found = ask(connection, f"{text}, {NOTIFY}" if notified else text, values)
    if found and soon and not notified:
        announce(connection)
    return {int(row[0]) for row in found}


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
    created = _now(connection) if now is None else now
    return [rows.new(job, created) for job in new]


def _now(connection: sa.Connection) -> int:
    database = database_of(connection)
    return SystemClock().now() if database is None else database.now()
