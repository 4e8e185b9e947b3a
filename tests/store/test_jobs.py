from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from jitai_tasks.errors import StoreError
from jitai_tasks.store import Database, jobs, schedules
from jitai_tasks.store.records import NewJob, OnInterrupt, Outcome, Status
from tests.store.made import call, claim, claimed, create, done, finish, live, new, past


def test_a_job_comes_back_as_it_was_created(database: Database) -> None:
    made = new(
        task="tasks.Report", task_type="tasks.NormalType", func="services.ReportSvc.daily", title="日报 £",
        args='{"a":[1,"ü"]}', due=17, slot=16, subject="42", queue="mail", priority=-3, tags=("a", "b c", "ü"),
        creator="ada", timeout_ms=5, max_retries=2, retry_delay_ms=7, on_interrupt=OnInterrupt.ERROR, attempt=2,
        retry_of=5, root_id=4, manual=True, hold="disabled",
    )  # fmt: skip
    create(database, made)
    found = live(database, made.id)
    assert found is not None
    assert {name: getattr(found, name) for name in NewJob.__dataclass_fields__} == {
        name: getattr(made, name) for name in NewJob.__dataclass_fields__
    }
    assert (found.created, found.status, found.claim_token) == (database.now(), Status.WAITING, None)


def test_a_job_created_in_a_transaction_that_rolls_back_never_was(database: Database) -> None:
    made = new()
    with pytest.raises(ZeroDivisionError), database.begin() as connection:
        jobs.create(connection, [made])
        raise ZeroDivisionError
    assert live(database, made.id) is None


def test_many_jobs_are_created_at_once(database: Database) -> None:
    made = [new(due=due, tags=("t",), title="a\tb\\n\n'x'") for due in range(300)]
    create(database, *made)
    with database.read() as connection:
        found = jobs.find(connection, limit=1000)
    assert [job.id for job in found] == [job.id for job in made]
    assert {job.title for job in found} == {"a\tb\\n\n'x'"}


def test_creating_nothing_is_allowed(database: Database) -> None:
    assert create(database) == []


@pytest.mark.parametrize("count", [1, 2, 200])
def test_a_text_over_its_limit_is_refused_and_names_the_limit(database: Database, count: int) -> None:
    made = [*(new() for _ in range(count - 1)), new(subject="s" * 256)]
    with pytest.raises(StoreError, match="subject has 256 characters, the limit is 255"):
        create(database, *made)
    assert live(database, made[0].id) is None


def test_an_occurrence_gets_one_job_and_moves_the_watermark(database: Database) -> None:
    first, second = (new(task="tasks.Tick", slot=100, due=100) for _ in range(2))
    assert call(database, jobs.create_occurrence, first)
    assert not call(database, jobs.create_occurrence, second)
    assert live(database, second.id) is None
    with database.read() as connection:
        assert schedules.get(connection, "tasks.Tick").watermark == 100


def test_an_occurrence_stays_known_after_its_job_is_done(database: Database) -> None:
    call(database, jobs.create_occurrence, new(task="tasks.Tick", slot=100, due=100))
    finish(database, *(done(job) for job in claim(database)))
    assert not call(database, jobs.create_occurrence, new(task="tasks.Tick", slot=100, due=100))


def test_occurrences_differ_by_subject_case_and_trailing_space(database: Database) -> None:
    for subject in ("a", "A", "a ", "ä", ""):
        assert call(database, jobs.create_occurrence, new(task="tasks.Due", slot=1, subject=subject))
        assert not call(database, jobs.create_occurrence, new(task="tasks.Due", slot=1, subject=subject))


def test_the_watermark_never_moves_back(database: Database) -> None:
    for slot in (300, 100, 200):
        assert call(database, jobs.create_occurrence, new(task="tasks.Tick", slot=slot))
    with database.read() as connection:
        assert schedules.get(connection, "tasks.Tick").watermark == 300


def test_a_job_without_a_slot_is_no_occurrence(database: Database) -> None:
    with pytest.raises(ValueError, match="has no slot"):
        call(database, jobs.create_occurrence, new(task="tasks.Tick"))


def test_canceling_works_while_a_job_waits_and_not_later(database: Database) -> None:
    waiting = new(due=1 << 60)
    create(database, waiting)
    assert call(database, jobs.cancel, waiting.id, now=9, reason="not needed")
    run = past(database, waiting.id)
    assert run is not None
    assert run.outcome == Outcome(status=Status.CANCELED, reason="not needed", ended=9)
    assert live(database, waiting.id) is None
    assert not call(database, jobs.cancel, waiting.id, now=9)
    assert not call(database, jobs.cancel, claimed(database).id, now=9)


def test_skipping_leaves_a_run_with_the_reason(database: Database) -> None:
    outcome = Outcome(status=Status.SKIPPED, reason="misfire", ended=9)
    create(database, waiting := new(due=1 << 60))
    job = live(database, waiting.id)
    assert job is not None
    assert call(database, jobs.skip, job, outcome)
    assert not call(database, jobs.skip, job, outcome)
    run = past(database, waiting.id)
    assert run is not None
    assert (run.outcome, run.job) == (outcome, job)


def test_its_holder_may_skip_a_running_job_and_nobody_else(database: Database) -> None:
    job = claimed(database)
    outcome = Outcome(status=Status.SKIPPED, reason="overlap", ended=9)
    assert not call(database, jobs.skip, replace(job, claim_token=1), outcome)
    assert call(database, jobs.skip, job, outcome)


def test_terminating_ends_a_waiting_and_a_running_job(database: Database) -> None:
    running = claimed(database, due=1)
    create(database, waiting := new())
    for job_id in (running.id, waiting.id):
        run = call(database, jobs.terminate, job_id, now=9, reason="asked for")
        assert (run.outcome.status, run.outcome.reason) == (Status.TERMINATED, "asked for")
        assert past(database, job_id) == run
        assert live(database, job_id) is None
    assert call(database, jobs.terminate, running.id, now=9, reason="again") is None


def test_a_terminated_job_refuses_its_holders_finish(database: Database) -> None:
    job = claimed(database)
    call(database, jobs.terminate, job.id, now=9, reason="asked for")
    assert finish(database, done(job)) == set()
    run = past(database, job.id)
    assert run is not None
    assert run.outcome.status is Status.TERMINATED


def test_expiring_needs_the_token_of_the_claim(database: Database) -> None:
    job = claimed(database, timeout_ms=1500)
    assert not call(database, jobs.expire, job.id, 1, now=9)
    assert call(database, jobs.expire, job.id, job.claim_token, now=9)
    run = past(database, job.id)
    assert run is not None
    assert (run.outcome.status, run.outcome.reason) == (Status.EXPIRED, "over its time limit of 1.5 s")


def test_a_held_job_is_not_claimed_until_it_is_released(database: Database) -> None:
    (first, second) = create(database, new(task="tasks.A"), new(task="tasks.B"))
    assert call(database, jobs.hold, task="tasks.A", reason="disabled") == 1
    assert call(database, jobs.hold, ids=[second], reason="element gone") == 1
    assert call(database, jobs.hold, ids=[second], reason="again") == 0
    assert claim(database) == []
    assert call(database, jobs.release, reason="disabled") == 1
    assert [job.id for job in claim(database)] == [first]
    assert call(database, jobs.release, task="tasks.B") == 1
    assert [job.id for job in claim(database)] == [second]


def test_a_waiting_job_follows_its_date(database: Database) -> None:
    made = new(task="tasks.Due", subject="7", slot=100, due=100)
    call(database, jobs.create_occurrence, made)
    assert call(database, jobs.reschedule, made.id, 200, 200)
    moved = live(database, made.id)
    assert moved is not None
    assert (moved.due, moved.slot) == (200, 200)
    assert call(database, jobs.reschedule, made.id, 100, 100), "A → B → A before it ran"
    claim(database)
    assert not call(database, jobs.reschedule, made.id, 300, 300), "it runs, so it stays as it is"


def test_a_date_that_had_its_run_is_not_taken_again(database: Database) -> None:
    call(database, jobs.create_occurrence, new(task="tasks.Due", subject="7", slot=100, due=100))
    finish(database, *(done(job) for job in claim(database)))
    later = new(task="tasks.Due", subject="7", slot=200, due=200)
    call(database, jobs.create_occurrence, later)
    assert not call(database, jobs.reschedule, later.id, 100, 100)
    unmoved = live(database, later.id)
    assert unmoved is not None
    assert unmoved.slot == 200


def test_a_withdrawn_job_was_never_planned(database: Database) -> None:
    made = new(task="tasks.Due", subject="7", slot=100, due=100)
    call(database, jobs.create_occurrence, made)
    assert call(database, jobs.withdraw, made.id)
    assert (live(database, made.id), past(database, made.id)) == (None, None)
    assert call(database, jobs.create_occurrence, new(task="tasks.Due", subject="7", slot=100, due=100))
    assert not call(database, jobs.withdraw, claim(database)[0].id)


def test_jobs_are_found_by_what_is_given(database: Database) -> None:
    ids = create(
        database, new(task="tasks.A", due=3, queue="mail"), new(task="tasks.A", due=1, subject="7"), new(due=2)
    )
    with database.read() as connection:
        assert [job.id for job in jobs.find(connection)] == [ids[1], ids[2], ids[0]]
        assert [job.id for job in jobs.find(connection, limit=1, offset=1)] == [ids[2]]
        assert [job.id for job in jobs.find(connection, task="tasks.A")] == [ids[1], ids[0]]
        assert [job.id for job in jobs.find(connection, queue="mail")] == [ids[0]]
        assert [job.id for job in jobs.find(connection, subject="7")] == [ids[1]]
        assert jobs.find(connection, status=Status.RUNNING) == []
    claim(database, limit=1)
    with database.read() as connection:
        assert [job.id for job in jobs.find(connection, status="running")] == [ids[1]]


def test_waiting_of_leaves_out_what_people_asked_for(database: Database) -> None:
    ids = create(database, new(task="tasks.A", due=2), new(task="tasks.A", manual=True), new(task="tasks.B"), new())
    with database.read() as connection:
        found = jobs.waiting_of(connection, ["tasks.A", "tasks.C"])
    assert {task: [job.id for job in listed] for task, listed in found.items()} == {"tasks.A": [ids[0]], "tasks.C": []}


@pytest.mark.parametrize(
    "damage",
    [
        "status = 'running'",
        "claim_token = 7",
        "status = 'success'",
        "status = 'running', claim_token = 7",
        "attempt = 0",
    ],
)
def test_the_table_itself_refuses_impossible_states(database: Database, damage: str) -> None:
    (job_id,) = create(database, new())
    with pytest.raises(sa.exc.DBAPIError), database.begin() as connection:
        connection.exec_driver_sql(f"UPDATE jitai_jobs SET {damage} WHERE id = {job_id}")
