"""One of the processes that race for the ticks of a schedule: `python -m tests.chaos.ticking URL TICKS SEED`."""

from __future__ import annotations

import random
import sys

from jitai_tasks.ids import new_token
from jitai_tasks.store import Database, claims, finishing, jobs, schedules
from jitai_tasks.store.records import NewJob
from jitai_tasks.store.trouble import rerun
from tests.store.made import done, new

TASK = "tasks.Tick"


def tick(slot: int) -> NewJob:
    """The job of a planned moment, as this process would make it."""
    return new(task=TASK, slot=slot, due=slot)


def race(database: Database, ticks: int, dice: random.Random) -> int:
    """Plan as a keeper does, and perform as a worker does, until the last tick has run; answers how many were planned
    by this process as a keeper."""
    planned = 0
    while (at := latest(database)) < ticks:
        if dice.random() < 0.5:
            planned += rerun(database, lambda c, at=at: jobs.create_occurrence(c, tick(at + 1)))
        else:
            perform_one(database, ticks)
    while perform_one(database, ticks):
        pass
    return planned


def perform_one(database: Database, ticks: int) -> bool:
    """Claim a tick and finish it; the next one follows in the same transaction."""
    wish = {"limit": 1, "runner": 1, "worker": 1, "token": new_token(), "now": ticks}
    batch = rerun(database, lambda c: claims.claim(c, **wish))  # type: ignore[arg-type]
    for job in batch:
        following = tick((job.slot or 0) + 1) if (job.slot or 0) < ticks else None
        assert rerun(database, lambda c, job=job, then=following: finishing.finish(c, [done(job, successor=then)]))
    return bool(batch)


def latest(database: Database) -> int:
    """The last planned moment."""
    with database.read() as connection:
        return schedules.get(connection, TASK).watermark or 0


if __name__ == "__main__":
    print(race(Database.open(sys.argv[1]), int(sys.argv[2]), random.Random(int(sys.argv[3]))))
