from __future__ import annotations

import select
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from jitai_tasks.clock import SECOND
from jitai_tasks.ids import new_id
from jitai_tasks.runner import worker
from jitai_tasks.store import Database, claims, inserting, jobs, runners, wakeups
from jitai_tasks.store.records import RunnerRecord
from tests import servers
from tests.store.made import WORKER, call, claimed, create, new


@pytest.fixture
def listener(database: Database) -> Iterator[wakeups.Listener]:
    with wakeups.Listener(database) as opened:
        register(database, opened)
        yield opened


def register(database: Database, listener: wakeups.Listener) -> None:
    record = RunnerRecord(id=new_id(), host="ada", pid=1, started=1, doorbell=listener.path)
    call(database, runners.register, record)


def rang(listener: wakeups.Listener, within: float = 10.0) -> bool:
    """Whether it rings in time. Something else may arrive first, like the farewell of a server."""
    while select.select([listener], [], [], within)[0]:
        if listener.drain():
            return True
    return False


def test_a_commit_that_brings_work_wakes_a_sleeping_runner(database: Database, listener: wakeups.Listener) -> None:
    create(database, new())
    assert rang(listener)
    assert not rang(listener, within=0), "once heard it is quiet again"


def test_another_process_is_heard_too(
    database: Database, listener: wakeups.Listener, again: Callable[[], Database]
) -> None:
    create(again(), new(), new())
    assert rang(listener)


def test_nothing_rings_before_the_commit_or_after_a_rollback(database: Database, listener: wakeups.Listener) -> None:
    with pytest.raises(ZeroDivisionError), database.begin() as connection:
        jobs.create(connection, [new()])
        assert not rang(listener, within=0)
        raise ZeroDivisionError
    assert not rang(listener, within=0.05)


def test_a_job_that_is_not_due_before_runners_look_again_wakes_nobody(
    database: Database, listener: wakeups.Listener
) -> None:
    """Not even several; and one that is due sooner rings for all."""
    far = database.now() + inserting.FAR
    create(database, new(due=far))
    create(database, new(due=far), new(due=far + 1))
    assert not rang(listener, within=0.05)
    create(database, new(due=far), new(due=far - 1))
    assert rang(listener)


def test_runners_look_again_long_before_the_time_up_to_which_they_are_woken() -> None:
    assert worker._LONGEST_REST * SECOND * 2 < inserting.FAR


def test_a_session_of_the_application_wakes_runners(database: Database, listener: wakeups.Listener) -> None:
    with database.session() as session:
        jobs.create(session.connection(), [new()])
        session.commit()
    assert rang(listener)


def test_jobs_that_wait_again_wake_runners(database: Database, listener: wakeups.Listener) -> None:
    claimed(database)
    rang(listener)
    call(database, claims.release_worker, WORKER, now=9)
    assert rang(listener)


def test_any_number_of_rings_is_taken_in_at_once(database: Database, listener: wakeups.Listener) -> None:
    for _ in range(50):
        create(database, new())
    heard = iter(lambda: rang(listener, within=0.1), False)
    assert 1 <= sum(1 for _ in heard) < 10, "a server may pass them on in more than one piece"


def test_ringing_where_nobody_listens_costs_nothing_and_fails_nobody(database: Database) -> None:
    with wakeups.Listener(database) as gone:
        register(database, gone)
    statements: list[object] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *said: statements.append(said[2]))
    for _ in range(50):
        database.ring()
    assert len(statements) <= 50, "no more than a look at who listens"


@pytest.mark.parametrize("make", ["sqlite"], indirect=True)
def test_a_runner_that_does_not_listen_blocks_nobody(database: Database, listener: wakeups.Listener) -> None:
    ringing = threading.Thread(target=lambda: [database.ring() for _ in range(2000)])
    ringing.start()
    ringing.join(20)
    assert not ringing.is_alive()
    assert rang(listener)


@pytest.mark.parametrize("make", ["sqlite"], indirect=True)
def test_a_doorbell_leaves_no_file_behind(database: Database) -> None:
    with wakeups.Listener(database) as listener:
        path = Path(listener.path)
        assert path.is_socket()
    assert not path.exists()


@pytest.mark.parametrize("make", ["sqlite"], indirect=True)
def test_doorbells_of_killed_runners_are_swept_away(database: Database) -> None:
    abandoned = wakeups.Listener(database)
    ear = abandoned._ear
    assert isinstance(ear, wakeups._Doorbell)
    ear._socket.close()
    with wakeups.Listener(database):
        assert not Path(ear.path).exists()


@pytest.mark.parametrize("make", ["postgresql"], indirect=True)
def test_notify_can_be_switched_off(url: str, again: Callable[[], Database]) -> None:
    quiet = Database.open(servers.with_words(url, notify="off"))
    with wakeups.Listener(quiet) as doorbell, wakeups.Listener(again()) as channel:
        register(quiet, doorbell)
        create(quiet, new())
        assert rang(doorbell), "runners of this host are woken all the same"
        assert not rang(channel, within=0.05)
    quiet.dispose()


@pytest.mark.parametrize("make", ["postgresql"], indirect=True)
def test_a_listener_that_was_cut_off_says_so_and_listens_again(database: Database, listener: wakeups.Listener) -> None:
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'jitai-tasks listener'"
    call(database, lambda connection: connection.exec_driver_sql(cut).all())
    assert rang(listener), "what rang meanwhile was missed, so it counts as a ring"
    ear = listener._ear
    ear._try_at = 0.0  # type: ignore[attr-defined]
    listener.fileno()
    create(database, new())
    assert rang(listener)
