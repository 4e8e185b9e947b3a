"""Objects of a session that have not loaded all their columns: expired by a commit, or deferred.

What follows from their changes follows all the same.
"""

from __future__ import annotations

import asyncio
import sys
import textwrap
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session, load_only

from jitai_tasks.clock import SECOND, instant
from jitai_tasks.testing import tables, waiting

NOON = datetime(2026, 1, 5, 12, 0)
NOON_UTC = instant(NOON.replace(tzinfo=UTC))
DB = """
    from datetime import datetime
    from sqlalchemy import String, func
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    class Base(DeclarativeBase):
        pass

    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)
        status: Mapped[str] = mapped_column(String(20))
        due: Mapped[datetime | None]
        note: Mapped[str | None] = mapped_column(String(20), deferred=True)
        changed: Mapped[int] = mapped_column(default=0, onupdate=func.abs(-7))
"""
FUNC = {"funcType": "Global", "func": "services.S.told", "asyncType": 1}
FILES = {
    "models/Order/e.json": {
        "title": "Orders", "type": "models.SQLAlchemyType", "class": "kiosk.db:Order",
        "transitions": [{"field": "status", "from": ["new"], "to": "paid", "task": {"func": "services.S.ship"}}],
    },
    "services/S/e.json": {"title": "S", "type": "services.NormalType"},
    "services/S/__init__.py": """
        def ship(rowId):
            return rowId

        def remind(rowData):
            return rowData.id.value

        def told(eventOutData):
            return [eventOutData.prevData.toDict(), eventOutData.postData.toDict()]
    """,
    "tasks/Due/e.json": {
        "title": "Due", "type": "tasks.DateFieldType", "enable": 1, "funcType": "Global", "func": "services.S.remind",
        "modelPath": "models.Order", "timerCfg": {"startField": "due"}, "filter": "Q(note='remind')",
    },
    "events/Moved/e.json": {
        "title": "Moved", "type": "events.ModelType", "sender": "models.Order", "operate": "UpdateAfter",
        "fields": ["due"], **FUNC,
    },
    "events/Noted/e.json": {
        "title": "Noted", "type": "events.ModelType", "sender": "models.Order", "operate": "UpdateAfter",
        "fields": ["status"], "filter": "Q(note='remind')", **FUNC,
    },
    "events/New/e.json": {
        "title": "New", "type": "events.ModelType", "sender": "models.Order", "operate": "AddAfter", **FUNC,
    },
    "events/Gone/e.json": {
        "title": "Gone", "type": "events.ModelType", "sender": "models.Order", "operate": "DeleteAfter", **FUNC,
    },
}  # fmt: skip


@pytest.fixture
def db(app_from, tmp_path, monkeypatch):
    (tmp_path / "kiosk").mkdir()
    (tmp_path / "kiosk/__init__.py").touch()
    (tmp_path / "kiosk/db.py").write_text(textwrap.dedent(DB))
    monkeypatch.syspath_prepend(tmp_path)
    app = tables(app_from(FILES))
    import kiosk.db as db

    db.Base.metadata.create_all(app.database.engine)
    db.engine = app.database.engine
    yield db
    for name in ("kiosk", "kiosk.db"):
        sys.modules.pop(name, None)


@pytest.fixture
def session(db):
    """A session of the application, with an order in it that its commit has expired."""
    with Session(db.engine) as session:
        order = db.Order(id=1, status="new", due=NOON, note="remind")
        session.add(order)
        session.commit()
        session.order = order
        yield session


def subjects(task: str) -> list[str]:
    return [job.subject for job in waiting(task)]


def test_a_transition_begins_where_the_row_was(session):
    session.order.status = "paid"
    session.commit()
    assert [job.func for job in waiting() if not job.task] == ["services.S.ship"]
    session.order.status = "paid"
    session.commit()
    session.order.status = "new"
    session.commit()
    assert len([job for job in waiting() if not job.task]) == 1


def test_a_deleted_row_takes_its_job_and_what_ran_along(db, session, clock, drain, results):
    clock.advance(hours=4)
    drain()
    assert results("tasks.Due") == [1]
    session.delete(session.order)
    session.commit()
    session.add(db.Order(id=1, status="new", due=NOON, note="remind"))
    session.commit()
    assert subjects("tasks.Due") == ["1"], "another row with the same key is new"
    session.delete(session.get(db.Order, 1))
    session.expire_all()
    session.commit()
    assert subjects("tasks.Due") == []
    drain()
    gone = [prev["note"] for prev, _ in results("events.Gone")]
    assert gone == ["remind", "remind"]


def test_a_date_that_was_never_read_is_moved(session):
    session.order.due = NOON + timedelta(hours=1)
    session.commit()
    (job,) = waiting("tasks.Due")
    assert job.due == NOON_UTC + 3600 * SECOND


def test_an_event_about_other_fields_is_not_called(session, drain, results):
    session.order.note = "remind"
    session.commit()
    session.order.status = "old"
    session.commit()
    drain()
    assert results("events.Moved") == []
    assert len(results("events.Noted")) == 1


def test_filters_and_event_data_know_deferred_columns(db, session, drain, results):
    order = session.get(db.Order, 1)
    assert "note" not in sa.inspect(order).dict
    order.status = "old"
    session.commit()
    drain()
    ((prev, post),) = results("events.Noted")
    assert (prev["status"], post["status"]) == ("new", "old")
    assert prev["note"] == post["note"] == "remind"
    assert prev["due"] == post["due"]


def test_what_the_database_sets_by_itself_is_not_told_as_it_was(session, drain, results):
    session.order.status = "old"
    session.commit()
    drain()
    ((prev, post),) = results("events.Noted")
    assert prev["changed"] == 0
    assert post.get("changed") in (7, None)


def test_a_new_row_is_told_whole_also_where_nobody_has_set_a_column(db, drain, results):
    asked: list[str] = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda _c, _u, text, *_: asked.append(text))
    with Session(db.engine) as session:
        session.add(db.Order(id=2, status="new", due=NOON, note="remind"))
        session.add(db.Order(id=3, status="new"))
        session.commit()
    assert not [text for text in asked if text.startswith("SELECT") and "orders" in text], (
        "nothing has to be read again"
    )
    assert subjects("tasks.Due") == ["2"]
    drain()
    assert [post for _, post in results("events.New")] == [
        {"id": 2, "status": "new", "due": NOON, "note": "remind", "changed": 0},
        {"id": 3, "status": "new", "due": None, "note": None, "changed": 0},
    ]


def test_many_rows_are_looked_at_by_one_statement_before_and_one_after_they_are_written(db, session):
    orders = [db.Order(id=number, status="new", due=NOON, note="remind") for number in range(2, 40)]
    session.add_all(orders)
    session.commit()
    asked: list[str] = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda _c, _u, text, *_: asked.append(text))
    for order in orders:
        order.due = NOON + timedelta(hours=2)
    session.commit()
    assert len([text for text in asked if text.startswith("SELECT") and "orders.id IN (" in text]) == 2
    assert Counter(job.due - NOON_UTC for job in waiting("tasks.Due")) == {0: 1, 2 * 3600 * SECOND: len(orders)}


@pytest.mark.parametrize("make", ["sqlite"], indirect=True)
def test_a_row_that_cannot_be_read_does_not_break_the_save(db, session):
    """Only SQLite takes anything for a date."""
    with db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE orders SET due = 'never'")
    some = load_only(db.Order.status, db.Order.changed)
    session.get(db.Order, 1, options=[some], populate_existing=True).status = "old"
    session.commit()
    with db.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT status FROM orders").scalar() == "old"


@pytest.mark.parametrize("make", ["sqlite"], indirect=True)
def test_an_async_session_is_no_different(db):
    async def work() -> None:
        engine = create_async_engine(f"sqlite+aiosqlite:///{db.engine.url.database}")
        async with AsyncSession(engine) as session:
            order = db.Order(id=1, status="new", due=NOON, note="remind")
            session.add(order)
            await session.commit()
            order.status = "paid"
            await session.commit()
            assert [job.func for job in waiting() if not job.task] == ["services.S.ship"]
            await session.delete(order)
            await session.commit()
        await engine.dispose()

    asyncio.run(work())
    assert subjects("tasks.Due") == []
