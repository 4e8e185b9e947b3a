from __future__ import annotations

from collections.abc import Callable

import pytest

from jitai_tasks.store import Database, claims, jobs
from jitai_tasks.store.records import OnInterrupt, Status
from tests.store.made import RUNNER, WORKER, call, claim, claimed, create, done, finish, live, new, past


def test_higher_priority_first_then_earlier_due_then_lower_id(database: Database) -> None:
    wanted = [
        new(priority=5, due=30),
        new(priority=1, due=10),
        new(priority=1, due=20),
        new(priority=1, due=20),
        new(due=1),
    ]
    create(database, *reversed(wanted))
    assert [job.id for job in claim(database)] == [job.id for job in wanted]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_the_order_holds_across_claims_queues_and_priorities(database: Database, limit: int) -> None:
    made = [
        new(queue=queue, priority=priority, due=due)
        for due in (3, 1, 2)
        for queue in ("a", "b", "c")
        for priority in (-1, 0, 7)
    ]
    create(database, *made)
    wanted = sorted((job for job in made if job.queue != "c"), key=lambda job: (-job.priority, job.due, job.id))
    found = []
    while batch := claim(database, limit=limit, queues=["a", "b"]):
        assert len(batch) <= limit
        found += [job.id for job in batch]
    assert found == [job.id for job in wanted]
    assert {job.queue for job in claim(database)} == {"c"}


def test_a_claim_takes_no_more_than_its_limit(database: Database) -> None:
    create(database, *(new(priority=i % 3) for i in range(10)))
    assert [len(claim(database, limit=limit)) for limit in (0, 4, 4, 4, 4)] == [0, 4, 4, 2, 0]


def test_future_jobs_wait(database: Database) -> None:
    now = database.now()
    (due, _) = create(database, new(due=now), new(due=now + 1, priority=9))
    assert [job.id for job in claim(database, now=now)] == [due]
    with database.read() as connection:
        assert claims.next_due(connection) == now + 1


def test_next_due_looks_at_the_queues_it_is_asked_about(database: Database) -> None:
    create(database, new(due=3, queue="a"), new(due=2, queue="b", priority=1), new(due=1, queue="b", hold="disabled"))
    with database.read() as connection:
        assert claims.next_due(connection) == 2
        assert claims.next_due(connection, queues=["a"]) == 3
        assert claims.next_due(connection, queues=["a", "b", "none"]) == 2
        assert claims.next_due(connection, queues=["none"]) is None
        assert claims.next_due(connection, queues=[]) is None


def test_no_queues_mean_no_jobs(database: Database) -> None:
    create(database, new())
    assert claim(database, queues=[]) == []


def test_a_claimed_job_says_who_holds_it(database: Database) -> None:
    create(database, new())
    (job,) = claim(database, token=77, now=5)
    assert (job.status, job.claim_token, job.runner, job.worker, job.claimed) == (Status.RUNNING, 77, RUNNER, WORKER, 5)
    assert live(database, job.id) == job


def test_a_lost_answer_is_found_again_by_its_token(database: Database) -> None:
    create(database, new(due=2), new(due=1))
    batch = claim(database, token=77)
    with database.read() as connection:
        assert claims.held(connection, 77) == batch
        assert claims.held(connection, 78) == []


@pytest.mark.parametrize("make", ["postgresql"], indirect=True)
def test_a_claim_by_itself_is_one_statement_and_committed_with_it(
    database: Database, again: Callable[[], Database]
) -> None:
    create(database, new(due=1))
    with database.single() as connection:
        batch = claims.claim(connection, limit=1, runner=RUNNER, worker=WORKER, token=77, now=5)
        with again().read() as elsewhere:
            assert claims.held(elsewhere, 77) == batch
    with pytest.raises(ZeroDivisionError), database.begin() as connection:
        claims.hand_back(connection, 77)
        _ = 1 / 0
    with database.read() as connection:
        assert claims.held(connection, 77) == batch, "the connection's next user has its transactions again"


def test_jobs_handed_back_wait_again_and_are_not_counted(database: Database) -> None:
    create(database, new(due=1), new(due=2), new(due=3))
    batch = claim(database, token=77)
    assert call(database, claims.hand_back, 77, [batch[0].id]) == 1
    assert call(database, claims.hand_back, 77) == 2
    assert call(database, claims.hand_back, 77) == 0
    again = claim(database)
    assert [(job.id, job.interruptions) for job in again] == [(job.id, 0) for job in batch]


def test_the_jobs_of_a_dead_worker_run_again(database: Database) -> None:
    create(database, new(due=1), new(due=2))
    mine = claim(database, limit=1)
    others = claim(database, limit=1, worker=99)
    released = call(database, claims.release_worker, WORKER, now=9)
    assert (released.runner, released.worker, released.ended) == (RUNNER, WORKER, ())
    assert [(job.id, job.status, job.interruptions) for job in released.rerun] == [(mine[0].id, Status.WAITING, 1)]
    assert live(database, mine[0].id) == released.rerun[0]
    assert live(database, others[0].id) == others[0]
    assert finish(database, done(mine[0])) == set()


def test_only_what_the_worker_had_begun_counts_as_interrupted(database: Database) -> None:
    create(database, new(due=1), new(due=2))
    batch = claim(database)
    released = call(database, claims.release_worker, WORKER, now=9, begun=[batch[0].id])
    assert [job.interruptions for job in released.rerun] == [1, 0]


def test_of_a_dead_runner_only_the_job_whose_turn_it_was_counts_as_interrupted(database: Database) -> None:
    create(database, new(due=1), new(due=2), new(due=3))
    first = claim(database, limit=2)
    (second,) = claim(database, limit=1, worker=99)
    released = call(database, claims.release_runner, RUNNER, now=9)
    counts = {job.id: job.interruptions for job in released.rerun}
    assert counts == {first[0].id: 1, first[1].id: 0, second.id: 1}


def test_a_job_that_costs_three_workers_ends_in_error(database: Database) -> None:
    (job_id,) = create(database, new())
    for _ in range(2):
        claim(database)
        assert call(database, claims.release_worker, WORKER, now=9).ended == ()
    claim(database)
    released = call(database, claims.release_worker, WORKER, now=9)
    assert [run.job.id for run in released.ended] == [job_id]
    run = past(database, job_id)
    assert run is not None
    assert (run.outcome.status, run.outcome.error_type) == (Status.ERROR, "zombieTaskCleaned")
    assert live(database, job_id) is None


def test_a_job_that_must_not_run_twice_ends_at_its_first_interruption(database: Database) -> None:
    begun, next_one = (new(on_interrupt=OnInterrupt.ERROR, due=due) for due in (1, 2))
    create(database, begun, next_one)
    claim(database)
    released = call(database, claims.release_worker, WORKER, now=9, begun=[begun.id])
    assert [run.job.id for run in released.ended] == [begun.id]
    assert [job.id for job in released.rerun] == [next_one.id], "it had not begun, so it may run"


def test_a_supervisor_learns_which_claims_are_still_its_own(database: Database) -> None:
    job = claimed(database)
    with database.read() as connection:
        assert claims.live_ids(connection, RUNNER) == {job.id: job.claim_token}
    call(database, jobs.terminate, job.id, now=9, reason="asked for")
    with database.read() as connection:
        assert claims.live_ids(connection, RUNNER) == {}


@pytest.mark.parametrize("make", ["postgresql", "mysql"], indirect=True)
def test_a_claim_passes_over_what_another_claim_is_taking(database: Database, again: Callable[[], Database]) -> None:
    create(database, new(due=1), new(due=2))
    with database.begin() as first:
        taken = claims.claim(first, limit=1, runner=1, worker=1, token=3, now=9)
        others = claim(again(), limit=5)
    assert [job.due for job in (*taken, *others)] == [1, 2]
