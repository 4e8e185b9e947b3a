"""Transactions of applications: joining, independence, and jobs that exist exactly if the transaction commits."""

from __future__ import annotations

import asyncio
import contextlib
import os

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase

from jitai_tasks.errors import StoreError
from jitai_tasks.ids import new_id
from jitai_tasks.scopes import current_job_scope, current_scope
from jitai_tasks.store.records import Job, NewJob
from jitai_tasks.testing import tables, waiting
from jitai_tasks.transactions import submit
from tests import servers


@pytest.fixture
def app(app_from):
    app = tables(app_from())
    with app.database.begin() as connection:
        connection.execute(sa.text("CREATE TABLE notes (text VARCHAR(20))"))
    return app


def new(app) -> NewJob:
    return NewJob(id=new_id(), task_type="tasks.TemporaryType", func="services.X.f", due=app.clock.now())


def running(app) -> Job:
    return Job(id=new_id(), task_type="tasks.TemporaryType", due=app.clock.now(), created=app.clock.now())


def note(session, text: str) -> None:
    session.execute(sa.text("INSERT INTO notes VALUES (:text)"), {"text": text})


def notes(app) -> list[str]:
    with app.database.read() as connection:
        return list(connection.execute(sa.text("SELECT text FROM notes ORDER BY rowid")).scalars())


def test_a_transaction_commits_at_its_end(app):
    with app.transaction() as session:
        note(session, "a")
        submit(app, [new(app)])
    assert (notes(app), len(waiting())) == (["a"], 1)


def test_an_exception_rolls_back_writes_and_jobs(app):
    with pytest.raises(ZeroDivisionError), app.transaction() as session:
        note(session, "a")
        submit(app, [new(app)])
        _ = 1 / 0
    assert (notes(app), waiting()) == ([], [])
    assert current_scope.get() is None


def test_a_job_alone_needs_no_session(app):
    with app.transaction() as session:
        submit(app, [new(app)])
        assert not session.in_transaction()
    with pytest.raises(ZeroDivisionError), app.transaction() as session:
        submit(app, [new(app)])
        _ = 1 / 0
    assert len(waiting()) == 1
    assert not session.begun


@pytest.mark.parametrize("fails", [False, True])
def test_a_session_joins_the_transaction_in_which_a_job_was_created_before(app, fails):
    with contextlib.suppress(ZeroDivisionError), app.transaction() as session:
        submit(app, [new(app)])
        note(session, "a")
        submit(app, [new(app)])
        _ = 1 / (0 if fails else 1)
    assert (notes(app), len(waiting())) == (([], 0) if fails else (["a"], 2))


def test_a_job_created_before_an_inner_transaction_outlives_its_failure(app):
    with app.transaction():
        submit(app, [new(app)])
        with pytest.raises(ZeroDivisionError), app.transaction() as inner:
            submit(app, [new(app)])
            note(inner, "inner")
            _ = 1 / 0
    assert (notes(app), len(waiting())) == ([], 1)


def test_a_rollback_undoes_a_job_and_what_comes_after_it_counts(app):
    with app.transaction() as session:
        submit(app, [new(app)])
        session.rollback()
        note(session, "after")
        submit(app, [new(app)])
    assert (notes(app), len(waiting())) == (["after"], 1)


def test_a_session_cannot_end_the_transaction_in_which_a_job_was_created(app):
    with pytest.raises(ZeroDivisionError), app.transaction() as session:
        submit(app, [new(app)])
        with pytest.raises(sa.exc.InvalidRequestError, match="already begun"):
            session.begin()
        with session.begin_nested():
            note(session, "a")
        _ = 1 / 0
    assert (notes(app), waiting()) == ([], [])


def test_an_inner_transaction_joins_and_an_exception_undoes_its_part_alone(app):
    with app.transaction() as outer:
        note(outer, "outer")
        submit(app, [new(app)])
        with pytest.raises(ZeroDivisionError), app.transaction() as inner:
            assert inner is outer
            note(inner, "inner")
            submit(app, [new(app)])
            _ = 1 / 0
        with app.transaction() as again:
            note(again, "again")
    assert (notes(app), len(waiting())) == (["outer", "again"], 1)


def test_ending_a_joined_session_does_not_end_the_transaction(app):
    with pytest.raises(ZeroDivisionError), app.transaction():
        with app.session() as session:
            note(session, "a")
            session.commit()
        app.session().close()
        note(app.session(), "b")
        _ = 1 / 0
    assert notes(app) == []


def test_a_rollback_inside_an_inner_transaction_undoes_that_alone(app):
    with app.transaction() as outer:
        note(outer, "outer")
        with app.transaction() as inner:
            note(inner, "inner")
            inner.rollback()
    assert notes(app) == ["outer"]


def test_outside_of_all_a_session_is_the_callers_own(app):
    with app.session() as session:
        note(session, "kept")
        session.commit()
        note(session, "lost")
    assert notes(app) == ["kept"]


@pytest.mark.parametrize("written", ["transaction", "transaction()", "newTransaction", "newTransaction()"])
def test_a_decorated_function_runs_in_a_transaction_each_time(app, written):
    spelled = getattr(app, written.removesuffix("()"))

    @spelled() if written.endswith("()") else spelled
    def write(text: str, *, fail: bool = False) -> str:
        """Writes."""
        note(app.session(), text)
        if fail:
            raise ZeroDivisionError
        return text

    assert write("a") == "a"
    with pytest.raises(ZeroDivisionError):
        write("b", fail=True)
    assert notes(app) == ["a"]
    assert (write.__name__, write.__doc__) == ("write", "Writes.")


def test_a_transaction_takes_nothing_but_a_function(app):
    with pytest.raises(TypeError, match=r"takes the function that it decorates, or nothing; not 5"):
        app.transaction(5)


@pytest.mark.parametrize("bare", [True, False])
def test_a_decorated_coroutine_is_inside_the_transaction_until_it_ends(app, bare):
    import asyncio

    @app.transaction if bare else app.transaction()
    async def write(text: str) -> None:
        note(app.session(), text)
        await asyncio.sleep(0)
        assert current_scope.get() is not None
        if text == "b":
            raise ZeroDivisionError

    asyncio.run(write("a"))
    with pytest.raises(ZeroDivisionError):
        asyncio.run(write("b"))
    assert notes(app) == ["a"]


def test_jobs_of_a_given_session_exist_if_it_commits(app):
    with app.database.session() as session:
        submit(app, [new(app)], session=session)
        session.rollback()
        submit(app, [new(app)], session=session)
        session.commit()
    with app.database.engine.connect() as connection:
        submit(app, [new(app)], session=connection)
    assert len(waiting()) == 1


def test_without_a_transaction_jobs_exist_at_once(app):
    submit(app, [new(app), new(app)])
    assert len(waiting()) == 2


def test_the_runners_are_woken_after_the_commit_and_only_then(app, monkeypatch):
    rung: list[int] = []
    monkeypatch.setattr(app.database, "ring", lambda: rung.append(len(waiting())))
    with app.transaction():
        submit(app, [new(app)])
        assert rung == []
    with pytest.raises(ZeroDivisionError), app.transaction():
        submit(app, [new(app)])
        _ = 1 / 0
    assert rung == [1]


def test_a_running_job_collects_what_it_creates(app):
    with app.run_as(running(app)) as scope:
        assert current_job_scope() is scope
        submit(app, [new(app)])
        assert not scope.used
    assert len(scope.outbox) == 1
    assert waiting() == []


def test_inside_a_running_job_a_failed_part_takes_back_its_jobs_and_writes(app):
    with app.run_as(running(app)) as scope:
        submit(app, [new(app)])
        with pytest.raises(ZeroDivisionError), app.transaction() as session:
            note(session, "part")
            submit(app, [new(app)])
            _ = 1 / 0
        with app.session() as session:
            note(session, "whole")
            session.commit()
    assert (scope.used, len(scope.outbox), notes(app)) == (True, 1, [])
    scope.commit()
    scope.close()
    assert notes(app) == ["whole"]


@pytest.fixture
def statements(app):
    """What the app's database is told to do."""
    told: list[str] = []
    for name in ("savepoint", "release_savepoint", "rollback_savepoint", "rollback", "commit", "begin"):
        sa.event.listen(app.database.engine, name, lambda *_rest, name=name: told.append(name))
    return told


def test_the_first_part_of_a_running_job_needs_no_savepoint(app, statements):
    with app.run_as(running(app)) as scope:
        with pytest.raises(ZeroDivisionError), app.transaction() as session:
            note(session, "undone")
            submit(app, [new(app)])
            _ = 1 / 0
        with app.transaction() as session:
            note(session, "first")
        assert statements == ["begin", "rollback", "begin"]
        with pytest.raises(ZeroDivisionError), app.transaction() as session:
            note(session, "second")
            _ = 1 / 0
    scope.commit()
    scope.close()
    assert (notes(app), scope.outbox) == (["first"], [])
    assert statements[3:6] == ["savepoint", "rollback_savepoint", "commit"]


def test_inside_the_first_part_of_a_job_another_part_fails_alone(app):
    with app.run_as(running(app)) as scope, app.transaction() as outer:
        note(outer, "outer")
        with pytest.raises(ZeroDivisionError), app.transaction() as inner:
            note(inner, "inner")
            _ = 1 / 0
    scope.commit()
    scope.close()
    assert notes(app) == ["outer"]


def test_rows_added_before_a_part_of_a_job_stay_when_it_fails(app):
    class Base(DeclarativeBase):
        pass

    class Note(Base):
        __table__ = sa.Table("notes", sa.MetaData(), sa.Column("text", sa.String, primary_key=True))

    with app.run_as(running(app)) as scope:
        app.session().add(Note(text="added"))
        with pytest.raises(ZeroDivisionError), app.transaction() as session:
            note(session, "undone")
            _ = 1 / 0
    scope.commit()
    scope.close()
    assert notes(app) == ["added"]


def test_what_the_database_refuses_is_raised_at_the_end_of_the_first_part(app):
    class Base(DeclarativeBase):
        pass

    class Note(Base):
        __tablename__ = "unknown_table"
        text = sa.orm.mapped_column(sa.String, primary_key=True)

    with app.run_as(running(app)) as scope:
        with pytest.raises(sa.exc.OperationalError, match="unknown_table"), app.transaction() as session:
            session.add(Note(text="a"))
        note(app.session(), "after")
    scope.commit()
    scope.close()
    assert notes(app) == ["after"]


def test_an_independent_transaction_commits_whatever_becomes_of_the_job(app):
    with pytest.raises(ZeroDivisionError), app.run_as(running(app)) as scope:
        with app.newTransaction() as session:
            note(session, "kept")
            submit(app, [new(app)])
        _ = 1 / 0
    assert (scope.outbox, notes(app), len(waiting())) == ([], ["kept"], 1)


def test_sqlite_refuses_a_second_writer_that_would_wait_for_itself(app):
    with app.transaction() as session:
        note(session, "a")
        with pytest.raises(StoreError, match="one writer at a time"), app.newTransaction():
            pass
    assert notes(app) == ["a"]


def test_an_independent_transaction_is_possible_while_the_one_around_has_not_begun(app):
    with app.transaction() as around:
        with app.newTransaction() as session:
            note(session, "first")
            with pytest.raises(StoreError, match="belongs to the transaction around"):
                note(around, "too early")
        with app.newTransaction() as session:
            note(session, "again")
        note(around, "second")
        with pytest.raises(StoreError, match="one writer at a time"), app.newTransaction():
            pass
    assert notes(app) == ["first", "again", "second"]


def test_independent_transactions_may_end_in_the_order_in_which_they_began(app):
    """Coroutines do; neither lets the one around begin before both are over, nor forbids it afterwards."""

    async def both(around) -> None:
        first_is_in, second_is_in = asyncio.Event(), asyncio.Event()

        async def first() -> None:
            with app.newTransaction():
                first_is_in.set()
                await second_is_in.wait()

        async def second() -> None:
            await first_is_in.wait()
            with app.newTransaction():
                second_is_in.set()
                await task
                with pytest.raises(StoreError, match="belongs to the transaction around"):
                    note(around, "too early")

        task = asyncio.create_task(first())
        await second()

    with app.transaction() as around:
        asyncio.run(both(around))
        note(around, "a")
    assert notes(app) == ["a"]


def test_what_a_session_has_still_to_write_keeps_an_independent_transaction_away(app):
    class Base(DeclarativeBase):
        pass

    class Note(Base):
        __tablename__ = "notes"
        text = sa.orm.mapped_column(sa.String, primary_key=True)

    with app.transaction() as session:
        session.add(Note(text="a"))
        with pytest.raises(StoreError, match="one writer at a time"), app.newTransaction():
            pass
    assert notes(app) == ["a"]


@pytest.mark.parametrize("begun", [False, True])
def test_a_child_that_is_forked_in_a_transaction_is_not_in_it(app_from, begun):
    app = tables(app_from(database=servers.postgres().fresh_database()))
    with contextlib.suppress(ZeroDivisionError), app.transaction() as session:
        if begun:
            session.execute(sa.text("SELECT 1"))
        child = os.fork()
        if child == 0:
            ended = 1
            with contextlib.suppress(Exception):
                submit(app, [new(app)])
                ended = 0
            os._exit(ended)
        assert os.waitpid(child, 0)[1] == 0
        submit(app, [new(app)])
        _ = 1 / 0
    assert len(waiting()) == 1, "what the child did is its own"


def test_a_running_job_says_goodbye_to_the_elements_it_called(app_from):
    app = app_from(
        {
            "x/Meta/e.json": {"title": "X", "type": ""},
            "x/Meta/lifecycle.py": """
                told = []
                def onAppExit(exc_val=None, resData=None, **kwargs): told.append(exc_val)
            """,
        }
    )
    with app.run_as(running(app)):
        app.getElement("x.Meta")
    from x.Meta.lifecycle import told

    assert told == [None]
    error = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError), app.run_as(running(app)):
        app.getElement("x.Meta")
        raise error
    assert told == [None, error]


def test_a_session_is_set_up_when_it_is_first_asked_for_something(app):
    with app.transaction() as session:
        submit(app, [new(app)])
        assert "identity_map" not in vars(session)
        with pytest.raises(AttributeError, match="no_such_thing"):
            session.no_such_thing  # noqa: B018
        assert session.bind is app.database.engine
        assert session.scalar(sa.text("SELECT count(*) FROM jitai_jobs")) == 1
    assert len(waiting()) == 1
