"""Date-field tasks under real runners and real time; races that have one winner."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from jitai_tasks import runner
from jitai_tasks.clock import SystemClock, moment
from jitai_tasks.datefields import running
from jitai_tasks.ids import new_token
from jitai_tasks.runner.threads import Runner
from jitai_tasks.store import claims, finishing
from jitai_tasks.store.records import Status
from jitai_tasks.testing import tables, waiting
from tests.datefields.shop import meetings, task
from tests.runner.conftest import eventually

NOON = datetime(2026, 1, 5, 12, 0)
#: Rounds of each race; a night may ask for more.
ROUNDS = int(os.environ.get("JITAI_RACE_ROUNDS", "15"))
TOLD = """
    import threading
    import time

    TIMES = {}
    CAME = threading.Event()

    def customFunc(rowData):
        TIMES[rowData.id.value] = time.time()
        CAME.set()
"""


def test_a_row_due_in_the_next_second_fires_at_its_time(app_from):
    """Long before the next sweep, that is, and never early. How late is printed."""
    app = tables(app_from(meetings(task(inner=TOLD)), clock=SystemClock()))
    app.models.Meeting.query(size=1)
    from tasks.Remind import inner

    working = Runner(app)
    working.start()
    try:
        for _ in range(3):
            inner.CAME.clear()
            due = moment(app.clock.now()).replace(tzinfo=None) + timedelta(seconds=0.5)
            row = app.models.Meeting.create(start=due)
            assert inner.CAME.wait(5)
            late = inner.TIMES[row.id.value] - due.replace(tzinfo=UTC).timestamp()
            print(f"fired {late * 1000:.1f} ms late")
            assert late >= 0
    finally:
        working.stop()


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def make(request):
    return request.param


@pytest.fixture
def app(app_from):
    return tables(app_from(meetings(task(inner="def customFunc(rowData):\n    return 1\n"))))


def claim(app: Any) -> list[Any]:
    with app.database.begin() as connection:
        return claims.claim(
            connection, queues=("default",), limit=10, runner=1, worker=1, token=new_token(), now=app.database.now()
        )


def together(*calls: Callable[[], object]) -> None:
    """Call all at the same moment, each in a thread of its own; what they raise is raised."""
    barrier, failures = threading.Barrier(len(calls)), []

    def run(call: Callable[[], object]) -> None:
        barrier.wait()
        try:
            call()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


@pytest.mark.parametrize("way", ["move", "clear", "delete"])
def test_an_edit_that_races_with_the_claim_has_one_winner(app, clock, history, way):
    """Either the old date runs and the edit comes after it, or the edit wins and the old date never runs."""
    Meeting = app.models.Meeting
    for number in range(ROUNDS):
        row = Meeting.create(start=clock.moment.replace(tzinfo=None))
        later = clock.moment.replace(tzinfo=None) + timedelta(hours=1, minutes=number)
        edit = {
            "move": lambda row=row, later=later: Meeting.updateByPK(row.id, {"start": later}),
            "clear": lambda row=row: Meeting.updateByPK(row.id, {"start": None}),
            "delete": lambda row=row: Meeting.deleteByPK(row.id),
        }[way]
        taken: list[Any] = []
        together(edit, lambda taken=taken: taken.extend(claim(app)))
        for job in taken:
            performed = runner.perform(app, job)
            with app.database.begin() as connection:
                finishing.finish(connection, [performed.finish])
        ended = [run.outcome.status.value for run in history("tasks.Remind") if run.job.subject == str(row.id)]
        assert ended in ([], ["skipped"], ["success"])
        assert len([job for job in waiting("tasks.Remind") if job.subject == str(row.id)]) == (way == "move")


@pytest.mark.parametrize("make", ["postgresql"], indirect=True)
@pytest.mark.parametrize("place", ["before it is admitted", "before its row is read"])
def test_a_connection_that_breaks_before_the_function_begins_ends_no_run(app, clock, history, monkeypatch, place):
    """The job is handed back; whoever claims it next performs it."""
    app.models.Meeting.create(start=clock.moment.replace(tzinfo=None))
    (job,) = claim(app)
    if place == "before it is admitted":
        cut_connections(app)
    else:
        admit = running.admit
        monkeypatch.setattr(running, "admit", lambda *given: [admit(*given), cut_connections(app)][0])
    assert runner.perform(app, job).finish is None
    assert not history("tasks.Remind")
    monkeypatch.undo()
    assert runner.perform(app, job).finish.outcome.status is Status.SUCCESS


def cut_connections(app: Any) -> None:
    """End all connections to the app's database, as a server does that restarts."""
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    engine = sa.create_engine(app.database.engine.url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        ended = connection.exec_driver_sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
        assert ended.scalars().all()
        eventually(lambda: not connection.exec_driver_sql(f"SELECT 1 FROM pg_stat_activity WHERE {others}").all())


def test_two_saves_and_two_sweeps_at_once_plan_one_job(app, clock):
    from jitai_tasks import datefields

    Meeting = app.models.Meeting
    row = Meeting.create(start=NOON)
    for number in range(15):
        table = Meeting.table
        with app.database.begin() as connection:
            connection.execute(table.update().values(start=NOON + timedelta(minutes=10 * number)))
        together(
            lambda: datefields.sweep(app),
            lambda: datefields.sweep(app),
            lambda number=number: Meeting.updateByPK(row.id, {"title": f"a{number}"}),
            lambda number=number: Meeting.updateByPK(row.id, {"status": f"b{number}"}),
        )
        (job,) = waiting("tasks.Remind")
        assert datetime.fromtimestamp(job.due / 1e6, UTC).replace(tzinfo=None) == NOON + timedelta(minutes=10 * number)
