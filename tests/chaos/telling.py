"""What every story has: a clean store, a child that acts, a check of what is left, and a second go."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import sqlalchemy as sa

from jitai_tasks.store import Database, finishing, jobs, migrations, schedules
from jitai_tasks.store.finishing import Fate
from jitai_tasks.store.records import Job
from jitai_tasks.store.tables import metadata
from tests.chaos import invariants


class Story:
    """Store verbs in one child process. Subclasses say what it does, and what must be so wherever it crashed."""

    def __init__(self, url: str, folder: Path) -> None:
        self.database = Database.open(url)
        self._said = folder / "said"
        if migrations.current(self.database) is None:
            migrations.upgrade(self.database)
        if not sa.inspect(self.database.engine).has_table("effects"):
            with self.database.begin() as connection:
                connection.execute(sa.text("CREATE TABLE effects (name VARCHAR(100))"))

    def prepare(self) -> None:
        """A clean store with what the story needs; no connection stays open, for a child is about to be forked."""
        self._said.unlink(missing_ok=True)
        with self.database.begin() as connection:
            self.clean(connection)
        self.database.floors.forget()
        self.set_scene()
        self.database.dispose()

    def act(self) -> None:
        """In the child."""
        self.play()
        self._said.touch()

    def check(self) -> None:
        """In the parent, after the crash: all or nothing; then everything is done again, and is done once."""
        self.was_atomic()
        invariants.store_is_sound(self.database)
        if self._said.exists():
            self.was_kept()
        self.heal()
        invariants.store_is_sound(self.database)
        invariants.no_transaction_is_open(self.database)

    def clean(self, connection: sa.Connection) -> None:
        for table in metadata.tables.values():
            connection.execute(table.delete())
        connection.execute(sa.text("DELETE FROM effects"))

    def set_scene(self) -> None: ...

    def play(self) -> None: ...

    def was_atomic(self) -> None: ...

    def was_kept(self) -> None: ...

    def heal(self) -> None: ...

    # ---- short words

    def begin(self) -> AbstractContextManager[sa.Connection]:
        return self.database.begin()

    def effects(self) -> int:
        with self.database.read() as connection:
            return int(connection.scalar(sa.text("SELECT count(*) FROM effects")) or 0)

    def count(self, **wanted: object) -> int:
        with self.database.read() as connection:
            return jobs.count(connection, **wanted)  # type: ignore[arg-type]

    def fate(self, job: Job) -> Fate:
        with self.database.read() as connection:
            return finishing.fate(connection, job.id, job.claim_token or 0)

    def watermark(self, task: str) -> int | None:
        with self.database.read() as connection:
            return schedules.get(connection, task).watermark


def write_effect(connection: sa.Connection) -> None:
    """The function's own write."""
    connection.execute(sa.text("INSERT INTO effects (name) VALUES ('x')"))
