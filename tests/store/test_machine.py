"""A state machine in the manner of Hypothesis, against the real store: whatever happens in whatever order, no job is
lost (I1), each is live or in history, never both, never neither (I4), a stale token changes nothing (I5), and no
occurrence gets two jobs (I6)."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from jitai_tasks.clock import SECOND, ManualClock
from jitai_tasks.ids import new_token
from jitai_tasks.store import Database, claims, finishing, history, jobs, migrations, runners
from jitai_tasks.store.claims import MOST_INTERRUPTIONS
from jitai_tasks.store.records import Finish, Job, OnInterrupt, Outcome, RunnerRecord, Status
from tests.store.made import call, new

LEASE = 30 * SECOND
ENDED = "ended"  # in the model: in history


class StoreMachine(RuleBasedStateMachine):
    """The model: what became of every id that was ever acknowledged, and who holds what."""

    held = Bundle("held")
    stale = Bundle("stale")

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="jt")
        self.clock = ManualClock(datetime(2026, 3, 2, tzinfo=UTC))
        self.database = Database.open(f"sqlite:///{self.folder.name}/jobs.db?synchronous=OFF", clock=self.clock)
        migrations.upgrade(self.database)
        self.state: dict[int, str] = {}
        self.holder: dict[int, tuple[int, int]] = {}
        self.occurrences: dict[tuple[str, int], int] = {}

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.dispose()
            self.folder.cleanup()

    def call(self, verb: Any, *arguments: Any, **named: Any) -> Any:
        return call(self.database, verb, *arguments, **named)

    @rule(
        delays=st.lists(st.integers(-5, 60), min_size=1, max_size=4),
        priority=st.integers(-1, 2),
        queue=st.sampled_from("ab"),
        on_interrupt=st.sampled_from(OnInterrupt),
    )
    def create(self, delays: list[int], priority: int, queue: str, on_interrupt: OnInterrupt) -> None:
        now = self.database.now()
        made = [
            new(due=now + delay * SECOND, priority=priority, queue=queue, on_interrupt=on_interrupt) for delay in delays
        ]
        self.call(jobs.create, made)
        self.state |= dict.fromkeys((job.id for job in made), "waiting")

    @rule(task=st.sampled_from(["tasks.A", "tasks.B"]), slot=st.integers(0, 6))
    def plan(self, task: str, slot: int) -> None:
        made = new(task=task, slot=slot, due=slot)
        accepted = self.call(jobs.create_occurrence, made)
        assert accepted == ((task, slot) not in self.occurrences)
        if accepted:
            self.occurrences[task, slot] = made.id
            self.state[made.id] = "waiting"

    @rule(
        target=held,
        worker=st.integers(1, 3),
        limit=st.integers(1, 5),
        queues=st.sampled_from([None, ("a", "default"), ("b",)]),
    )
    def claim(self, worker: int, limit: int, queues: tuple[str, ...] | None) -> Any:
        wish = {"runner": worker % 2, "worker": worker, "token": new_token(), "now": self.database.now()}
        batch: list[Job] = self.call(claims.claim, queues=queues, limit=limit, **wish)
        assert batch == sorted(batch, key=lambda job: (-job.priority, job.due, job.id))
        for job in batch:
            assert self.state[job.id] == "waiting"
            assert job.due <= wish["now"]
            self.state[job.id] = "running"
            self.holder[job.id] = (worker, job.claim_token or 0)
        return multiple(*batch)

    @rule(
        target=stale,
        job=consumes(held),
        status=st.sampled_from([Status.SUCCESS, Status.ERROR, Status.RETRIED]),
        next_slot=st.integers(0, 6),
    )
    def finish(self, job: Job, status: Status, next_slot: int) -> Job:
        retry = new(retry_of=job.id, root_id=job.root_id or job.id, attempt=job.attempt + 1)
        successor = new(task="tasks.A", slot=next_slot, due=next_slot)
        outcome = Outcome(status=status, ended=self.database.now(), log="log")
        done = Finish(
            job=job, outcome=outcome, creates=(retry,) if status is Status.RETRIED else (), successor=successor
        )
        accepted = self.call(finishing.finish, [done])
        mine = self.holder.get(job.id) == (job.worker, job.claim_token)
        assert accepted == ({job.id} if mine else set())
        if mine:
            self._end(job.id)
            if status is Status.RETRIED:
                self.state[retry.id] = "waiting"
            if ("tasks.A", next_slot) not in self.occurrences:
                self.occurrences["tasks.A", next_slot] = successor.id
                self.state[successor.id] = "waiting"
        return job

    @rule(job=stale)
    def finish_again(self, job: Job) -> None:
        before = self._counts()
        again = Finish(job=job, outcome=Outcome(status=Status.SUCCESS, ended=1), creates=(new(),))
        if self.holder.get(job.id) != (job.worker, job.claim_token):
            assert self.call(finishing.finish, [again]) == set()
            assert not self.call(jobs.expire, job.id, job.claim_token, now=1)
            assert self._counts() == before

    @rule(job=held)
    def finish_with_a_foreign_token(self, job: Job) -> None:
        before = self._counts()
        forged = Finish(job=replace(job, claim_token=new_token()), outcome=Outcome(status=Status.SUCCESS, ended=1))
        assert self.call(finishing.finish, [forged]) == set()
        assert self._counts() == before

    @rule(target=stale, job=consumes(held))
    def expire(self, job: Job) -> Job:
        mine = self.holder.get(job.id) == (job.worker, job.claim_token)
        assert self.call(jobs.expire, job.id, job.claim_token, now=1) == mine
        if mine:
            self._end(job.id)
        return job

    @rule(target=stale, job=consumes(held))
    def hand_back(self, job: Job) -> Job:
        mine = self.holder.get(job.id) == (job.worker, job.claim_token)
        assert self.call(claims.hand_back, job.claim_token, [job.id]) == int(mine)
        if mine:
            self._free(job.id)
        return job

    @rule(data=st.data())
    def cancel_terminate_or_hold(self, data: st.DataObject) -> None:
        if not self.state:
            return
        job_id = data.draw(st.sampled_from(sorted(self.state)))
        verb = data.draw(st.sampled_from(["cancel", "terminate", "hold", "release", "withdraw"]))
        before = self.state[job_id]
        if verb == "cancel":
            assert self.call(jobs.cancel, job_id, now=1) == (before == "waiting")
            self._end(job_id, before == "waiting")
        elif verb == "terminate":
            assert (self.call(jobs.terminate, job_id, now=1, reason="x") is not None) == (before != ENDED)
            self._end(job_id)
        elif verb == "withdraw":
            if self.call(jobs.withdraw, job_id):
                assert before == "waiting"
                del self.state[job_id]
                self.occurrences = {key: found for key, found in self.occurrences.items() if found != job_id}
        elif verb == "hold":
            self.call(jobs.hold, ids=[job_id], reason="held")
        else:
            self.call(jobs.release, reason="held")

    @rule(worker=st.integers(1, 3), begun_all=st.booleans())
    def worker_dies(self, worker: int, begun_all: bool) -> None:
        mine = {job_id for job_id, (holder, _) in self.holder.items() if holder == worker}
        released = self.call(claims.release_worker, worker, now=1, begun=None if begun_all else ())
        assert {job.id for job in released.rerun} | {run.job.id for run in released.ended} == mine
        for job in released.rerun:
            assert job.interruptions < MOST_INTERRUPTIONS
            self._free(job.id)
        for run in released.ended:
            assert begun_all
            self._end(run.job.id)

    @rule(runner=st.integers(0, 1))
    def runner_comes(self, runner: int) -> None:
        self.call(runners.register, RunnerRecord(id=runner, host="h", pid=1, started=1))

    @rule(seconds=st.integers(1, 40))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    @rule()
    def reap(self) -> None:
        for released in self.call(runners.reap, lease_us=LEASE):
            for job in released.rerun:
                assert job.id in self.holder
                self._free(job.id)
            for run in released.ended:
                self._end(run.job.id)

    @invariant()
    def every_job_is_where_the_model_says_and_nowhere_else(self) -> None:
        if not hasattr(self, "database"):
            return
        with self.database.read() as connection:
            alive = {job.id: str(job.status) for job in jobs.find(connection, limit=10_000)}
            over = {run.job.id for run in history.find(connection, limit=10_000)}
        assert not alive.keys() & over
        assert alive == {job_id: state for job_id, state in self.state.items() if state != ENDED}
        assert over == {job_id for job_id, state in self.state.items() if state == ENDED}

    def _end(self, job_id: int, really: bool = True) -> None:
        if really:
            self.state[job_id] = ENDED
            self.holder.pop(job_id, None)

    def _free(self, job_id: int) -> None:
        self.state[job_id] = "waiting"
        self.holder.pop(job_id, None)

    def _counts(self) -> tuple[int, int]:
        with self.database.read() as connection:
            return len(jobs.find(connection, limit=10_000)), history.count(connection)


def lives(count: int, steps: int = 50) -> settings:
    """So many runs of the machine, of so many steps each."""
    return settings(
        max_examples=count,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )


class TestTheStore(StoreMachine.TestCase):
    """A few lives; `make chaos` plays 300, and 20,000 for a night."""

    settings = lives(30)
