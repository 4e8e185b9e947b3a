"""Tables that the application has mapped itself: plain sessions, async ones, bulk statements."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from jitai_tasks.errors import ElementBroken
from jitai_tasks.testing import tables, waiting
from tests.ownclasses import importable, with_tables

NOON = datetime(2026, 1, 5, 12, 0)
DB = """
    import enum
    from datetime import datetime
    from decimal import Decimal

    from sqlalchemy import DateTime, Enum, ForeignKey, Numeric, String
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

    class Base(DeclarativeBase):
        pass

    class State(enum.Enum):
        OPEN = 1
        SHUT = 2

    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)
        due: Mapped[datetime | None]
        named: Mapped[str] = mapped_column("the_name", String(50), default="x")
        state: Mapped[State] = mapped_column(Enum(State), default=State.OPEN)
        price: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
        rate: Mapped[Decimal | None]

    class Rush(Order):
        pass

    class Basket(Base):
        __tablename__ = "baskets"
        id: Mapped[int] = mapped_column(primary_key=True)
        items: Mapped[list["Item"]] = relationship(cascade="all, delete-orphan")

    class Item(Base):
        __tablename__ = "items"
        id: Mapped[int] = mapped_column(primary_key=True)
        basket_id: Mapped[int | None] = mapped_column(ForeignKey("baskets.id"))
        due: Mapped[datetime | None]

    class Line(Base):
        __tablename__ = "lines"
        order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
        number: Mapped[int] = mapped_column(primary_key=True)
        ready: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
"""
FILES = {
    "models/OrderModel/e.json": {"title": "Orders", "type": "models.SQLAlchemyType", "class": "corner_shop.db:Order"},
    "models/LineModel/e.json": {
        "title": "Lines", "type": "models.SQLAlchemyType", "class": "corner_shop.db:Line",
        "transitions": [{"field": "number", "to": 7, "task": {"func": "services.S.seven"}}],
    },
    "models/ItemModel/e.json": {"title": "Items", "type": "models.SQLAlchemyType", "class": "corner_shop.db:Item"},
    "models/RushModel/e.json": {"title": "Rush", "type": "models.SQLAlchemyType", "class": "corner_shop.db:Rush"},
    "services/S/e.json": {"title": "S", "type": "services.NormalType"},
    "services/S/__init__.py": "from .service import S\n",
    "services/S/service.py": """
        from services.NormalType import NormalService

        class S(NormalService):
            def remind(self, rowData):
                return [rowData.id.value, f"{rowData.named}"]

            def line(self, rowData):
                return rowData.pkData

            def seven(self, model, rowId):
                return [model, rowId]

            def gone(self, eventOutData):
                return eventOutData.prevData.id.value

            def told(self, eventOutData):
                return [eventOutData.postData.id.value, eventOutData.prevData.toDict().get("due")]
    """,
    "tasks/Due/e.json": {
        "title": "Due", "type": "tasks.DateFieldType", "enable": 1, "funcType": "Global", "func": "services.S.remind",
        "modelPath": "models.OrderModel", "timerCfg": {"startField": "due"}, "filter": "Q(state='OPEN')",
    },
    "tasks/Line/e.json": {
        "title": "Line", "type": "tasks.DateFieldType", "enable": 1, "func": "services.S.line",
        "modelPath": "models.LineModel", "timerCfg": {"startField": "ready"},
    },
    "tasks/Item/e.json": {
        "title": "Item", "type": "tasks.DateFieldType", "enable": 1, "func": "services.S.line",
        "modelPath": "models.ItemModel", "timerCfg": {"startField": "due"},
    },
    "events/Gone/e.json": {
        "title": "Gone", "type": "events.ModelType", "sender": "models.ItemModel", "operate": "DeleteAfter",
        "func": "services.S.gone", "asyncType": 1,
    },
    "events/Told/e.json": {
        "title": "Told", "type": "events.ModelType", "sender": "models.OrderModel", "operate": "UpdateAfter",
        "func": "services.S.told", "asyncType": 1,
    },
}  # fmt: skip


@pytest.fixture
def shop(app_from, tmp_path, monkeypatch):
    """The app, and the application's own module of mapped classes."""
    with importable(tmp_path, monkeypatch, "corner_shop", DB):
        app = tables(app_from(FILES))
        yield app, with_tables(app, "corner_shop")


def due(task: str = "tasks.Due") -> dict[str, datetime]:
    return {job.subject: datetime.fromtimestamp(job.due / 1e6, UTC).replace(tzinfo=None) for job in waiting(task)}


def test_a_session_of_the_application_is_followed(shop, clock, drain, history):
    app, db = shop
    with Session(app.database.engine) as session:
        session.add(db.Order(id=1, due=NOON))
        session.add(db.Rush(id=2, due=NOON))
        session.commit()
        assert due() == {"1": NOON, "2": NOON}
        session.get(db.Order, 1).due = NOON + timedelta(hours=1)
        session.delete(session.get(db.Rush, 2))
        session.rollback()
        assert due() == {"1": NOON, "2": NOON}
        session.get(db.Order, 1).due = NOON + timedelta(hours=1)
        session.delete(session.get(db.Rush, 2))
        session.commit()
    assert due() == {"1": NOON + timedelta(hours=1)}
    assert len(waiting("events.Told")) == 1
    clock.advance(hours=6)
    drain()
    assert [run.outcome.result for run in history("tasks.Due")] == ['[1,"x"]']
    assert [run.outcome.result[:3] for run in history("events.Told")] == ["[1,"]


def test_an_engine_of_the_application_on_the_same_database_commits_both_together(shop):
    app, db = shop
    engine = sa.create_engine(app.database.engine.url)
    with Session(engine) as session:
        session.add(db.Order(id=1, due=NOON))
        session.flush()
        session.rollback()
        assert due() == {}
        session.add(db.Order(id=1, due=NOON))
        session.commit()
    engine.dispose()
    assert due() == {"1": NOON}


def test_an_engine_on_another_database_is_followed_after_its_commit(shop, tmp_path):
    _, db = shop
    engine = sa.create_engine(f"sqlite:///{tmp_path}/other.db")
    db.Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(db.Order(id=5, due=NOON))
        session.commit()
    engine.dispose()
    assert due() == {"5": NOON}


def test_a_commit_on_another_database_that_fails_plans_nothing_then_or_later(shop, tmp_path):
    _, db = shop
    engine = sa.create_engine(f"sqlite:///{tmp_path}/other.db")
    db.Base.metadata.create_all(engine)
    commit = engine.dialect.do_commit
    with Session(engine) as session:
        session.add(db.Order(id=1, due=NOON))
        engine.dialect.do_commit = refused_commit
        with pytest.raises(sa.exc.OperationalError):
            session.commit()
        engine.dialect.do_commit = commit
        session.rollback()
        session.add(db.Order(id=2, due=NOON))
        session.commit()
    engine.dispose()
    assert due() == {"2": NOON}


def refused_commit(_connection):
    raise sqlite3.OperationalError("disk full")


def test_events_and_transitions_of_another_database_are_created_after_its_commit(shop, tmp_path):
    _, db = shop
    engine = sa.create_engine(f"sqlite:///{tmp_path}/other.db")
    db.Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([db.Order(id=1), db.Line(order_id=1, number=7)])
        session.flush()
        assert waiting() == []
        session.rollback()
        session.add_all([db.Order(id=1), db.Line(order_id=1, number=7)])
        session.commit()
        assert [job.func for job in waiting()] == ["services.S.seven"]
        session.get(db.Order, 1).named = "y"
        with session.begin_nested():
            session.get(db.Order, 1).named = "z"
        assert len(waiting()) == 1, "a savepoint that ends is no commit"
        with pytest.raises(KeyError), session.begin_nested():
            session.get(db.Order, 1).price = 2
            session.flush()
            raise KeyError
        session.commit()
    engine.dispose()
    assert sorted(job.task for job in waiting()) == ["", "events.Told", "events.Told"]


@pytest.mark.parametrize("make", ["sqlite"], indirect=True)
def test_an_async_session_is_followed(shop):
    app, db = shop

    async def work() -> None:
        engine = create_async_engine(f"sqlite+aiosqlite:///{app.database.engine.url.database}")
        async with AsyncSession(engine) as session:
            session.add(db.Order(id=1, due=NOON))
            await session.commit()
            (await session.get(db.Order, 1)).due = NOON + timedelta(hours=2)
            await session.commit()
        await engine.dispose()

    asyncio.run(work())
    assert due() == {"1": NOON + timedelta(hours=2)}


def test_bulk_statements_are_found_by_the_sweep(shop, drain):
    app, db = shop
    with Session(app.database.engine) as session:
        session.execute(sa.insert(db.Order), [{"id": number, "due": NOON} for number in range(1, 6)])
        session.execute(sa.update(db.Order).where(db.Order.id == 2).values(state=db.State.SHUT))
        session.commit()
        drain()
        assert due() == {"1": NOON, "3": NOON, "4": NOON, "5": NOON}
        session.execute(sa.delete(db.Order).where(db.Order.id == 3))
        session.execute(sa.update(db.Order).where(db.Order.id == 4).values(due=NOON + timedelta(hours=1)))
        session.commit()
    drain()
    assert due() == {"1": NOON, "4": NOON + timedelta(hours=1), "5": NOON}


def test_filters_and_rows_work_on_mapped_classes(shop):
    app, db = shop
    orders = app.models.OrderModel
    assert orders.create(id=1, named="a", price="2.5", due=NOON).state == db.State.OPEN
    assert due() == {"1": NOON}
    orders.updateByPK(1, {"state": "SHUT"})
    assert due() == {}
    assert orders.get("Q(state='SHUT') & Q(price=2.5)").named == "a"
    assert orders.get("Q(state__in=['OPEN'])") is None
    assert orders.aggregate("", "price", "max") == Decimal("2.5")


def test_numbers_without_a_scale_are_taken_as_they_are(shop):
    app, _ = shop
    orders = app.models.OrderModel
    for number, rate in enumerate(("0.1", "19.99", "0.5"), 1):
        assert orders.create(id=number, rate=rate).rate == Decimal(rate)


def test_keys_of_several_columns_and_times_with_zones(shop, clock, drain, history):
    app, db = shop
    with Session(app.database.engine) as session:
        session.add(db.Order(id=1))
        session.flush()
        session.add(db.Line(order_id=1, number=7, ready=datetime(2026, 1, 5, 12, tzinfo=UTC)))
        session.commit()
    assert due("tasks.Line") == {'["1", "7"]': NOON}
    assert [job.func for job in waiting()] == ["services.S.seven", ""] or len(waiting()) == 2
    clock.advance(hours=5)
    drain()
    assert [run.outcome.result for run in history("tasks.Line")] == ['{"order_id":1,"number":7}']
    assert [run.outcome.result for run in history() if run.job.func == "services.S.seven"] == [
        '["models.LineModel",[1,7]]'
    ]


def test_a_class_that_cannot_be_imported_is_told_and_not_in_the_way(app_from, drain, caplog):
    app_from(FILES)
    drain()
    assert "tasks.Due cannot follow its rows" in caplog.text
    assert "class corner_shop.db:Order: No module named 'corner_shop'" in caplog.text


def test_rows_that_their_parent_lets_go_are_deleted_rows(shop, drain, results):
    app, db = shop
    with Session(app.database.engine, autoflush=False) as session:
        basket = db.Basket(id=1, items=[db.Item(id=number, due=NOON) for number in (1, 2, 3)])
        session.add(basket)
        session.commit()
        assert due("tasks.Item") == {"1": NOON, "2": NOON, "3": NOON}
        edited = basket.items[1]
        edited.due = NOON + timedelta(hours=1)
        basket.items.remove(edited)
        basket.items.remove(basket.items[0])
        session.commit()
        assert due("tasks.Item") == {"3": NOON}
        session.delete(basket)
        session.commit()
    assert due("tasks.Item") == {}
    drain()
    assert sorted(results("events.Gone")) == [1, 2, 3]


def test_a_class_that_shares_its_rows_with_another_is_refused(shop):
    app, db = shop
    with pytest.raises(ElementBroken, match="Rush shares its rows with Order, which it inherits from; name Order"):
        app.models.RushModel.query()
    with Session(app.database.engine) as session:
        session.add(db.Rush(id=1, due=NOON))
        session.commit()
    assert due() == {"1": NOON}
