"""What the database remembers about a task: its watermark, and what people changed at run time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from .records import TaskState
from .tables import schedules

_FIELDS = ("task", "watermark", "enabled", "paused", "definition_hash", "rule")
_COLUMNS = [schedules.c[name] for name in _FIELDS]


class Unchanged:
    """The default of `save_override`'s arguments: leave what is stored."""


UNCHANGED = Unchanged()


def get(connection: sa.Connection, task: str) -> TaskState:
    """The state of one task; the defaults if nothing is stored."""
    row = connection.execute(sa.select(*_COLUMNS).where(schedules.c.task == task)).first()
    return TaskState(task=task) if row is None else _state(row)


def all(connection: sa.Connection) -> dict[str, TaskState]:  # noqa: A001 - reads as schedules.all(...)
    """The state of every task that has one stored."""
    return {row[0]: _state(row) for row in connection.execute(sa.select(*_COLUMNS))}


def save_override(
    connection: sa.Connection,
    task: str,
    *,
    enabled: bool | Unchanged | None = UNCHANGED,
    paused: bool | Unchanged = UNCHANGED,
    rule: str | Unchanged | None = UNCHANGED,
    definition_hash: str | Unchanged = UNCHANGED,
) -> None:
    """Store what is given and leave the rest; `enabled=None` and `rule=None` give the word back to the file."""
    given = {"enabled": enabled, "paused": paused, "rule": rule, "definition_hash": definition_hash}
    changes: dict[str, Any] = {name: value for name, value in given.items() if not isinstance(value, Unchanged)}
    if not changes or connection.execute(schedules.update().where(schedules.c.task == task).values(**changes)).rowcount:
        return
    blank = {"watermark": None, "enabled": None, "paused": False, "definition_hash": "", "rule": None}
    connection.execute(schedules.insert().values(task=task, **(blank | changes)))


def note_definitions(connection: sa.Connection, hashes: Mapping[str, str]) -> None:
    """Store by which definition each task is planned now; many at once."""
    stored = set(connection.scalars(sa.select(schedules.c.task).where(schedules.c.task.in_(list(hashes)))))
    rows = [{"name": name, "hash": found} for name, found in hashes.items()]
    known, fresh = [row for row in rows if row["name"] in stored], [row for row in rows if row["name"] not in stored]
    if known:
        change = schedules.update().where(schedules.c.task == sa.bindparam("name"))
        connection.execute(change.values(definition_hash=sa.bindparam("hash")), known)
    if fresh:
        new = schedules.insert().values(task=sa.bindparam("name"), definition_hash=sa.bindparam("hash"), paused=False)
        connection.execute(new, fresh)


def _state(row: sa.Row[Any]) -> TaskState:
    values = dict(zip(_FIELDS, row, strict=True))
    values["paused"] = bool(values["paused"])
    return TaskState(**values)
