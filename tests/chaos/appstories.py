"""Stories of whole apps: planning, claiming, performing, finishing, and rows whose dates are followed."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from jitai_tasks import datefields, jobs, planning
from jitai_tasks.app import open_app
from jitai_tasks.runner import run_once
from jitai_tasks.store import claims, history
from jitai_tasks.store import jobs as stored
from jitai_tasks.store.records import Status
from jitai_tasks.testing import MovingClock, write_files
from tests.chaos import invariants
from tests.chaos.telling import Story
from tests.datefields.shop import MODEL, task

MEETINGS = sa.table("Meeting", sa.column("id"), sa.column("start"))
NOON = datetime(2026, 1, 5, 12, 0)
CODE = """
    import sqlalchemy as sa

    def insert(name):
        with app.transaction() as session:
            session.execute(sa.text("INSERT INTO effects (name) VALUES (:name)"), {"name": name})

    def nothing():
        return 1

    def fail(name):
        insert(name)
        raise ValueError(name)

    def parent(name):
        from tasks.TemporaryType.task import createTemporaryTask
        insert(name)
        createTemporaryTask("services.Shop.insert", {"name": name + ".child"})
"""
TICK = {
    "type": "tasks.NormalType", "title": "Tick", "enable": 1, "funcType": "Global", "func": "services.Shop.insert",
    "argDict": {"name": "tick"},
    "timerCfg": {"startTime": "2026-01-05 00:00:00", "repeat": {"repeatType": "hour", "period": 1}},
}  # fmt: skip
FILES: dict[str, object] = {
    "app.json": {"appId": "test.Shop", "name": "Shop", "version": "1.0.0", "timezone": "UTC"},
    "services/Shop/e.json": {"title": "Shop", "type": "services.NormalType"},
    "services/Shop/__init__.py": CODE,
    "tasks/Tick/e.json": TICK,
    **MODEL,
    **task(timerCfg={"startOffset": {"offsetType": -1, "offset": 15, "offsetUnit": "minute"}}),
}


class AppStory(Story):
    """The store of an open app, whose clock stands still."""

    def __init__(self, url: str, folder: Path) -> None:
        super().__init__(url, folder)
        self.database.dispose()
        self.clock = MovingClock()
        self.app: Any = open_app(write_files(folder / "shop", FILES), database=url, clock=self.clock)
        self.database = self.app.database
        self.app.models.Meeting.query()

    def clean(self, connection: sa.Connection) -> None:
        super().clean(connection)
        if sa.inspect(connection).has_table("Meeting"):
            connection.execute(MEETINGS.delete())

    def release(self) -> None:
        """What a supervisor does for a dead worker; performers outside of runners have the id 0."""
        with self.database.begin() as connection:
            claims.release_runner(connection, 0, now=self.database.now(), begun=())

    def runs(self, status: Status | None = None) -> int:
        with self.database.read() as connection:
            return history.count(connection, status=status)


class Day(AppStory):
    """One round of the keeper, then all that is due: effects, failures with a retry, children, the next planned run."""

    def set_scene(self) -> None:
        planning.ensure(self.app)
        with self.app.transaction() as session:
            for name in ("a", "b"):
                jobs.create_temporary(self.app, "services.Shop.insert", {"name": name}, session=session)
            jobs.create_temporary(self.app, "services.Shop.nothing", {}, session=session)
            jobs.create_temporary(self.app, "services.Shop.parent", {"name": "p"}, session=session)
            jobs.create_temporary(
                self.app, "services.Shop.fail", {"name": "f"}, session=session, retries=1, retry_delay=0
            )
        with self.database.begin() as connection:
            connection.execute(sa.text("UPDATE jitai_jobs SET due = 1, slot = slot WHERE task <> ''"))

    def play(self) -> None:
        planning.ensure(self.app)
        run_once(self.app)

    def names(self) -> Counter[str]:
        with self.database.read() as connection:
            return Counter(connection.scalars(sa.text("SELECT name FROM effects")))

    def was_atomic(self) -> None:
        assert max(self.names().values(), default=0) <= 1
        assert self.names()["f"] == 0

    def was_kept(self) -> None:
        assert self.names() == Counter(["a", "b", "p", "p.child", "tick"])

    def heal(self) -> None:
        self.release()
        self.play()
        self.was_kept()
        assert (self.runs(Status.RETRIED), self.runs(Status.ERROR), self.runs(Status.SUCCESS)) == (1, 1, 6)
        with self.database.read() as connection:
            (following,) = stored.find(connection)
        assert following.task == "tasks.Tick"


class Rows(AppStory):
    """Rows with dates: one is created, one is moved, one deleted. Their reminders agree with them, at every instant."""

    def set_scene(self) -> None:
        self.moved = self.app.models.Meeting.create(title="moved", start=NOON).id.value
        self.deleted = self.app.models.Meeting.create(title="deleted", start=NOON).id.value

    def play(self) -> None:
        model = self.app.models.Meeting
        model.create(title="new", start=NOON)
        moved = model.get(f"Q(id={self.moved})")
        moved.start = NOON + timedelta(hours=1)
        moved.save()
        model.get(f"Q(id={self.deleted})").delete()

    def was_atomic(self) -> None:
        with self.database.read() as connection:
            rows = connection.execute(sa.select(MEETINGS)).all()
            found = stored.find(connection, task="tasks.Remind")
        planned = {job.subject: datetime(1970, 1, 1) + timedelta(microseconds=job.due) for job in found}
        wanted = {str(key): _moment(start) - timedelta(minutes=15) for key, start in rows}
        assert planned == wanted, (planned, wanted)

    def was_kept(self) -> None:
        assert self.count() == 2

    def heal(self) -> None:
        datefields.sweep(self.app)
        self.was_atomic()
        self.clock.advance(hours=12)
        run_once(self.app)
        self.clock.advance(hours=-12)
        invariants.one_job_for_each_occurrence(self.database)


def _moment(value: object) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))


APP_STORIES = {"day": Day, "rows": Rows}
