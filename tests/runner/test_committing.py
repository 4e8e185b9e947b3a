"""Jobs that break what they stand on: their own connection, their own commit, their own worker while it finishes them.

Each costs some tries, and nobody else anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from jitai_tasks.app import open_app
from jitai_tasks.errors import DatabaseUnreachable
from jitai_tasks.ids import new_id
from jitai_tasks.payload import dumps
from jitai_tasks.scopes import current_scope
from jitai_tasks.store import jobs as stored
from jitai_tasks.store.claims import MOST_BREAKS
from jitai_tasks.store.records import NewJob, OnInterrupt, Run, Status
from tests import emptied, servers

from .conftest import Shop, eventually, shop_at

BREAKING = """
import os, signal, sys, time
import sqlalchemy as sa


def note(path):
    with open(path, "a") as file:
        file.write("begun\\n")


def written(path):
    note(path)
    session = app.session()
    session.execute(sa.text("INSERT INTO effects (name) VALUES ('broken')"))
    return session


def listener(path, event, how):
    def listen(_session):
        {"raise": lambda: 1 / 0, "exit": lambda: sys.exit(3), "leave": lambda: os._exit(3), "kill":
         lambda: os.kill(os.getpid(), signal.SIGKILL), "sleep": lambda: time.sleep(600)}[how]()

    sa.event.listen(written(path), event, listen)


def connection(path):
    session = written(path)
    session.connection().connection.driver_connection.close()
    session.execute(sa.text("INSERT INTO effects (name) VALUES ('lost')"))


def terminated(path):
    session = written(path)
    session.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))


def finishing(path):
    from jitai_tasks.store import recording
    note(path)

    def broken(*arguments):
        os._exit(3)

    recording.record = broken


def hold(path, until):
    session = written(path)
    while not os.path.exists(until):
        time.sleep(0.005)
    session.execute(sa.text("INSERT INTO effects (name) VALUES ('again')"))
"""
FILES: dict[str, object] = {
    "services/Breaking/e.json": {"title": "Breaking", "type": "services.NormalType"},
    "services/Breaking/__init__.py": BREAKING,
}


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def make(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def breaking(tmp_path: Path, make: str) -> Iterator[Shop]:
    """The shop with functions that break things."""
    urls = {
        "sqlite": lambda: f"sqlite:///{tmp_path / 'jobs.sqlite3'}",
        "postgresql": lambda: servers.postgres().fresh_database(),
        "mysql": emptied.mariadb,
    }
    yield from shop_at(tmp_path, urls[make](), FILES)


def performed(shop: Shop, func: str, *, options: dict[str, object] | None = None, **arguments: object) -> Run:
    """The run of a function of `Breaking`; another job behind it has then succeeded."""
    job = shop.create_of("Breaking", func, options=options, path=shop.path("log"), **arguments)
    after = shop.create("nothing")
    run = shop.done(job, seconds=30)
    assert shop.done(after).outcome.status is Status.SUCCESS
    assert shop.live() == []
    return run


@pytest.mark.parametrize(("how", "name"), [("raise", "ZeroDivisionError"), ("exit", "SystemExit")])
def test_what_a_listener_raises_while_a_job_is_committed_is_the_error_of_the_job(
    breaking: Shop, how: str, name: str
) -> None:
    breaking.ready(workers=1)
    run = performed(breaking, "listener", event="before_commit", how=how)
    assert (run.outcome.status, run.outcome.error_type) == (Status.ERROR, name)
    assert (breaking.lines("log"), breaking.effects()) == (["begun"], [])


def test_what_a_listener_raises_after_the_commit_leaves_the_job_a_success(breaking: Shop) -> None:
    breaking.ready(workers=1)
    run = performed(breaking, "listener", event="after_commit", how="raise")
    assert run.outcome.status is Status.SUCCESS
    assert (breaking.lines("log"), breaking.effects()) == (["begun"], ["broken"])


@pytest.mark.parametrize("how", ["leave", "kill"])
def test_a_job_that_ends_its_worker_while_it_is_committed_costs_three_workers(breaking: Shop, how: str) -> None:
    breaking.ready(workers=1)
    run = performed(breaking, "listener", event="before_commit", how=how)
    assert (run.outcome.status, run.outcome.error_type) == (Status.ERROR, "zombieTaskCleaned")
    assert (len(breaking.lines("log")), breaking.effects()) == (3, [])


@pytest.mark.parametrize("make", ["sqlite"], indirect=True)
def test_a_job_that_ends_its_worker_while_that_finishes_it_costs_three_workers(breaking: Shop) -> None:
    breaking.ready(workers=1)
    run = performed(breaking, "finishing")
    assert (run.outcome.status, run.outcome.error_type) == (Status.ERROR, "zombieTaskCleaned")
    assert len(breaking.lines("log")) == 3


@pytest.mark.parametrize("make", ["sqlite"], indirect=True)
def test_a_job_that_must_not_run_twice_does_not_if_its_worker_dies_while_it_is_committed(breaking: Shop) -> None:
    breaking.ready(workers=1)
    arguments = {"path": breaking.path("log"), "event": "before_commit", "how": "kill"}
    once = NewJob(
        id=new_id(), task_type="tasks.TemporaryType", func="services.Breaking.listener", due=0,
        on_interrupt=OnInterrupt.ERROR, args=dumps(arguments, where="args"),
    )  # fmt: skip
    with breaking.app.database.begin() as connection:
        stored.create(connection, [once])
    assert breaking.done(once.id).outcome.error_type == "zombieTaskCleaned"
    assert len(breaking.lines("log")) == 1


def test_a_time_limit_holds_while_a_job_is_committed(breaking: Shop) -> None:
    breaking.ready(workers=1)
    run = performed(breaking, "listener", event="before_commit", how="sleep", options={"timeout": 0.5})
    assert run.outcome.status is Status.EXPIRED
    assert (breaking.lines("log"), breaking.effects()) == (["begun"], [])


@pytest.mark.parametrize(
    ("make", "func"),
    [("postgresql", "connection"), ("mysql", "connection"), ("postgresql", "terminated")],
    indirect=["make"],
)
def test_a_job_that_breaks_its_own_connection_is_not_tried_for_ever(breaking: Shop, func: str) -> None:
    breaking.ready(workers=1)
    run = performed(breaking, func)
    assert (run.outcome.status, run.outcome.error_type) == (Status.ERROR, "zombieTaskCleaned")
    assert "its connection to the database broke while it was performed" in run.outcome.error
    assert (len(breaking.lines("log")), breaking.effects()) == (MOST_BREAKS, [])


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[servers.Server, Shop]]:
    """A PostgreSQL of this test's own, and the shop on it."""
    server = servers.start_postgres()
    try:
        for shop in shop_at(tmp_path, server.fresh_database(), FILES):
            yield server, shop
    finally:
        server.close()


def test_a_function_begins_once_more_after_an_outage_and_not_again_and_again(
    served: tuple[servers.Server, Shop],
) -> None:
    server, shop = served
    runner = shop.ready(workers=1)
    job = shop.create_of("Breaking", "hold", path=shop.path("log"), until=shop.path("go"))
    eventually(lambda: shop.lines("log"))
    server.stop()
    shop.app.database.dispose()
    shop.let_go()
    eventually(lambda: "the database does not answer" in runner.text())
    server.start()
    assert shop.done(job, seconds=30).outcome.status is Status.SUCCESS
    assert (len(shop.lines("log")), shop.effects()) == (2, ["again", "broken"])
    assert runner.stop() == 0


def test_a_transaction_that_could_not_begin_leaves_nothing_that_others_would_join(
    served: tuple[servers.Server, Shop],
) -> None:
    """A program that starts while its database is away, and goes on when that is there again."""
    server, shop = served
    shop.app.close()
    server.stop()
    with open_app(shop.folder, database=shop.url) as app:
        with pytest.raises(DatabaseUnreachable), app.transaction():
            pytest.fail("nobody is inside")
        assert current_scope.get() is None
        server.start()
        with app.transaction() as session:
            session.execute(sa.text("INSERT INTO effects (name) VALUES ('kept')"))
        with app.database.read() as connection:
            assert connection.scalar(sa.text("SELECT count(*) FROM effects")) == 1
