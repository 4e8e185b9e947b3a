"""Random lives of rows under two runners, restarts and a moving clock, compared with the oracle at every turn."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from jitai_tasks import App, datefields, runner
from jitai_tasks.ids import new_token
from jitai_tasks.store import claims, finishing, history, jobs
from jitai_tasks.store.records import Job, Status
from jitai_tasks.testing import MovingClock, tables
from tests.datefields.oracle import Oracle
from tests.datefields.shop import meetings, task

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
FILES = meetings(task(filter="Q(status='active')", inner="def customFunc(rowData):\n    return rowData.id.value\n"))
STATUSES = ("active", "active", "active", "off")


class Undone(Exception):
    """Rolls a transaction back."""


@dataclass(slots=True)
class Simulation:
    """One app, whose rows live at random."""

    open: Callable[[], App]
    clock: MovingClock
    dice: random.Random
    oracle: Oracle = field(default_factory=Oracle)
    #: What runners hold: claimed and not performed.
    held: list[Job] = field(default_factory=list)
    app: Any = None
    last_key: int = 0

    def run(self, steps: int, check_every: int = 50) -> None:
        """So many random steps, then everything comes to rest and is compared once more."""
        self.app = self.open()
        ways = [way for name, weight in _WEIGHTS.items() for way in [name] * weight]
        for number in range(steps):
            getattr(self, self.dice.choice(ways))()
            if number % check_every == 0:
                self.compare()
        self.advance(7200)
        self.sweep()
        while self.oracle.claimable(self.now) or self.held:
            self.claim()
            while self.held:
                self.perform()
        self.compare()
        self.compare_history()

    @property
    def now(self) -> int:
        return self.clock.now() // 1_000_000

    @property
    def model(self) -> Any:
        return self.app.models.Meeting

    # ---- what people do

    def create(self) -> None:
        at, status = self._at(), self.dice.choice(STATUSES)
        row = self.model.create(start=_moment(at), status=status)
        if self.dice.random() < 0.3:
            row.save()
        self.last_key = row.id.value
        self.oracle.saved(row.id.value, at, status, self.now)

    def edit(self) -> None:
        if (key := self._key()) is None:
            return
        at, status = self._changed(key)
        if self.dice.random() < 0.5:
            self.model.updateByPK(key, {"start": _moment(at), "status": status})
        else:
            with self.app.transaction() as session:
                row = session.get(self.model.entity, key)
                row.start, row.status = _moment(at), status
        self.oracle.saved(key, at, status, self.now)

    def save_unchanged(self) -> None:
        """A save that leaves the watched fields alone changes nothing, whatever happened behind the ORM's back."""
        if (key := self._key()) is not None:
            self.model.updateByPK(key, {"title": f"t{self.dice.random()}"})

    def edit_there_and_back(self) -> None:
        """A → B → A in one transaction or in several."""
        if (key := self._key()) is None:
            return
        before, (at, status) = self.oracle.rows[key], self._changed(key)
        origin = (before.at, before.status)
        self.model.updateByPK(key, {"start": _moment(at), "status": status})
        self.oracle.saved(key, at, status, self.now)
        self.model.updateByPK(key, {"start": _moment(origin[0]), "status": origin[1]})
        self.oracle.saved(key, *origin, self.now)

    def delete(self) -> None:
        if (key := self._key()) is not None:
            self.model.deleteByPK(key)
            self.oracle.deleted(key)

    def bring_back(self) -> None:
        keys = sorted(self.oracle.gone)
        if not keys:
            return
        key, at = self.dice.choice(keys), self._at()
        self.model.create(id=key, start=_moment(at), status="active")
        self.oracle.saved(key, at, "active", self.now)

    def undo(self) -> None:
        """A transaction that changes a lot and is rolled back, wholly or in part."""
        key, at = self._key(), self._at()
        kept = self.dice.random() < 0.5
        try:
            with self.app.transaction():
                if kept and key is not None:
                    self.model.updateByPK(key, {"start": _moment(at), "status": "active"})
                try:
                    with self.app.transaction():
                        self.model.create(start=_moment(self._at()))
                        if key is not None:
                            self.model.updateByPK(key, {"start": _moment(self._at())})
                            self.model.deleteByPK(key)
                        raise Undone
                except Undone:
                    if not kept:
                        raise
        except Undone:
            pass
        if kept and key is not None:
            self.oracle.saved(key, at, "active", self.now)
            self.oracle.read_again(key, self.now)

    # ---- behind the ORM's back

    def change_behind(self) -> None:
        if (key := self._key()) is None:
            return
        at, status = self._changed(key)
        table = self.model.table
        self._execute(sa.update(table).where(table.c.id == key).values(start=_moment(at), status=status))
        self.oracle.changed_behind(key, at, status)

    def insert_behind(self) -> None:
        at, status = self._at(), self.dice.choice(STATUSES)
        self.model.create(status="off")
        self.last_key = key = self.model.get(None, [["id", -1]]).id.value
        table = self.model.table
        self._execute(sa.update(table).where(table.c.id == key).values(start=_moment(at), status=status))
        self.oracle.inserted_behind(key, at, status)

    def delete_behind(self) -> None:
        if (key := self._key()) is not None:
            table = self.model.table
            self._execute(sa.delete(table).where(table.c.id == key))
            self.oracle.removed_behind(key)

    # ---- what machines do

    def sweep(self) -> None:
        assert not datefields.sweep(self.app).bad
        self.oracle.swept(self.now)

    def claim(self) -> None:
        """One of two runners takes some of what is due, not necessarily all."""
        database = self.app.database
        with database.begin() as connection:
            found = claims.claim(
                connection,
                queues=("default",),
                limit=self.dice.randint(1, 30),
                runner=self.dice.randint(1, 2),
                worker=1,
                token=new_token(),
                now=database.now(),
            )
        due = self.oracle.claimable(self.now)
        taken = {(int(job.subject), (job.slot or 0) // 1_000_000) for job in found}
        assert taken <= due, f"taken {sorted(taken - due)}, which is not due"
        assert found or not due, f"not taken: {sorted(due)}"
        for job in found:
            self.oracle.claimed(int(job.subject))
        self.held += found

    def perform(self) -> None:
        """A runner performs a job that it took a while ago."""
        if not self.held:
            return
        job = self.held.pop(self.dice.randrange(len(self.held)))
        key, slot = int(job.subject), (job.slot or 0) // 1_000_000
        expected = self.oracle.performed(key, slot, self.now)
        performed = runner.perform(self.app, job)
        assert performed.finish is not None, performed
        with self.app.database.begin() as connection:
            assert finishing.finish(connection, [performed.finish]) == {job.id}
        status = performed.finish.outcome.status
        assert (status is Status.SUCCESS) is expected, (key, slot, performed.finish.outcome)

    def advance(self, seconds: int = 0) -> None:
        """Time passes: mostly a little, sometimes hours; now and then back."""
        step = seconds or self.dice.choice((1, 1, 30, 60, 60, 300, 900, 7200, -5))
        self.clock.advance(timedelta(seconds=step))

    def restart(self) -> None:
        """The program ends and starts anew; what runners held is taken up by others."""
        self.app = self.open()

    # ---- looking

    def compare(self) -> None:
        """The jobs that wait are those that the oracle waits for."""
        with self.app.database.read() as connection:
            found = jobs.find(connection, status=Status.WAITING, limit=1_000_000)
        waiting = sorted((int(job.subject), (job.slot or 0) // 1_000_000) for job in found)
        rows = {**self.oracle.gone, **self.oracle.rows}
        expected = sorted((key, row.armed) for key, row in rows.items() if row.armed is not None)
        assert waiting == expected, (
            f"not expected: {sorted(set(waiting) - set(expected))}, missing: {sorted(set(expected) - set(waiting))}, "
            f"now {self.now}, watermark {self.oracle.watermark}"
        )

    def compare_history(self) -> None:
        """Everything fired exactly as often as the oracle says: once."""
        with self.app.database.read() as connection:
            found = history.find(connection, status=Status.SUCCESS, limit=1_000_000)
        fired = sorted((int(run.job.subject), (run.job.slot or 0) // 1_000_000) for run in found)
        assert fired == sorted(self.oracle.fired)

    # ---- dice

    def _key(self) -> int | None:
        keys = sorted(self.oracle.rows)
        return self.dice.choice(keys[-200:]) if keys else None

    def _at(self) -> int | None:
        """A moment on a coarse grid around the present, so that values repeat; sometimes none, sometimes long past."""
        if self.dice.random() < 0.08:
            return None
        grid = self.now // 120 * 120
        return grid + 120 * self.dice.choice((-1000, -20, -5, -3, -2, -1, 0, 1, 1, 2, 3, 5, 10, 20))

    def _changed(self, key: int) -> tuple[int | None, str]:
        row = self.oracle.rows[key]
        at = row.at if self.dice.random() < 0.2 else self._at()
        return at, (row.status if self.dice.random() < 0.6 else self.dice.choice(STATUSES))

    def _execute(self, statement: Any) -> None:
        with self.app.database.begin() as connection:
            connection.execute(statement)


_WEIGHTS = {
    "create": 12, "edit": 22, "save_unchanged": 5, "edit_there_and_back": 6, "delete": 4, "bring_back": 3, "undo": 5,
    "change_behind": 5, "insert_behind": 2, "delete_behind": 2, "sweep": 2, "claim": 8, "perform": 16, "advance": 10,
}  # fmt: skip


def _moment(at: int | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).replace(tzinfo=None)


def simulate(open_app: Callable[..., App], *, steps: int, seed: int, restart_every: int, **options: Any) -> Simulation:
    """A simulation that has run `steps` steps, with a restart now and then."""
    clock = MovingClock(START)
    dice = random.Random(seed)
    simulation = Simulation(open=lambda: tables(open_app(FILES, clock=clock, **options)), clock=clock, dice=dice)
    simulation.app = simulation.open()
    rest = steps
    while rest > 0:
        simulation.run(min(restart_every, rest))
        rest -= restart_every
    return simulation
