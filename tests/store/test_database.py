from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from jitai_tasks.clock import ManualClock, SystemClock
from jitai_tasks.store import Database, jobs, transient
from jitai_tasks.store.trouble import lost, rerun
from tests.store.made import call, create, live, new


def test_an_injected_clock_is_taken_as_it_is(database: Database, clock: ManualClock) -> None:
    assert database.now() == clock.now()
    clock.advance(timedelta(days=1))
    assert database.now() == clock.now()


def test_the_servers_time_is_never_answered_early(url: str) -> None:
    database = Database.open(url)
    ask = {
        "postgresql": "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
        "mysql": "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS UNSIGNED)",
    }
    for _ in range(20):
        ours = database.now()
        if database.dialect == "sqlite":
            assert ours <= SystemClock().now()
        else:
            with database.read() as connection:
                theirs = connection.exec_driver_sql(ask[database.dialect]).scalar() or 0
            assert theirs - 1_000_000 < ours <= theirs
    database.dispose()


def test_two_transactions_that_read_and_then_write_never_fail_in_the_middle(database: Database) -> None:
    (job_id,) = create(database, new(priority=0))

    def count_up() -> None:
        for _ in range(20):
            with database.session() as session, session.begin():
                wanted = sa.text("SELECT priority FROM jitai_jobs WHERE id = :id FOR UPDATE")
                if database.dialect == "sqlite":
                    wanted = sa.text("SELECT priority FROM jitai_jobs WHERE id = :id")
                found = session.scalar(wanted, {"id": job_id})
                session.execute(
                    sa.text("UPDATE jitai_jobs SET priority = :p WHERE id = :id"), {"p": found + 1, "id": job_id}
                )

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = live(database, job_id)
    assert found is not None
    assert found.priority == 80


def test_looking_does_not_wait_for_a_writer(database: Database) -> None:
    (job_id,) = create(database, new())
    with database.begin() as connection:
        jobs.cancel(connection, job_id, now=1)
        assert live(database, job_id) is not None
    assert live(database, job_id) is None


def test_calls_on_commit_come_after_it_and_once(database: Database) -> None:
    seen: list[object] = []
    made = new()
    with database.begin() as connection:
        jobs.create(connection, [made])
        database.on_commit(connection, lambda: seen.append(live(database, made.id)))
        assert seen == []
    with database.begin():
        pass
    assert [job is not None for job in seen] == [True]


def test_calls_on_commit_are_forgotten_by_a_rollback(database: Database) -> None:
    seen: list[int] = []
    with pytest.raises(ZeroDivisionError), database.begin() as connection:
        database.on_commit(connection, lambda: seen.append(1))
        raise ZeroDivisionError
    create(database, new())
    assert seen == []


def test_calls_on_commit_work_for_sessions_of_ours_and_of_the_application(database: Database, url: str) -> None:
    seen: list[str] = []
    with database.session() as session:
        jobs.create(session.connection(), [new()])
        database.on_commit(session, lambda: seen.append("ours"))
        session.commit()
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with Session(engine) as session:
        jobs.create(session.connection(), [new()])
        database.on_commit(session, lambda: seen.append("theirs"))
        session.rollback()
        jobs.create(session.connection(), [new()])
        database.on_commit(session, lambda: seen.append("theirs"))
        session.commit()
        session.commit()
    with engine.begin() as connection:
        jobs.create(connection, [new(), new()])
        database.on_commit(connection, lambda: seen.append("a connection of theirs"))
    assert seen == ["ours", "theirs", "a connection of theirs"]
    with database.read() as connection:
        assert len(jobs.find(connection)) == 4


def test_a_forked_child_uses_connections_of_its_own(database: Database) -> None:
    create(database, new())
    child = os.fork()
    if child == 0:
        try:
            create(database, new())
            os._exit(0)
        except BaseException:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    create(database, new())
    with database.read() as connection:
        assert len(jobs.find(connection)) == 3


@pytest.mark.parametrize("make", ["sqlite"], indirect=True)
def test_a_busy_writer_does_not_starve_the_others(database: Database, again: Callable[[], Database]) -> None:
    other, stop = again(), threading.Event()
    written = [0]
    overtaken: list[int] = []

    def write_without_pause() -> None:
        while not stop.is_set():
            create(other, *(new() for _ in range(50)))
            written[0] += 1

    busy = threading.Thread(target=write_without_pause)
    busy.start()
    for _ in range(100):
        before = written[0]
        create(database, new())
        overtaken.append(written[0] - before)
    stop.set()
    busy.join()
    assert max(overtaken) < 100, "turns of the busy one that came first"


@pytest.mark.parametrize("make", ["postgresql", "mysql"], indirect=True)
def test_deadlocks_are_told_apart_and_the_work_is_done_again(database: Database) -> None:
    ids = create(database, new(), new())
    met = threading.Barrier(2, timeout=20)
    attempts: list[int] = []

    def swap(first: int, second: int) -> None:
        def work(connection: sa.Connection) -> None:
            attempts.append(first)
            bump = sa.text("UPDATE jitai_jobs SET priority = priority + 1 WHERE id = :id")
            connection.execute(bump, {"id": first})
            if len(attempts) <= 2:
                met.wait()
            connection.execute(bump, {"id": second})

        rerun(database, work)

    threads = [threading.Thread(target=swap, args=pair) for pair in (ids, ids[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(attempts) == 3, "one of the two was the victim and did it again"
    with database.read() as connection:
        assert [job.priority for job in jobs.find(connection)] == [2, 2]


def test_an_error_of_the_work_itself_is_not_transient(database: Database) -> None:
    made = new()
    create(database, made)
    with pytest.raises(sa.exc.IntegrityError) as caught:
        rerun(database, lambda connection: jobs.create(connection, [made]))
    assert not transient(caught.value)
    assert not transient(ValueError())


@pytest.mark.parametrize("make", ["postgresql", "mysql"], indirect=True)
def test_a_cut_connection_is_told_apart_and_the_next_one_works(database: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError) as caught, database.begin() as connection:
        if database.dialect == "postgresql":
            own = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
            call(database, lambda other: other.exec_driver_sql(f"SELECT pg_terminate_backend({own})"))
        else:
            own = connection.exec_driver_sql("SELECT CONNECTION_ID()").scalar()
            call(database, lambda other: other.exec_driver_sql(f"KILL {own}"))
        connection.exec_driver_sql("SELECT 1")
    assert transient(caught.value)
    assert lost(caught.value)
    create(database, new())


@pytest.mark.parametrize("make", ["sqlite"], indirect=True)
def test_the_file_stays_one_file_after_closing(database: Database, tmp_path: Path) -> None:
    create(database, new())
    database.dispose()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["jobs.db"]
