"""What is told again and again, crashing one point later each time. See `crashing`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from jitai_tasks.ids import new_id
from jitai_tasks.store import Database, claims, finishing, history, jobs, runners
from jitai_tasks.store.claiming import Wish
from jitai_tasks.store.finishing import Fate
from jitai_tasks.store.records import Job, OnInterrupt, RunnerRecord, Status
from tests.chaos.telling import Story, write_effect
from tests.store.made import RUNNER, WORKER, call, claim, claimed, create, done, live, new, past

FOREVER = 1 << 60


class Create(Story):
    """Jobs created in a transaction that writes something else as well: one, a few, and many."""

    SIZES = (1, 3, 30)

    def play(self) -> None:
        with self.begin() as connection:
            write_effect(connection)
            for size in self.SIZES:
                jobs.create(connection, [new() for _ in range(size)])

    def was_atomic(self) -> None:
        assert self.count() == sum(self.SIZES) * self.effects()

    def was_kept(self) -> None:
        assert self.effects() == 1


class Claim(Story):
    """A claim of three jobs out of five, in two queues."""

    def set_scene(self) -> None:
        self.ids = create(self.database, *(new(due=due, queue="ab"[due % 2]) for due in range(5)))

    def play(self) -> None:
        claim(self.database, limit=3)

    def was_atomic(self) -> None:
        assert self.count(status=Status.RUNNING) in (0, 3)
        assert self.count() == 5

    def was_kept(self) -> None:
        assert self.count(status=Status.RUNNING) == 3

    def heal(self) -> None:
        call(self.database, claims.release_worker, WORKER, now=9)
        batch = claim(self.database, limit=10)
        assert sorted(job.id for job in batch) == sorted(self.ids)
        assert all(job.interruptions <= 1 for job in batch)


class FinishWithEffects(Story):
    """The function's own writes, the finish, the successor, a child and the log."""

    def set_scene(self) -> None:
        call(self.database, jobs.create_occurrence, new(task="tasks.Tick", slot=0))
        (self.job,) = claim(self.database)
        self.successor = new(task="tasks.Tick", slot=60, due=FOREVER)
        self.child = new(due=FOREVER)

    def finish(self) -> bool:
        with self.begin() as connection:
            write_effect(connection)
            outcome = done(self.job, successor=self.successor, creates=(self.child,), log="said", result="1")
            if not finishing.finish(connection, [outcome]):
                connection.rollback()
                return False
        return True

    def play(self) -> None:
        self.finish()

    def was_atomic(self) -> None:
        kept = self.fate(self.job) is Fate.DONE
        there = [live(self.database, one.id) is not None for one in (self.successor, self.child)]
        assert there == [kept, kept]
        assert self.effects() == kept
        assert (self.watermark("tasks.Tick") == 60) == kept
        run = past(self.database, self.job.id)
        assert (run is not None and run.outcome.log == "said") == kept

    def was_kept(self) -> None:
        assert self.fate(self.job) is Fate.DONE

    def heal(self) -> None:
        kept = self.fate(self.job) is Fate.DONE
        assert self.finish() != kept
        assert self.effects() == 1
        assert self.fate(self.job) is Fate.DONE


class FinishAndClaim(Story):
    """A busy worker's step: a batch is finished, the next one claimed."""

    def set_scene(self) -> None:
        create(self.database, *(new(due=due) for due in range(8)))
        self.batch = claim(self.database, limit=4)
        self.token = new_id()

    def play(self) -> None:
        finishes = [done(job) for job in self.batch]
        with self.database.begin() as connection:
            wish = Wish(limit=3, runner=RUNNER, worker=WORKER, token=self.token, now=self.database.now())
            finishing.finish_and_claim(connection, finishes, wish)

    def was_atomic(self) -> None:
        kept = self.fate(self.batch[0])
        assert {self.fate(job) for job in self.batch} == {kept}
        assert self.held() == (3 if kept is Fate.DONE else 0)

    def was_kept(self) -> None:
        assert self.held() == 3

    def held(self) -> int:
        with self.database.read() as connection:
            return len(claims.held(connection, self.token))

    def heal(self) -> None:
        call(self.database, claims.release_worker, WORKER, now=9)
        while batch := claim(self.database):
            call(self.database, finishing.finish, [done(job) for job in batch])
        with self.database.read() as connection:
            assert history.count(connection, status="success") == 8


class Retry(Story):
    """A failed attempt, and the job that takes over."""

    def set_scene(self) -> None:
        self.job = claimed(self.database, max_retries=1)
        self.retry = new(retry_of=self.job.id, root_id=self.job.id, attempt=2)

    def play(self) -> None:
        call(self.database, finishing.finish, [done(self.job, Status.RETRIED, creates=(self.retry,))])

    def was_atomic(self) -> None:
        assert (live(self.database, self.retry.id) is not None) == (self.fate(self.job) is Fate.DONE)

    def was_kept(self) -> None:
        assert self.fate(self.job) is Fate.DONE

    def heal(self) -> None:
        if self.fate(self.job) is Fate.HELD:
            self.play()
        (attempt,) = claim(self.database)
        assert (attempt.id, attempt.attempt) == (self.retry.id, 2)


class Endings(Story):
    """Every other way out of waiting and running, one transaction each; then all of them once more."""

    def set_scene(self) -> None:
        self.waiting = create(self.database, *(new(due=FOREVER) for _ in range(2)))
        self.planned = new(task="tasks.B", slot=5, due=FOREVER)
        self.moved = new(task="tasks.C", subject="1", slot=5, due=FOREVER)
        for one in (self.planned, self.moved):
            call(self.database, jobs.create_occurrence, one)
        self.running = [claimed(self.database, on_interrupt=OnInterrupt.ERROR) for _ in range(4)]

    def steps(self) -> list[Callable[[sa.Connection], object]]:
        ended, expired, back, _ = self.running
        return [
            lambda c: jobs.cancel(c, self.waiting[0], now=9),
            lambda c: jobs.skip(c, _live(c, self.waiting[1]), done(ended, Status.SKIPPED).outcome),
            lambda c: jobs.terminate(c, ended.id, now=9, reason="x"),
            lambda c: jobs.expire(c, expired.id, expired.claim_token or 0, now=9),
            lambda c: claims.hand_back(c, back.claim_token or 0, [back.id]),
            lambda c: claims.release_worker(c, WORKER, now=9),
            lambda c: jobs.withdraw(c, self.planned.id),
            lambda c: jobs.reschedule(c, self.moved.id, FOREVER + 1, 6),
            lambda c: jobs.hold(c, ids=[self.moved.id], reason="held"),
            lambda c: jobs.release(c, reason="held"),
        ]

    def play(self) -> None:
        for step in self.steps():
            call(self.database, step)

    def was_atomic(self) -> None:
        with self.database.read() as connection:
            ended = history.count(connection)
        gone = live(self.database, self.planned.id) is None
        assert self.count() + ended + gone == 8

    def was_kept(self) -> None:
        with self.database.read() as connection:
            assert history.count(connection) == 5

    def heal(self) -> None:
        for step in self.steps():
            _again(self.database, step)
        self.was_kept()
        moved = live(self.database, self.moved.id)
        assert moved is not None
        assert (moved.slot, moved.hold) == (6, None)
        assert call(self.database, jobs.create_occurrence, self.planned), "withdrawn: its moment is free again"


class Tick(Story):
    """A planned moment: its memory, the watermark and the job."""

    def set_scene(self) -> None:
        self.job = new(task="tasks.Tick", slot=60, due=FOREVER)

    def play(self) -> None:
        call(self.database, jobs.create_occurrence, self.job)

    def was_atomic(self) -> None:
        assert (self.watermark("tasks.Tick") == 60) == (self.count() == 1)

    def was_kept(self) -> None:
        assert self.count() == 1

    def heal(self) -> None:
        kept = self.count() == 1
        again = new(task="tasks.Tick", slot=60, due=FOREVER)
        assert call(self.database, jobs.create_occurrence, again) != kept
        assert self.count() == 1


class Reap(Story):
    """A runner whose lease is over: its row, and what it held."""

    def set_scene(self) -> None:
        call(self.database, runners.register, RunnerRecord(id=RUNNER, host="h", pid=1, started=0))
        create(self.database, *(new(due=due) for due in range(3)))
        claim(self.database)

    def play(self) -> None:
        call(self.database, runners.reap, lease_us=-1_000_000)

    def was_atomic(self) -> None:
        with self.database.read() as connection:
            there = len(runners.all(connection))
        assert self.count(status=Status.RUNNING) == 3 * there

    def was_kept(self) -> None:
        assert self.count(status=Status.WAITING) == 3

    def heal(self) -> None:
        self.play()
        batch = claim(self.database)
        assert len(batch) == 3
        assert all(job.interruptions <= 1 for job in batch)


class Prune(Story):
    """Old runs and their logs."""

    def set_scene(self) -> None:
        for _ in range(3):
            call(self.database, finishing.finish, [done(claimed(self.database), log="said")])

    def play(self) -> None:
        call(self.database, history.prune, before=100, limit=2)

    def was_atomic(self) -> None:
        with self.database.read() as connection:
            logs = connection.scalar(sa.text("SELECT count(*) FROM jitai_logs"))
            assert history.count(connection) == logs
            assert logs in (1, 3)

    def heal(self) -> None:
        while call(self.database, history.prune, before=100, limit=2):
            pass
        with self.database.read() as connection:
            assert history.count(connection) == 0


def _live(connection: sa.Connection, job_id: int) -> Job:
    found = jobs.get(connection, job_id)
    if found is None:
        raise LookupError(job_id)
    return found


def _again(database: Database, step: Callable[[sa.Connection], Any]) -> None:
    """Once more; what has happened already may have left nothing to work on."""
    try:
        call(database, step)
    except LookupError:
        return


STORIES: dict[str, Callable[[str, Path], Story]] = {
    "create": Create, "claim": Claim, "finish": FinishWithEffects, "finish_and_claim": FinishAndClaim, "retry": Retry,
    "endings": Endings, "tick": Tick, "reap": Reap, "prune": Prune,
}  # fmt: skip
