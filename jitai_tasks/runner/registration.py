"""A runner's place in the store: its row, and the jobs of runners of this host that are dead for certain."""

from __future__ import annotations

import logging
import os
import socket
from pathlib import Path

from ..errors import SchemaOutdated
from ..store import Database, migrations, runners
from ..store.records import RunnerRecord
from . import processes
from .channel import Opened
from .plan import Plan

_logger = logging.getLogger(__name__)


def prepared(database: Database) -> Database:
    """The database with the tables it needs: an embedded or empty one gets them now, others must have been upgraded.

    Raises SchemaOutdated or SchemaTooNew.
    """
    try:
        migrations.check(database)
    except SchemaOutdated:
        if database.dialect != "sqlite" and migrations.current(database) is not None:
            raise
        migrations.upgrade(database)
    return database


def record_of(plan: Plan, database: Database, opened: Opened, *, doorbell: str) -> RunnerRecord:
    """The row of this runner."""
    return RunnerRecord(
        id=plan.runner, host=host(), pid=os.getpid(), boot_id=boot_id(), app_id=opened.app_id,
        generation=opened.generation, queues=plan.queues, doorbell=doorbell, started=database.now(),
    )  # fmt: skip


def host() -> str:
    """What this machine is called in the store."""
    return socket.gethostname()


def boot_id() -> str:
    """What a process id is unique in: this boot of the machine, and this namespace of processes."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def take_over(database: Database, me: RunnerRecord) -> None:
    """Release what runners held that died on this host: their process is gone, no lease has to run out."""
    with database.read() as connection:
        known = runners.all(connection)
    for other in known:
        if _is_dead(other, me):
            with database.begin() as connection:
                released = runners.retire(connection, other.id, begun=None)
            _logger.warning("runner %d had died: %d of its jobs run again", other.id, len(released.rerun))


def _is_dead(other: RunnerRecord, me: RunnerRecord) -> bool:
    here = other.id != me.id and other.host == me.host and bool(me.boot_id) and other.boot_id == me.boot_id
    return here and not processes.alive(other.pid)
