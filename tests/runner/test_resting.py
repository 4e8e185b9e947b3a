"""What a worker asks the database while it has nothing to do."""

from __future__ import annotations

import sqlalchemy as sa

from jitai_tasks.ids import new_id
from jitai_tasks.runner.capture import StreamCapture
from jitai_tasks.runner.plan import Plan
from jitai_tasks.runner.seats import Seats
from jitai_tasks.runner.shared import Shared
from jitai_tasks.runner.signals import Signals
from jitai_tasks.runner.wake import WakePipe
from jitai_tasks.runner.worker import Worker
from jitai_tasks.store import jobs
from jitai_tasks.store.records import NewJob, Status
from jitai_tasks.store.sqlite import READ_ONLY

from .conftest import Shop


def test_a_worker_that_slept_until_a_job_is_due_claims_it_without_looking_again(shop: Shop) -> None:
    database = shop.app.database
    due = database.now() + 200_000
    job = NewJob(id=new_id(), task_type="tasks.TemporaryType", func="services.Shop.nothing", due=due)
    with database.begin() as connection:
        jobs.create(connection, [job])
    asked: list[str] = []

    def note(connection: sa.Connection) -> None:
        asked.append("look" if connection.info.get(READ_ONLY) else "work")

    sa.event.listen(database.engine, "begin", note)
    _work_until_one_is_done(shop)
    sa.event.remove(database.engine, "begin", note)
    assert asked.count("look") <= 1, asked
    run = shop.find(job.id)
    assert run is not None
    assert run.outcome.status is Status.SUCCESS


def _work_until_one_is_done(shop: Shop) -> None:
    shared = Shared(plan=Plan(app_path="", runner=7, workers=1), seats=Seats(2), wake=WakePipe())
    seat, signals = shared.seats.seat(0), Signals()
    with StreamCapture.installed() as capture:
        Worker(
            shop.app, shared, seat, 5, capture=capture, signals=signals, stopping=lambda: seat.done > 0
        ).work()  # fmt: skip
    signals.close()
    shared.wake.close()
