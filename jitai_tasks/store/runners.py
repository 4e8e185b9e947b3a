"""Runners: who is at work, who still beats, and what becomes of the jobs of those who do not."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from . import claims
from .connecting import wait_at_most_a_second
from .database import Database, database_of
from .records import Released, RunnerRecord
from .tables import jobs, runners

_FIELDS = (
    "id", "host", "pid", "boot_id", "app_id", "generation", "queues", "doorbell", "started", "heartbeat", "refused"
)  # fmt: skip
_COLUMNS = [runners.c[name] for name in _FIELDS]


def register(connection: sa.Connection, runner: RunnerRecord) -> None:
    """Announce a runner, or announce it again after a peer took it for dead."""
    values = {name: getattr(runner, name) for name in _FIELDS} | {"queues": json.dumps(runner.queues)}
    values |= {"refused": json.dumps(dict(runner.refused)), **_beat(connection)}
    connection.execute(runners.delete().where(runners.c.id == runner.id))
    connection.execute(runners.insert().values(**values))


def beat(connection: sa.Connection, runner_id: int, *, generation: str | None = None) -> bool:
    """Write the heartbeat, and the generation of files it works on now, if given.

    False: a peer took this runner for dead and its jobs are no longer its own.
    """
    mine = runners.update().where(runners.c.id == runner_id)
    facts = {} if generation is None else {"generation": generation}
    return connection.execute(mine.values(**_beat(connection), **facts)).rowcount == 1


def note_refused(connection: sa.Connection, runner_id: int, refused: Mapping[str, str]) -> None:
    """Store what a runner could not load."""
    connection.execute(runners.update().where(runners.c.id == runner_id).values(refused=json.dumps(dict(refused))))


def retire(connection: sa.Connection, runner_id: int, *, begun: Collection[int] | None = ()) -> Released:
    """A runner leaves: its row goes, what it still holds is handed back. Only jobs in `begun` count as interrupted;
    None if it has died, and nobody knows what it had begun."""
    released = claims.release_runner(connection, runner_id, now=_database(connection).now(), begun=begun)
    connection.execute(runners.delete().where(runners.c.id == runner_id))
    return released


def all(connection: sa.Connection) -> list[RunnerRecord]:  # noqa: A001 - reads as runners.all(...)
    """Every registered runner, the oldest first."""
    return [_record(row) for row in connection.execute(sa.select(*_COLUMNS).order_by(runners.c.started, runners.c.id))]


def is_alive(connection: sa.Connection, runner_id: int, *, lease_us: int) -> bool:
    """Whether the runner is registered and has beaten within its lease."""
    last = connection.scalar(sa.select(runners.c.beat).where(runners.c.id == runner_id))
    return last is not None and last > _database(connection).lease_now() - lease_us


def reap(connection: sa.Connection, *, lease_us: int) -> list[Released]:
    """Release the jobs of runners whose lease ran out, and of runners that nobody knows. Never waits for a lock.

    Call it only after a full lease of uninterrupted contact with the database: a reaper that was cut off itself
    takes healthy runners for dead.
    """
    database = _database(connection)
    wait_at_most_a_second(connection)
    latest = database.lease_now() - lease_us
    expired = sa.select(runners.c.id).where(runners.c.beat < latest).with_for_update(skip_locked=True)
    dead = [row[0] for row in connection.execute(expired)]
    released = [claims.release_runner(connection, runner_id, now=database.now()) for runner_id in dead]
    connection.execute(runners.delete().where(runners.c.id.in_(dead)))
    return released + _release_orphans(connection, database, lease_us)


def _release_orphans(connection: sa.Connection, database: Database, lease_us: int) -> list[Released]:
    """Jobs claimed by a runner that was reaped before: it woke from a long sleep, claimed, and died."""
    known = sa.select(runners.c.id).where(runners.c.id == jobs.c.runner).exists()
    orphans = sa.select(jobs.c.runner).where(
        jobs.c.status == "running", ~known, jobs.c.claimed < database.now() - lease_us
    )
    found = [row[0] for row in connection.execute(orphans.distinct())]
    return [claims.release_runner(connection, runner_id, now=database.now()) for runner_id in found]


def _beat(connection: sa.Connection) -> dict[str, int]:
    database = _database(connection)
    return {"heartbeat": database.now(), "beat": database.lease_now()}


def _database(connection: sa.Connection) -> Database:
    found = database_of(connection)
    if found is None:
        raise ValueError("runners register on a connection of their own Database, not on the application's engine")
    return found


def _record(row: sa.Row[Any]) -> RunnerRecord:
    values = dict(zip(_FIELDS, row, strict=True))
    values["queues"] = tuple(json.loads(values["queues"]))
    values["refused"] = json.loads(values["refused"] or "{}")
    return RunnerRecord(**values)
