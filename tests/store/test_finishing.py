from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from jitai_tasks.ids import new_token
from jitai_tasks.store import Database, claims, finishing, history, jobs, schedules
from jitai_tasks.store.claiming import Wish
from jitai_tasks.store.finishing import Fate
from jitai_tasks.store.records import Outcome, Status
from tests.store.made import RUNNER, WORKER, call, claim, claimed, create, done, finish, live, new, past


def test_a_finished_job_is_in_history_and_no_longer_live(database: Database) -> None:
    job = claimed(database, title="ü", tags=("a",), args='{"a":1}')
    outcome = Outcome(
        status=Status.ERROR, result='{"b":"ü"}', error_type="ValueError", error="bad ü 字 'x' \\ \"",
        traceback="line\n\tline", reason="why", started=3, ended=4, log="said\nthis",
    )  # fmt: skip
    assert finish(database, replace(done(job), outcome=outcome)) == {job.id}
    run = past(database, job.id)
    assert run is not None
    assert (run.job, run.outcome, run.retried_by) == (job, outcome, None)
    assert live(database, job.id) is None


def test_a_batch_is_finished_at_once(database: Database) -> None:
    create(database, *(new(due=due) for due in range(150)))
    batch = claim(database, limit=150)
    assert finish(database, *map(done, batch)) == {job.id for job in batch}
    with database.read() as connection:
        assert history.count(connection, status="success") == 150
        assert jobs.find(connection) == []


def test_finishes_of_several_claims_travel_together(database: Database) -> None:
    create(database, *(new(due=due) for due in range(4)))
    batch = [job for _ in range(4) for job in claim(database, limit=1)]
    assert finish(database, *map(done, batch)) == {job.id for job in batch}


def test_a_result_may_be_null_and_nothing(database: Database) -> None:
    for result in (None, "null", '""'):
        job = claimed(database)
        finish(database, done(job, result=result))
        run = past(database, job.id)
        assert run is not None
        assert run.outcome.result == result


def test_the_largest_texts_fit(database: Database) -> None:
    job = claimed(database, args='"' + "ä" * 32_000 + '"')
    finish(database, done(job, result='"' + "字" * 21_000 + '"', traceback="t" * 16_384, log="l" * 1_048_576))
    run = past(database, job.id)
    assert run is not None
    assert [len(text or "") for text in (run.outcome.result, run.outcome.log)] == [21_002, 1_048_576]


def test_text_that_no_database_stores_is_made_storable(database: Database) -> None:
    job = claimed(database)
    finish(database, done(job, error="nul \0 and \ud800 end", log="\0"))
    run = past(database, job.id)
    assert run is not None
    assert (run.outcome.error, run.outcome.log) == ("nul � and ? end", "�")


def test_a_stale_token_changes_nothing(database: Database) -> None:
    job = claimed(database)
    stale = replace(job, claim_token=5)
    child = new()
    assert finish(database, done(stale, creates=(child,), log="x")) == set()
    assert live(database, job.id) == job
    assert (past(database, job.id), live(database, child.id)) == (None, None)


def test_of_a_batch_the_lost_ones_are_left_out(database: Database) -> None:
    create(database, *(new(due=due) for due in range(3)))
    batch = claim(database)
    call(database, jobs.terminate, batch[1].id, now=9, reason="asked for")
    children = [new(due=due, title="child") for due in range(3)]
    finishes = [done(job, creates=(child,)) for job, child in zip(batch, children, strict=True)]
    assert finish(database, *finishes) == {batch[0].id, batch[2].id}
    with database.read() as connection:
        assert [job.id for job in jobs.find(connection)] == [children[0].id, children[2].id]


def test_finishing_twice_counts_once(database: Database) -> None:
    job = claimed(database)
    assert finish(database, done(job)) == {job.id}
    assert finish(database, done(job, Status.ERROR)) == set()
    run = past(database, job.id)
    assert run is not None
    assert run.outcome.status is Status.SUCCESS


def test_a_job_that_was_never_claimed_cannot_be_finished(database: Database) -> None:
    (job_id,) = create(database, new())
    waiting = live(database, job_id)
    assert waiting is not None
    with pytest.raises(ValueError, match="never claimed"):
        finish(database, done(waiting))


def test_the_next_planned_run_is_created_with_the_finish(database: Database) -> None:
    job = claimed(database, task="tasks.Tick", slot=0)
    successor = new(task="tasks.Tick", slot=60, due=60)
    finish(database, done(job, successor=successor))
    assert live(database, successor.id) is not None
    with database.read() as connection:
        assert schedules.get(connection, "tasks.Tick").watermark == 60


def test_a_next_run_that_is_already_planned_is_not_planned_again(database: Database) -> None:
    job = claimed(database, task="tasks.Tick", slot=0)
    call(database, jobs.create_occurrence, new(task="tasks.Tick", slot=60, due=60))
    successor = new(task="tasks.Tick", slot=60, due=60)
    assert finish(database, done(job, successor=successor)) == {job.id}
    assert live(database, successor.id) is None


def test_a_retry_is_a_new_job_that_history_points_to(database: Database) -> None:
    job = claimed(database, max_retries=1)
    retry = new(retry_of=job.id, root_id=job.id, attempt=2)
    finish(database, done(job, Status.RETRIED, creates=(new(), retry)))
    run = past(database, job.id)
    assert run is not None
    assert (run.outcome.status, run.retried_by) == (Status.RETRIED, retry.id)
    assert live(database, retry.id) is not None


def test_a_rolled_back_finish_leaves_the_job_running(database: Database) -> None:
    job = claimed(database)
    with pytest.raises(ZeroDivisionError), database.begin() as connection:
        finishing.finish(connection, [done(job)])
        raise ZeroDivisionError
    assert live(database, job.id) == job
    assert past(database, job.id) is None


def test_the_fate_of_a_finish_can_be_asked(database: Database) -> None:
    finished, ended, held = (claimed(database) for _ in range(3))
    finish(database, done(finished))
    call(database, jobs.terminate, ended.id, now=9, reason="asked for")
    call(database, claims.release_worker, held.worker, now=9)
    (held_again,) = claim(database)

    def fate(job_id: int, token: int | None) -> Fate:
        with database.read() as connection:
            return finishing.fate(connection, job_id, token or 0)

    assert fate(finished.id, finished.claim_token) is Fate.DONE
    assert fate(held_again.id, held_again.claim_token) is Fate.HELD
    assert fate(held.id, held.claim_token) is Fate.STALE
    assert fate(12345, 1) is Fate.STALE


def test_a_job_ended_by_force_is_stale_for_its_holder(database: Database) -> None:
    job = claimed(database)
    call(database, jobs.terminate, job.id, now=9, reason="asked for")
    with database.read() as connection:
        assert finishing.fate(connection, job.id, job.claim_token or 0) is Fate.STALE


def test_finish_and_claim_is_one_step(database: Database) -> None:
    ids = create(database, *(new(due=due) for due in range(5)))
    wish = partial(Wish, runner=RUNNER, worker=WORKER, now=database.now())
    with database.begin() as connection:
        accepted, batch = finishing.finish_and_claim(connection, [], wish(limit=2, token=new_token()))
    assert (accepted, [job.id for job in batch]) == (set(), ids[:2])
    call(database, jobs.terminate, ids[0], now=9, reason="asked for")
    child = new(due=9)
    finishes = [done(batch[0], log="lost"), done(batch[1], log="kept", creates=(child,))]
    with database.begin() as connection:
        accepted, batch = finishing.finish_and_claim(connection, finishes, wish(limit=2, token=new_token()))
    assert (accepted, [job.id for job in batch]) == ({ids[1]}, ids[2:4])
    kept = past(database, ids[1])
    assert kept is not None
    assert kept.outcome.log == "kept"
    with database.begin() as connection:
        accepted, batch = finishing.finish_and_claim(connection, list(map(done, batch)), wish(limit=9, token=8))
    assert (accepted, [job.id for job in batch]) == (set(ids[2:4]), [ids[4], child.id])
    with database.begin() as connection:
        accepted, batch = finishing.finish_and_claim(connection, list(map(done, batch)), wish(limit=9, token=9))
    assert (accepted, batch) == ({ids[4], child.id}, [])


@pytest.mark.parametrize("make", ["sqlite"], indirect=True)
def test_only_the_finishes_of_one_claim_that_bring_nothing_else_are_one_statement(database: Database) -> None:
    first, second = claimed(database), claimed(database)
    assert finishing.is_one_statement([])
    assert finishing.is_one_statement([done(first, result="1")])
    assert not finishing.is_one_statement([done(first), done(second)]), "two claims"
    for brings in ({"log": "said"}, {"creates": (new(),)}, {"successor": new()}):
        assert not finishing.is_one_statement([done(first, **brings)]), brings
