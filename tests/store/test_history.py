from __future__ import annotations

import pytest

from jitai_tasks.store import Database, history, jobs
from jitai_tasks.store.records import Job, Run, Status
from tests.store.made import call, claimed, create, done, finish, live, new, past


def run_of(database: Database, ended: int, status: Status = Status.SUCCESS, **fields: object) -> int:
    job = claimed(database, **fields)
    finish(database, done(job, status, ended=ended, log=f"log {ended}"))
    return job.id


def test_runs_are_found_newest_first(database: Database) -> None:
    old, new_one, other = run_of(database, 1, task="tasks.A"), run_of(database, 3, task="tasks.A"), run_of(database, 2)
    with database.read() as connection:
        assert [run.job.id for run in history.find(connection)] == [new_one, other, old]
        assert [run.job.id for run in history.find(connection, limit=1, offset=1)] == [other]
        assert [run.job.id for run in history.find(connection, task="tasks.A")] == [new_one, old]
        assert [run.job.id for run in history.find(connection, task="")] == [other]
        assert [run.job.id for run in history.find(connection, start=2, end=3)] == [other]


def test_runs_are_found_and_counted_by_status(database: Database) -> None:
    run_of(database, 1)
    failed = run_of(database, 2, Status.ERROR)
    with database.read() as connection:
        assert [run.job.id for run in history.find(connection, status="error")] == [failed]
        assert [history.count(connection, status=status) for status in (None, "success", "error", "expired")] == [
            2,
            1,
            1,
            0,
        ]
        assert history.count(connection, start=2) == 1


def test_lists_leave_the_logs_out(database: Database) -> None:
    job_id = run_of(database, 1)
    with database.read() as connection:
        assert [run.outcome.log for run in history.find(connection)] == [""]
    run = past(database, job_id)
    assert run is not None
    assert run.outcome.log == "log 1"


def test_the_latest_attempt_is_found_from_the_first(database: Database) -> None:
    first = claimed(database)
    second = new(retry_of=first.id, root_id=first.id, attempt=2)
    finish(database, done(first, Status.RETRIED, creates=(second,)))

    def latest() -> Job | Run | None:
        with database.read() as connection:
            return history.latest_attempt(connection, first.id)

    assert latest() == live(database, second.id)
    call(database, jobs.cancel, second.id, now=9)
    assert latest() == past(database, second.id)


def test_the_latest_attempt_of_a_job_without_retries_is_itself(database: Database) -> None:
    done_id = run_of(database, 1)
    (live_id,) = create(database, new())
    with database.read() as connection:
        assert history.latest_attempt(connection, done_id) == past(database, done_id)
        assert history.latest_attempt(connection, live_id) == live(database, live_id)
        assert history.latest_attempt(connection, 5) is None


def test_the_last_run_of_each_task(database: Database) -> None:
    run_of(database, 1, task="tasks.A")
    last = run_of(database, 2, task="tasks.A")
    with database.read() as connection:
        found = history.last_runs(connection, ["tasks.A", "tasks.B"])
    assert {task: run.job.id for task, run in found.items()} == {"tasks.A": last}


def test_old_runs_are_pruned_in_portions_with_their_logs(database: Database) -> None:
    ids = [run_of(database, ended) for ended in (1, 2, 3, 10)]
    assert [call(database, history.prune, before=10, limit=2) for _ in range(3)] == [2, 1, 0]
    with database.read() as connection:
        assert [run.job.id for run in history.find(connection)] == ids[-1:]
        assert connection.exec_driver_sql("SELECT count(*) FROM jitai_logs").scalar() == 1


def test_what_runs_are_not_looked_for_by_is_refused(database: Database) -> None:
    with database.read() as connection, pytest.raises(TypeError, match="by task, func, status, start, end, not by tsk"):
        history.find(connection, tsk="tasks.T")  # type: ignore[call-arg]
