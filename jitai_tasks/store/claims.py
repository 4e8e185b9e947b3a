"""Claims: who may perform a job now. Every claim carries a random token; what does not carry it changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import sqlalchemy as sa

from . import claiming, inserting, lanes, moves, rows
from .records import Job, OnInterrupt, Outcome, Released, Run, Status
from .tables import JOB_COLUMNS, jobs

#: A job whose worker died more often than this is not tried again.
MOST_INTERRUPTIONS = 3
#: Nor is one whose connection broke more often: networks do that more readily than workers die.
MOST_BREAKS = 20
INTERRUPTED = "zombieTaskCleaned"

_FIELDS = [jobs.c[name] for name in JOB_COLUMNS]
_FREED = {"status": "waiting", "claim_token": None, "runner": None, "worker": None, "claimed": None}


def claim(
    connection: sa.Connection,
    *,
    queues: Sequence[str] | None = None,
    limit: int,
    runner: int,
    worker: int,
    token: int,
    now: int,
) -> list[Job]:
    """waiting → running. Up to `limit` due jobs, highest priority first, then the earliest due, then the lowest id.

    `queues` None means every queue. Jobs that other claims hold are passed over, never waited for. If the answer gets
    lost, `held(token)` tells what was claimed.
    """
    wish = claiming.Wish(queues=queues, limit=limit, runner=runner, worker=worker, token=token, now=now)
    return claiming.take(connection, wish)


def held(connection: sa.Connection, token: int) -> list[Job]:
    """The jobs that this claim holds: the way to learn what a claim got whose answer was lost."""
    wanted = sa.select(*_FIELDS).where(jobs.c.status == "running", jobs.c.claim_token == token)
    return sorted(map(rows.job, connection.execute(wanted)), key=claiming.turn)


def next_due(connection: sa.Connection, *, queues: Sequence[str] | None = None) -> int | None:
    """When the next claimable job is due (it may be in the past); None if nothing waits."""
    return min((lane.first_due for lane in lanes.lanes(connection, queues)), default=None)


def hand_back(connection: sa.Connection, token: int, ids: Collection[int] | None = None) -> int:
    """running → waiting, not counted as an interruption: what this claim holds, or some of it; answers how many."""
    mine = sa.and_(jobs.c.status == "running", jobs.c.claim_token == token)
    if ids is not None:
        mine = sa.and_(mine, jobs.c.id.in_(list(ids)))
    count = connection.execute(jobs.update().where(mine).values(**_FREED)).rowcount
    if count:
        inserting.came_back(connection)
    return count


def interrupt(connection: sa.Connection, token: int, job_id: int, *, now: int, why: str) -> None:
    """running → waiting (or error) for one job of this claim that has begun; it counts as interrupted."""
    found = moves.lock(connection, jobs.c.status == "running", jobs.c.claim_token == token, jobs.c.id == job_id)
    _release(connection, found, Released(runner=0), now=now, begun={job_id}, why=why, most=MOST_BREAKS)


def release_worker(
    connection: sa.Connection, worker: int, *, now: int, begun: Collection[int] | None = None
) -> Released:
    """running → waiting (or error) for all that a dead worker held.

    `begun`: the ids it was performing; only those count as interrupted, the rest of its batch goes back untouched.
    None means not known: of each claim, the job whose turn was first counts.
    """
    found = moves.lock(connection, jobs.c.status == "running", jobs.c.worker == worker)
    runner = next((job.runner for job in found if job.runner is not None), 0)
    return _release(connection, found, Released(runner=runner, worker=worker), now=now, begun=begun)


def release_runner(
    connection: sa.Connection, runner: int, *, now: int, begun: Collection[int] | None = None
) -> Released:
    """running → waiting (or error) for what a dead runner's workers held. Jobs locked by others are left to them.

    `begun` as for `release_worker`.
    """
    found = moves.lock(connection, jobs.c.status == "running", jobs.c.runner == runner, skip_locked=True)
    return _release(connection, found, Released(runner=runner), now=now, begun=begun)


def live_ids(connection: sa.Connection, runner: int) -> dict[int, int]:
    """The claims that a runner still holds: job id → token. What it performs beyond these is no longer its own."""
    mine = sa.select(jobs.c.id, jobs.c.claim_token).where(jobs.c.status == "running", jobs.c.runner == runner)
    return {row[0]: row[1] for row in connection.execute(mine)}


def holders(connection: sa.Connection, runner: int) -> set[tuple[int, int]]:
    """Who holds what at a runner: pairs of worker and token, each once."""
    mine = sa.select(jobs.c.worker, jobs.c.claim_token).where(jobs.c.status == "running", jobs.c.runner == runner)
    return {(row[0], row[1]) for row in connection.execute(mine.distinct())}


def _release(
    connection: sa.Connection, found: Iterable[Job], released: Released, *, now: int, begun: Collection[int] | None,
    why: str = "the worker died while it performed this job", most: int = MOST_INTERRUPTIONS,
) -> Released:  # fmt: skip
    rerun: list[Job] = []
    ended: list[Run] = []
    found = list(found)
    interrupted = _first_of_each_claim(found) if begun is None else begun
    for job in found:
        counted = job.id in interrupted
        if counted and (job.on_interrupt is OnInterrupt.ERROR or job.interruptions + 1 >= most):
            ended.append(moves.to_history(connection, job, _interrupted(job, now, why)))
        else:
            rerun.append(_free(connection, job, job.interruptions + counted))
    if rerun:
        inserting.came_back(connection)
    return Released(runner=released.runner, worker=released.worker, rerun=tuple(rerun), ended=tuple(ended))


def _first_of_each_claim(found: Iterable[Job]) -> set[int]:
    """What the holders of these claims had in hand, as far as the store can tell: they go by the order of turn, and
    settle what is done before they begin a job that must not be run twice. A claim made ahead counts as begun, too."""
    first: dict[int | None, int] = {}
    for job in sorted(found, key=claiming.turn):
        first.setdefault(job.claim_token, job.id)
    return set(first.values())


def _free(connection: sa.Connection, job: Job, interruptions: int) -> Job:
    mine = sa.and_(jobs.c.id == job.id, jobs.c.claim_token == job.claim_token)
    connection.execute(jobs.update().where(mine).values(**_FREED, interruptions=interruptions))
    return replace(
        job,
        status=Status.WAITING,
        claim_token=None,
        runner=None,
        worker=None,
        claimed=None,
        interruptions=interruptions,
    )


def _interrupted(job: Job, now: int, why: str) -> Outcome:
    times = job.interruptions + 1
    budget = "it must not run twice" if job.on_interrupt is OnInterrupt.ERROR else f"that makes {times} times"
    return Outcome(
        status=Status.ERROR,
        error_type=INTERRUPTED,
        error=f"{why}; {budget}, so it is not run again",
        started=job.claimed,
        ended=now,
    )
