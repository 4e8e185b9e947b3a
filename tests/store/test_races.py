"""Two at once: exactly one wins, and nothing is lost in between."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from jitai_tasks.ids import new_token
from jitai_tasks.store import Database, claims, finishing, history, jobs
from jitai_tasks.store.trouble import rerun
from tests.store.made import call, claim, claimed, create, done, live, new, past

ROUNDS = 25


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Run the calls in threads that start together; answers what each returned."""
    ready = threading.Barrier(len(calls), timeout=30)
    answers: list[object] = [None] * len(calls)

    def run(at: int, work: Callable[[], object]) -> None:
        ready.wait()
        try:
            answers[at] = work()
        except BaseException as error:
            answers[at] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_of_racing_planners_one_creates_the_job(database: Database) -> None:
    for slot in range(ROUNDS):
        made = [new(task="tasks.Tick", slot=slot, due=slot) for _ in range(4)]
        plan = [lambda job=job: rerun(database, lambda c: jobs.create_occurrence(c, job)) for job in made]
        assert sorted(map(str, at_once(*plan))) == ["False", "False", "False", "True"]
    with database.read() as connection:
        assert len(jobs.find(connection, task="tasks.Tick", limit=1000)) == ROUNDS


def test_racing_claims_share_the_jobs_without_overlap(database: Database) -> None:
    ids = create(database, *(new(due=due, priority=due % 3) for due in range(300)))

    def drain() -> Sequence[int]:
        mine: list[int] = []
        misses = 0
        while misses < 3:
            wish = {"limit": 7, "runner": 1, "worker": 1, "token": new_token(), "now": database.now()}
            batch = rerun(database, lambda c, wish=wish: claims.claim(c, **wish))
            mine += [job.id for job in batch]
            misses += not batch
        return mine

    taken = at_once(*[drain] * 4)
    everything = [job_id for mine in taken for job_id in mine]  # type: ignore[attr-defined]
    assert sorted(everything) == sorted(ids)


def test_a_forced_end_racing_a_finish_one_wins(database: Database) -> None:
    for _ in range(ROUNDS):
        job = claimed(database)
        child = new(due=1 << 60)
        ended, accepted = at_once(
            lambda job=job: rerun(database, lambda c: jobs.terminate(c, job.id, now=9, reason="x")),
            lambda job=job, child=child: rerun(database, lambda c: finishing.finish(c, [done(job, creates=(child,))])),
        )
        assert (ended is None) == (accepted == {job.id}), (ended, accepted)
        assert (live(database, child.id) is not None) == (accepted == {job.id})
        run = past(database, job.id)
        assert run is not None
        assert str(run.outcome.status) == ("success" if accepted else "terminated")


def test_a_cancel_racing_a_claim_one_wins(database: Database) -> None:
    for _ in range(ROUNDS):
        (job_id,) = create(database, new())
        wish = {"limit": 1, "runner": 1, "worker": 1, "token": new_token(), "now": database.now()}
        canceled, batch = at_once(
            lambda job_id=job_id: rerun(database, lambda c: jobs.cancel(c, job_id, now=9)),
            lambda wish=wish: rerun(database, lambda c: claims.claim(c, **wish)),
        )
        assert canceled == (not batch), (canceled, batch)
        assert (past(database, job_id) is None) == bool(batch)
        for job in batch if isinstance(batch, list) else []:
            call(database, finishing.finish, [done(job)])


def test_an_edit_of_the_date_racing_a_claim_one_wins(database: Database) -> None:
    for slot in range(ROUNDS):
        made = new(task="tasks.Due", subject=str(slot), slot=1, due=1)
        call(database, jobs.create_occurrence, made)
        wish = {"limit": 1, "runner": 1, "worker": 1, "token": new_token(), "now": 5}
        moved, batch = at_once(
            lambda made=made: rerun(database, lambda c: jobs.reschedule(c, made.id, 1 << 60, 1 << 60)),
            lambda wish=wish: rerun(database, lambda c: claims.claim(c, **wish)),
        )
        assert moved == (not batch), (moved, batch)
        call(database, jobs.terminate, made.id, now=9, reason="over")


def test_a_released_job_racing_its_zombies_finish_one_wins(database: Database) -> None:
    for _ in range(ROUNDS):
        job = claimed(database)
        released, accepted = at_once(
            lambda job=job: rerun(database, lambda c: claims.release_worker(c, job.worker or 0, now=9)),
            lambda job=job: rerun(database, lambda c: finishing.finish(c, [done(job)])),
        )
        assert bool(getattr(released, "rerun", None)) == (accepted == set()), (released, accepted)
        call(database, jobs.terminate, job.id, now=9, reason="over")
    with database.read() as connection:
        assert history.count(connection) == ROUNDS


def test_a_claim_whose_answer_was_lost_is_found_by_its_token(database: Database) -> None:
    ids = create(database, new(), new())
    token = new_token()
    claim(database, token=token)
    with database.read() as connection:
        assert [job.id for job in claims.held(connection, token)] == ids
