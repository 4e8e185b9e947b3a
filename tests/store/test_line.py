"""A statement that PostgreSQL works on while its sender does something else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from jitai_tasks.ids import new_token
from jitai_tasks.store import Database, claiming, claims, jobs, recording
from jitai_tasks.store.claiming import Wish
from jitai_tasks.store.finishing import Exchange
from jitai_tasks.store.line import Line
from jitai_tasks.store.records import Finish, Job
from tests.runner.conftest import eventually
from tests.store.made import RUNNER, WORKER, call, create, done, live, new, past

pytestmark = pytest.mark.parametrize("make", ["postgresql"], indirect=True)

_BACKENDS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
_END_OTHERS = f"SELECT count(pg_terminate_backend(pid)) FROM ({_BACKENDS}) others"
_COUNT_OTHERS = f"SELECT count(*) FROM ({_BACKENDS}) others"


@pytest.fixture
def line(database: Database) -> Iterator[Line]:
    found = Line(database)
    yield found
    found.close()


def exchanged(database: Database, line: Line, finishes: list[Finish], limit: int) -> tuple[set[int], list[Job]]:
    wish = Wish(limit=limit, runner=RUNNER, worker=WORKER, token=new_token(), now=database.now())
    return Exchange(database, line, finishes, wish).answer()


def test_a_finish_and_a_claim_on_a_line_do_what_they_do_elsewhere(database: Database, line: Line) -> None:
    ids = create(database, *(new(due=due) for due in range(5)))
    accepted, batch = exchanged(database, line, [], 2)
    assert (accepted, [job.id for job in batch]) == (set(), ids[:2])
    call(database, jobs.terminate, ids[0], now=9, reason="asked for")
    accepted, batch = exchanged(database, line, [done(batch[0]), done(batch[1], result='"é"')], 2)
    assert (accepted, [job.id for job in batch]) == ({ids[1]}, ids[2:4])
    kept = past(database, ids[1])
    assert kept is not None
    assert kept.outcome.result == '"é"'
    assert exchanged(database, line, list(map(done, batch)), 0)[0] == set(ids[2:4])


def test_a_claimed_job_is_the_same_whatever_way_it_came(database: Database, line: Line) -> None:
    text = {"task": "tasks.A", "args": '{"a": "ü"}', "tags": ("x", "ÿ"), "subject": "7"}
    create(database, new(**text, manual=True, slot=3, priority=-1, timeout_ms=9))
    _, (job,) = exchanged(database, line, [], 1)
    assert live(database, job.id) == job


def test_what_came_back_behind_the_floor_is_found(
    database: Database, line: Line, again: Callable[[], Database]
) -> None:
    create(database, *(new(due=10 + n) for n in range(3)))
    exchanged(database, line, [], 2)
    database.floors._until = float("inf")
    (before,) = create(again(), new(due=5))
    _, batch = exchanged(database, line, [], 3)
    assert [job.due for job in batch] == [5, 12]
    assert batch[0].id == before


def test_what_came_back_while_a_claim_was_under_way_is_not_overlooked(database: Database, line: Line) -> None:
    create(database, *(new(due=10 + n) for n in range(9)))
    _, (first,) = exchanged(database, line, [], 1)
    database.floors._until = float("inf")
    wish = Wish(limit=2, runner=RUNNER, worker=WORKER, token=new_token(), now=database.now())
    exchange = Exchange(database, line, [], wish)
    call(database, claims.hand_back, first.claim_token)
    assert [job.due for job in exchange.answer()[1]] == [11, 12]
    assert [job.due for job in exchanged(database, line, [], 1)[1]] == [10]


def test_the_server_works_while_nobody_waits(database: Database, line: Line, again: Callable[[], Database]) -> None:
    exchanged(database, line, [], 1)  # a statement that is sent for the first time is prepared first
    (job,) = create(database, new())
    wish = Wish(limit=1, runner=RUNNER, worker=WORKER, token=(token := new_token()), now=database.now())
    exchange = Exchange(database, line, [], wish)
    other = again()
    end = time.monotonic() + 10
    while (found := live(other, job)) is None or found.claim_token != token:
        assert time.monotonic() < end
    assert [one.id for one in exchange.answer()[1]] == [job]


def test_no_plan_of_a_line_reads_the_whole_table_even_if_it_was_made_while_that_was_empty(
    database: Database, line: Line
) -> None:
    create(database, new(), new())
    _, batch = exchanged(database, line, [], 2)
    gone, recorded, outcomes = recording.gone_and_recorded(batch[0].claim_token or 0, list(map(done, batch)))
    wish = Wish(limit=2, runner=RUNNER, worker=WORKER, token=new_token(), now=database.now())
    for text, values in (claiming.one_statement(wish, {}), (f"WITH {gone} {recorded}", outcomes)):
        line.ask(f"EXPLAIN {text}", values)
        plan = [str(row[0]) for row in line.answer()]
        assert [step for step in plan if "jitai_jobs_pkey" in step]
        assert not [step for step in plan if "Seq Scan on jitai" in step]


def test_a_line_that_was_cut_is_trouble_once_and_then_opened_anew(
    database: Database, line: Line, again: Callable[[], Database]
) -> None:
    create(database, new(), new())
    exchanged(database, line, [], 1)
    database.dispose()
    other = again()
    call(other, lambda connection: connection.execute(sa.text(_END_OTHERS)))
    eventually(lambda: call(other, lambda connection: connection.scalar(sa.text(_COUNT_OTHERS))) == 0)
    with pytest.raises(sa.exc.OperationalError) as told:
        exchanged(database, line, [], 1)
    assert told.value.connection_invalidated
    assert len(exchanged(database, line, [], 9)[1]) == 1


def test_what_the_server_refuses_comes_as_an_error_of_sqlalchemy_without_values(database: Database, line: Line) -> None:
    line.ask("SELECT CAST(? AS INT)", ("secret",))
    with pytest.raises(sa.exc.DataError) as told:
        line.answer()
    assert "SELECT CAST" in str(told.value)
    assert "parameters" not in str(told.value)
    line.ask("SELECT ?", ("a",))
    assert line.answer() == [("a",)]
    with database.read() as connection:
        assert connection.scalar(sa.text("SELECT 1")) == 1


def test_a_line_is_isolated_like_every_other_connection_whatever_the_server_prefers(
    database: Database, again: Callable[[], Database]
) -> None:
    with again().begin() as connection:
        name = connection.scalar(sa.text("SELECT current_database()"))
        connection.execute(sa.text(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'"))
    line = Line(database)
    line.ask("SELECT current_setting('transaction_isolation')", ())
    assert line.answer() == [("read committed",)]
    line.close()
