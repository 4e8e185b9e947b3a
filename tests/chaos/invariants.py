"""What must be true after every chaos run, once the dust has settled: I1 to I8. Each check answers with AssertionError.

I1 nothing acknowledged is lost · I2 effects of transactional jobs exactly once · I3 extra executions ≤ kills × slots ·
I4 a job is live or in history, never both, never neither · I5 a stale token changes nothing · I6 at most one job for
each occurrence · I7 recovery within its bound · I8 no process, descriptor, runner or open transaction is left over
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

import psutil
import sqlalchemy as sa

from jitai_tasks.ids import new_id, new_token
from jitai_tasks.store import Database, claims, finishing, history, jobs, runners
from jitai_tasks.store.records import Finish, Job, NewJob, Outcome, Run, Status

#: Jobs whose old tokens are tried once more.
_STALE_TRIED = 50
_EVERYTHING = 1_000_000

_ONE_AT_MOST = """
    SELECT task, subject, slot, count(*) FROM (
        SELECT task, subject, slot FROM jitai_jobs WHERE slot IS NOT NULL AND retry_of IS NULL
        UNION ALL SELECT task, subject, slot FROM jitai_runs WHERE slot IS NOT NULL AND retry_of IS NULL
    ) planned GROUP BY task, subject, slot HAVING count(*) > 1
"""
_WITHOUT_OCCURRENCE = """
    SELECT j.id FROM jitai_jobs j WHERE j.slot IS NOT NULL AND j.retry_of IS NULL AND NOT EXISTS (
        SELECT 1 FROM jitai_occurrences o WHERE o.task = j.task AND o.subject = j.subject AND o.slot = j.slot
    )
"""
_OPEN_TRANSACTIONS = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'",
    "mysql": "SELECT count(*) FROM information_schema.innodb_trx WHERE trx_mysql_thread_id <> CONNECTION_ID()",
}


def store_is_sound(database: Database, acknowledged: Iterable[int] = ()) -> None:
    """I1, I4, I5, I6: what the tables alone can tell. Nothing may be at work meanwhile."""
    nothing_is_lost(database, acknowledged)
    everything_is_in_one_place(database)
    one_job_for_each_occurrence(database)
    stale_tokens_change_nothing(database)


def nothing_is_lost(database: Database, acknowledged: Iterable[int]) -> None:
    """I1: what was acknowledged is live or in history."""
    live, over = _ids(database)
    lost = set(acknowledged) - live - over
    assert not lost, f"I1: {len(lost)} acknowledged jobs are lost: {sorted(lost)[:5]}"


def all_have_ended(database: Database, wanted: Collection[int], status: Status = Status.SUCCESS) -> dict[int, Run]:
    """I1, after everything was drained: each of these is in history with this status; answers the runs."""
    nothing_is_lost(database, wanted)
    with database.read() as connection:
        found = {run.job.id: run for run in history.find(connection, limit=_EVERYTHING)}
    missing = set(wanted) - set(found)
    assert not missing, f"I1: {len(missing)} jobs have not ended: {sorted(missing)[:5]}"
    ends = Counter(str(found[one].outcome.status) for one in wanted)
    assert ends == {str(status): len(set(wanted))}, f"I1: they ended as {dict(ends)}"
    return {one: found[one] for one in wanted}


def effects_are_exactly_once(found: Iterable[str], wanted: Iterable[str]) -> None:
    """I2: what transactional functions wrote."""
    wrote, should = Counter(found), Counter(wanted)
    assert wrote == should, (
        f"I2: missing {list((should - wrote).items())[:5]}, too often {list((wrote - should).items())[:5]}"
    )


def extra_executions_are_few(starts: Iterable[str], wanted: Collection[str], *, kills: int, slots: int) -> int:
    """I3: each function started at least once, and few of them once more; answers how many more."""
    counted = Counter(starts)
    assert set(counted) == set(wanted), "I3: not every function was started"
    extra = sum(counted.values()) - len(set(wanted))
    assert extra <= kills * slots, f"I3: {extra} functions were started once more after {kills} kills"
    return extra


def everything_is_in_one_place(database: Database) -> None:
    """I4: live or in history, never both; nothing runs without a holder; what history points to is there."""
    live, over = _ids(database)
    assert not live & over, f"I4: live and in history: {sorted(live & over)[:5]}"
    with database.read() as connection:
        alive = jobs.find(connection, limit=_EVERYTHING)
        ended = history.find(connection, limit=_EVERYTHING)
        logged = set(connection.scalars(sa.text("SELECT run_id FROM jitai_logs")))
    assert not logged - over, "I4: logs of runs that are not there"
    for job in alive:
        assert (job.status is Status.RUNNING) == (job.claim_token is not None), f"I4: {job}"
    heirs = {run.retried_by for run in ended if run.retried_by is not None}
    assert heirs <= live | over, "I4: a run was retried by a job that is not there"
    assert all(run.retried_by for run in ended if run.outcome.status is Status.RETRIED), "I4: retried by nobody"


def one_job_for_each_occurrence(database: Database) -> None:
    """I6: no planned moment has two jobs, and every planned job is remembered."""
    with database.read() as connection:
        twice = connection.execute(sa.text(_ONE_AT_MOST)).all()
        forgotten = connection.execute(sa.text(_WITHOUT_OCCURRENCE)).all()
    assert not twice, f"I6: planned twice: {twice[:5]}"
    assert not forgotten, f"I6: planned without a memory of it: {forgotten[:5]}"


def stale_tokens_change_nothing(database: Database) -> None:
    """I5: tokens of the past, and forged ones for what runs now, are refused; so is what they would bring."""
    with database.read() as connection:
        past = [run.job for run in history.find(connection, limit=_STALE_TRIED) if run.job.claim_token]
        present = jobs.find(connection, status=Status.RUNNING, limit=_STALE_TRIED)
    before = _counts(database)
    with database.begin() as connection:
        for job in (*past, *(replace(job, claim_token=new_token()) for job in present)):
            _try_stale(connection, job)
    assert _counts(database) == before, "I5: stale tokens changed something"


def nothing_is_left_over(database: Database, family: Iterable[psutil.Process], *, within: float = 1.0) -> None:
    """I8, after the runners have ended: no process, no row of a runner, no open transaction, nothing running."""
    gone, left = psutil.wait_procs(list(family), timeout=within)
    left = [one for one in left if lives(one)]
    assert not left, f"I8: {len(left)} processes are left over ({len(gone)} are gone): {left[:3]}"
    with database.read() as connection:
        assert not runners.all(connection), "I8: a runner is still registered"
        assert not jobs.find(connection, status=Status.RUNNING), "I8: jobs are left running"
    no_transaction_is_open(database)


def no_transaction_is_open(database: Database, *, within: float = 2.0) -> None:
    """I8: nobody holds the database; on SQLite a writer gets in at once."""
    if database.dialect == "sqlite":
        began = time.monotonic()
        with database.begin():
            pass
        assert time.monotonic() - began < within, "I8: somebody held the file"
        return
    end = time.monotonic() + within
    while (count := _scalar(database, _OPEN_TRANSACTIONS[database.dialect])) and time.monotonic() < end:
        pass
    assert not count, f"I8: {count} transactions are left open"


def descriptors_are_no_more(before: int, process: psutil.Process, *, allowed: int = 4) -> None:
    """I8: what a long-lived process holds open has not grown with the deaths around it."""
    now = process.num_fds()
    assert now <= before + allowed, f"I8: {process} had {before} descriptors, now {now}"


def recovered(
    since: float, bound: float, condition: Callable[[], object], say: Callable[[], object] = lambda: ""
) -> float:
    """I7: `condition` comes true within `bound` seconds after `since` (steady seconds); answers how long it took."""
    while not condition():
        took = time.monotonic() - since
        assert took < bound, f"I7: not within {bound} s; {say()}"
        time.sleep(0.002)
    return time.monotonic() - since


def _try_stale(connection: sa.Connection, job: Job) -> None:
    token = job.claim_token or 0
    child = NewJob(id=new_id(), task_type="tasks.TemporaryType", due=1)
    late = Finish(job=job, outcome=Outcome(status=Status.SUCCESS, ended=1, log="stale"), creates=(child,))
    assert not finishing.finish(connection, [late]), f"I5: a stale finish of {job.id} was accepted"
    assert not jobs.expire(connection, job.id, token, now=1), f"I5: a stale claim of {job.id} expired it"
    assert not claims.hand_back(connection, token), f"I5: a stale claim of {job.id} was handed back"


def _counts(database: Database) -> Sequence[int]:
    tables = ("jitai_jobs", "jitai_runs", "jitai_logs", "jitai_occurrences")
    return [_scalar(database, f"SELECT count(*) FROM {table}") for table in tables]


def _scalar(database: Database, text: str) -> int:
    with database.read() as connection:
        return int(connection.scalar(sa.text(text)) or 0)


def _ids(database: Database) -> tuple[set[int], set[int]]:
    with database.read() as connection:
        live = set(connection.scalars(sa.text("SELECT id FROM jitai_jobs")))
        return live, set(connection.scalars(sa.text("SELECT id FROM jitai_runs")))


def lives(process: psutil.Process) -> bool:
    """Whether a process still runs; what only waits to be noticed by its parent does not."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
