"""A flood of quick jobs on PostgreSQL: one batch is performed while the next is claimed."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

from jitai_tasks.ids import new_ids
from jitai_tasks.payload import dumps
from jitai_tasks.runner.crew import Member
from jitai_tasks.runner.plan import Plan
from jitai_tasks.runner.seats import Phase, Seats
from jitai_tasks.runner.strays import Strays
from jitai_tasks.runner.threads import Runner as Threads
from jitai_tasks.runner.watchman import Hoarding, share_out
from jitai_tasks.store import Database, claims, jobs
from jitai_tasks.store.line import Line
from jitai_tasks.store.records import NewJob, Status
from tests import servers
from tests.chaos import invariants

from .conftest import Shop, eventually, shop_at

#: What a worker may have performed without the store knowing: the batch that is being finished, and the one in hand.
MOST_UNFINISHED = 200
_END_RUNNERS = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    server = servers.postgres()
    url = server.fresh_database()
    yield from shop_at(tmp_path, url, {})
    server.drop(url)


def flood(shop: Shop, number: int, func: str = "note", **arguments: object) -> dict[int, str]:
    """Jobs that leave a line; answers what each of them writes."""
    now = shop.app.database.now()
    made = [
        NewJob(
            id=one, task_type="tasks.TemporaryType", due=now, func=f"services.Shop.{func}",
            args=dumps({"path": shop.path("log"), "line": str(line), **arguments}, where=""),
        )
        for line, one in enumerate(new_ids(number))
    ]  # fmt: skip
    with shop.app.database.begin() as connection:
        jobs.create(connection, made)
    return {job.id: str(line) for line, job in enumerate(made)}


def all_done(shop: Shop, wanted: dict[int, str], *, blows: int = 0) -> None:
    eventually(lambda: not shop.live(), seconds=60, say=shop.logs)
    invariants.all_have_ended(shop.app.database, list(wanted))
    starts = [line.split()[0] for line in shop.lines("log")]
    invariants.extra_executions_are_few(starts, list(wanted.values()), kills=blows, slots=MOST_UNFINISHED)
    invariants.store_is_sound(shop.app.database, wanted)


def lines(shop: Shop) -> int:
    return len(shop.lines("log"))


def test_in_a_flood_the_next_batch_is_claimed_meanwhile(shop: Shop) -> None:
    threads = Threads(shop.app, Plan(app_path="", runner=7, workers=1))
    threads.start()
    wanted = flood(shop, 3_000)
    eventually(lambda: any(glance.coming for glance in threads._shared.seats.glances()), seconds=30)
    all_done(shop, wanted)
    eventually(lambda: {glance.coming for glance in threads._shared.seats.glances()} == {0})
    assert threads.stop()


@pytest.mark.timeout(120)
def test_connections_cut_in_a_flood_lose_nothing(shop: Shop) -> None:
    runner = shop.ready(workers=2)
    wanted = flood(shop, 9_000)
    cuts = 0
    for share in range(1, 6):
        eventually(lambda: lines(shop) > share * 1_500, seconds=60, say=runner.text)  # noqa: B023
        with shop.app.database.read() as connection:
            cuts += connection.scalar(sa.text(_END_RUNNERS)) or 0
    all_done(shop, wanted, blows=cuts)
    assert cuts >= 5
    assert runner.stop() == 0


@pytest.mark.timeout(120)
def test_workers_killed_in_a_flood_lose_nothing(shop: Shop) -> None:
    runner = shop.ready(workers=2)
    wanted = flood(shop, 9_000)
    for share in range(1, 6):
        eventually(lambda: lines(shop) > share * 1_500, seconds=60, say=runner.text)  # noqa: B023
        os.kill(random.choice(runner.workers()).pid, signal.SIGKILL)
    all_done(shop, wanted, blows=5)
    assert runner.stop() == 0


@pytest.mark.timeout(60)
def test_a_runner_stopped_in_a_flood_hands_back_both_batches(shop: Shop) -> None:
    runner = shop.ready(workers=2)
    wanted = flood(shop, 9_000)
    eventually(lambda: lines(shop) > 1_000, seconds=30, say=runner.text)
    assert runner.stop() == 0
    assert not shop.running()
    waiting = [job for job in shop.live() if job.status is Status.WAITING]
    assert waiting, "it had ended before it was stopped"
    assert all(job.interruptions == 0 for job in waiting)
    assert len(waiting) + lines(shop) == len(wanted), "what began has ended, and nothing began twice"


@pytest.mark.timeout(60)
def test_a_worker_held_up_in_a_flood_holds_up_neither_batch(shop: Shop) -> None:
    shop.ready(workers=2)
    before = flood(shop, 1_500)
    slow = shop.hold(path="slow", options={"delay": 0})
    after = flood(shop, 1_500)
    eventually(lambda: lines(shop) == len(before) + len(after), seconds=30, say=shop.logs)
    eventually(lambda: [job.id for job in shop.live()] == [slow], say=shop.logs)
    assert len(shop.lines("slow")) == 1
    shop.let_go()
    shop.done(slow)


@pytest.mark.timeout(60)
def test_a_batch_whose_finish_is_held_up_is_not_performed_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table of runs is locked when a finish is sent, and the job in hand goes on while strays are looked for."""
    whole_ask, whole_look = Line.ask, Strays.hand_back
    looks: list[float] = []
    holder = shop.app.database.engine.connect()
    shop.let_go()

    def ask(line: Line, text: str, values: Sequence[object]) -> None:
        finishes = values[-1]
        if finishes and text in line._planned and not holder.in_transaction():
            holder.exec_driver_sql("LOCK TABLE jitai_runs IN SHARE MODE")
            (shop.folder / "go").unlink()
        whole_ask(line, text, values)

    def look(strays: Strays, database: Database) -> None:
        whole_look(strays, database)
        looks.append(time.monotonic())

    monkeypatch.setattr(Line, "ask", ask)
    monkeypatch.setattr(Strays, "hand_back", look)
    wanted = flood(shop, 1_500, func="hold", until=shop.path("go"))
    threads = Threads(shop.app, Plan(app_path="", runner=7, workers=1))
    threads.start()
    eventually(holder.in_transaction, seconds=30)
    before = len(looks)
    eventually(lambda: len(looks) > before + 1)
    monkeypatch.setattr(Line, "ask", whole_ask)
    holder.rollback()
    holder.close()
    shop.let_go()
    all_done(shop, wanted)
    assert threads.stop()


def test_a_claim_made_ahead_is_no_stray_until_it_is_recalled(shop: Shop) -> None:
    database = shop.app.database
    flood(shop, 9)
    with database.begin() as connection:
        for token in (50, 51):
            claims.claim(connection, limit=4, runner=1, worker=2, token=token, now=database.now())
    seats = Seats(1)
    seat = seats.seat(0)
    seat.take(2)
    seat.coming = 51
    seat.say(Phase.PERFORMING, job=1, token=50)
    strays = Strays(seats, 1)
    strays.meet([Member(role="worker", seat=0, worker=2)])
    strays.hand_back(database)
    assert [job.claim_token for job in shop.running()] == [50] * 4 + [51] * 4
    seat.coming, seat.behind = 0, 51
    seat.say(Phase.PERFORMING, job=1, token=50)
    strays.hand_back(database)
    assert len(shop.running()) == 8, "the batch before is still to be finished"
    seat.coming, seat.behind = 51, 0
    seat.say(Phase.PERFORMING, job=1, token=50)
    seats.recall(0)
    strays.hand_back(database)
    assert [job.claim_token for job in shop.running()] == [50] * 4


def test_who_serves_no_queue_orders_nothing(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    threads = Threads(shop.app, Plan(app_path="", runner=7, workers=1, queues=()))
    threads.start()
    job = shop.create("nothing")
    eventually(lambda: Phase.IDLE in [glance.phase for glance in threads._shared.seats.glances()])
    assert threads.stop()
    assert [left.id for left in shop.live()] == [job]
    assert "database" not in caplog.text


def test_what_was_claimed_ahead_is_shared_out_with_the_rest(shop: Shop) -> None:
    database = shop.app.database
    ids = list(flood(shop, 9))
    tokens = count(50)
    with database.begin() as connection:
        for limit in (4, 5):
            claims.claim(connection, limit=limit, runner=1, worker=2, token=next(tokens), now=database.now())
    seats = Seats(2)
    seats.seat(1).say(Phase.IDLE)
    seat = seats.seat(0)
    seat.coming = 51
    for ahead, left in ((2, ids[:2]), (0, ids[:2])):
        seat.accept_recall()
        seat.say(Phase.PERFORMING, job=ids[0], token=50, since=1, ahead=ahead)
        glance = seats.glance(0)
        assert Hoarding(seats).recalled(0, glance)
        share_out(database, glance)
        assert [job.id for job in shop.running()] == left
