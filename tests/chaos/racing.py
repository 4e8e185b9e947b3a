"""Two threads that meet in every round, and what they do to one job at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from jitai_tasks.ids import new_token
from jitai_tasks.store import Database, claims, datefields, finishing, history, jobs, onerow
from jitai_tasks.store.records import Finish, Job, NewJob, Outcome, Status
from jitai_tasks.store.trouble import rerun
from tests.store.made import RUNNER, WORKER, call, new

TASK = "tasks.Due"
FAR = 1 << 60

Work = Callable[[], object]


class Pair:
    """Two threads that live as long as the races: starting threads would cost more than the race."""

    def __init__(self) -> None:
        self._meet = threading.Barrier(3, timeout=60)
        self._work: list[Work | None] = [None, None]
        self._answers: list[object] = [None, None]
        self._threads = [threading.Thread(target=self._live, args=(at,), daemon=True) for at in range(2)]

    @contextmanager
    def running(self) -> Iterator[Pair]:
        """Within it, `race` can be called."""
        for thread in self._threads:
            thread.start()
        yield self
        self._work = [None, None]
        self._meet.wait()
        for thread in self._threads:
            thread.join()

    def race(self, one: Work, other: Work) -> Sequence[object]:
        """Both at once; what each answered."""
        self._work = [one, other]
        self._meet.wait()
        self._meet.wait()
        for answer in self._answers:
            if isinstance(answer, BaseException):
                raise answer
        return list(self._answers)

    def _live(self, at: int) -> None:
        while True:
            self._meet.wait()
            work = self._work[at]
            if work is None:
                return
            try:
                self._answers[at] = work()
            except BaseException as error:
                self._answers[at] = error
            self._meet.wait()


@dataclass(frozen=True, slots=True)
class Round:
    """One job, waiting or claimed, and the verbs that race for it. Each answers whether it won."""

    database: Database
    job: NewJob
    held: Job | None

    @classmethod
    def of(cls, database: Database, row: str, *, claimed: bool) -> Round:
        """The job of this row, planned a moment ago."""
        job = new(task=TASK, subject=row, slot=1, due=1)
        assert call(database, jobs.create_occurrence, job)
        wish = {"limit": 1, "runner": RUNNER, "worker": WORKER, "token": new_token(), "now": 5}
        return cls(database, job, call(database, claims.claim, **wish)[0] if claimed else None)

    def claim(self) -> bool:
        wish = {"limit": 1, "runner": RUNNER, "worker": WORKER, "token": new_token(), "now": 5}
        return bool(rerun(self.database, lambda c: claims.claim(c, **wish)))  # type: ignore[arg-type]

    def finish(self) -> bool:
        assert self.held is not None
        done = Finish(job=self.held, outcome=Outcome(status=Status.SUCCESS, ended=7), creates=(new(due=FAR),))
        return bool(rerun(self.database, lambda c: finishing.finish(c, [done])))

    def forced_end(self) -> bool:
        return rerun(self.database, lambda c: jobs.terminate(c, self.job.id, now=9, reason="x")) is not None

    def cancel(self) -> bool:
        return rerun(self.database, lambda c: jobs.cancel(c, self.job.id, now=9))

    def edit(self) -> bool:
        """What a save of many rows with other dates does to each."""
        return rerun(self.database, self._moved)

    def edit_alone(self) -> bool:
        """What the save of one row with another date does."""
        move = {"was": 1, "slot": FAR, "now": 9}
        return rerun(self.database, lambda c: onerow.move(c, self.job, self.job.subject, **move))

    def delete(self) -> bool:
        """What the deletion of a row does."""
        return rerun(self.database, self._dropped)

    def _moved(self, connection: sa.Connection) -> bool:
        waiting = self._waiting(connection)
        return bool(waiting) and bool(datefields.move(connection, TASK, [(waiting[0], FAR)], now=9))

    def _dropped(self, connection: sa.Connection) -> bool:
        waiting = self._waiting(connection)
        datefields.drop(connection, TASK, waiting)
        return bool(waiting)

    def _waiting(self, connection: sa.Connection) -> list[datefields.LiveJob]:
        found = datefields.live(connection, TASK, [self.job.subject]).get(self.job.subject, [])
        return [job for job in found if job.waiting and job.id == self.job.id]

    def late(self, verb: Work, turns: int) -> Work:
        """The verb, begun after so many questions to the database."""

        def work() -> object:
            with self.database.read() as connection:
                for _ in range(turns):
                    connection.execute(sa.text("SELECT 1"))
            return verb()

        return work

    def fate(self) -> str:
        """Where the job is now: its state, "moved", or "gone"; and never in two places."""
        with self.database.read() as connection:
            live, run = jobs.get(connection, self.job.id), history.get(connection, self.job.id)
        assert live is None or run is None, "live and in history"
        if run is not None:
            return str(run.outcome.status)
        if live is None:
            return "gone"
        return "moved" if live.due == FAR else str(live.status)
