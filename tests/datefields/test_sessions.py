"""What the application's own sessions do to rows is followed, in all the ways that SQLAlchemy has; and nothing else."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session, sessionmaker

from jitai_tasks.errors import StoreError
from jitai_tasks.testing import tables, waiting
from tests.ownclasses import importable, with_tables

NOON = datetime(2026, 1, 5, 12, 0)
everywhere = pytest.mark.parametrize("make", ["sqlite", "postgresql", "mysql"], indirect=True)
DB = """
    from datetime import datetime

    from sqlalchemy import ForeignKey, String
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

    class Base(DeclarativeBase):
        pass

    class Owner(Base):
        __tablename__ = "owners"
        id: Mapped[int] = mapped_column(primary_key=True)
        tickets: Mapped[list["Ticket"]] = relationship(back_populates="owner")

    class Ticket(Base):
        __tablename__ = "tickets"
        id: Mapped[int] = mapped_column(primary_key=True)
        owner_id: Mapped[int | None] = mapped_column(ForeignKey("owners.id"))
        owner: Mapped[Owner | None] = relationship(back_populates="tickets")
        due: Mapped[datetime | None]
        status: Mapped[str] = mapped_column(String(20), default="new")
        count: Mapped[int] = mapped_column(default=0)
"""
TRAIL = """
    from datatypes.Meta import datatypes
    from models.NormalType import NormalModel

    class Trail(NormalModel):
        id = datatypes.AutoInt(primaryKey=True)
        what = datatypes.Stext()
"""
SERVICE = """
    from services.NormalType import NormalService
    from tasks.TemporaryType.task import createTemporaryTask

    class S(NormalService):
        def paid(self, rowId):
            return rowId

        def owned(self, rowId):
            return rowId

        def told(self, eventOutData):
            told = eventOutData
            row = told.postData if told.postData.toDict() else told.prevData
            app.getElement("models.Trail").create(what=f"{told.optType} {row.id}")

        def job(self, eventOutData):
            createTemporaryTask("services.S.owned", {"rowId": 0})

        def act(self, eventOutData):
            ACT(app, eventOutData)
"""


def task(name: str, filter_: str) -> dict[str, object]:
    return {
        f"tasks/{name}/e.json": {
            "title": name, "type": "tasks.DateFieldType", "enable": 1, "modelPath": "models.Ticket", "filter": filter_,
            "timerCfg": {"startField": "due"},
        },
        f"tasks/{name}/inner.py": "def customFunc(rowData):\n    return rowData.id.value\n",
    }  # fmt: skip


def event(operate: str, func: str = "told", model: str = "Ticket") -> dict[str, object]:
    return {
        f"events/{model}_{operate}_{func}/e.json": {
            "title": operate, "type": "events.ModelType", "sender": f"models.{model}", "operate": operate,
            "func": f"services.S.{func}",
        }
    }  # fmt: skip


FILES = {
    "models/Trail/e.json": {"title": "Trail", "type": "models.NormalType"},
    "models/Trail/__init__.py": TRAIL,
    "models/Ticket/e.json": {
        "title": "Tickets", "type": "models.SQLAlchemyType", "class": "own_shop.db:Ticket",
        "transitions": [
            {"name": "pay", "field": "status", "from": ["new"], "to": "paid", "task": {"func": "services.S.paid"}},
            {"name": "own", "field": "owner_id", "from": [None], "to": 1, "task": {"func": "services.S.owned"}},
            {
                "field": "status", "from": ["new"], "to": "kept", "type": "automatic", "condition": "Q(owner_id=7)",
                "task": {"func": "services.S.paid"},
            },
        ],
    },
    "models/Owner/e.json": {"title": "Owners", "type": "models.SQLAlchemyType", "class": "own_shop.db:Owner"},
    "services/S/e.json": {"title": "S", "type": "services.NormalType"},
    "services/S/__init__.py": "from .service import S\n",
    "services/S/service.py": SERVICE,
    **task("Open", "Q(status='open')"),
    **task("Unowned", "Q(owner_id=None)"),
}  # fmt: skip


@pytest.fixture
def shop(app_from, tmp_path, monkeypatch):
    """Opens the app, with more files; answers it and the application's own module of mapped classes."""
    with importable(tmp_path, monkeypatch, "own_shop", DB):

        def opened(more=None, **kwargs):
            app = tables(app_from(FILES | (more or {}), **kwargs))
            return app, with_tables(app, "own_shop")

        yield opened


def due(name: str) -> dict[str, datetime]:
    return {job.subject: datetime.fromtimestamp(job.due / 1e6, UTC).replace(tzinfo=None) for job in waiting(name)}


def called(func: str) -> list[object]:
    return [job.args for job in waiting() if job.func == f"services.S.{func}"]


def trail(app) -> list[str]:
    return [row.what.value for row in app.getElement("models.Trail").query(orderList=[["id", 1]]).rowDatas]


# ---- sessions that end without a word


def close(session: Session) -> None:
    session.close()


def reset(session: Session) -> None:
    session.reset()


def roll_back(session: Session) -> None:
    session.rollback()


@everywhere
@pytest.mark.parametrize("end", [close, reset, roll_back])
def test_nothing_follows_from_what_a_session_has_flushed_and_not_committed(shop, end):
    app, db = shop(event("AddAfter") | event("UpdateAfter"))
    with Session(app.database.engine) as session:
        session.add(db.Ticket(id=1))
        session.commit()
    session = Session(app.database.engine)
    session.get(db.Ticket, 1).status = "paid"
    session.add(db.Ticket(id=2, due=NOON))
    session.flush()
    end(session)
    session.add(db.Ticket(id=3))
    session.commit()
    assert (due("tasks.Unowned"), called("paid"), trail(app)) == ({}, [], ["AddAfter 1", "AddAfter 3"])
    session.close()


@everywhere
@pytest.mark.parametrize("kept", [False, True])
def test_nothing_follows_from_a_savepoint_that_is_closed_without_being_released(shop, kept):
    app, db = shop(event("AddAfter"))
    with Session(app.database.engine) as session:
        savepoint = session.begin_nested()
        session.add(db.Ticket(id=2, due=NOON, status="open"))
        session.flush()
        if kept:
            savepoint.commit()
        else:
            savepoint.close()
        session.add(db.Ticket(id=3))
        session.commit()
    assert list(due("tasks.Open")) == (["2"] if kept else [])
    assert trail(app) == (["AddAfter 2", "AddAfter 3"] if kept else ["AddAfter 3"])


def test_a_flush_that_had_nothing_to_do_is_over(shop):
    """A listener takes the only new object out of the session: no event tells that the flush has ended."""
    app, db = shop()
    make = sessionmaker(app.database.engine)

    @sa.event.listens_for(make, "before_flush")
    def without_5(session: Session, _context: object, _instances: object) -> None:
        for row in [row for row in session.new if row.id == 5]:
            session.expunge(row)

    with make() as session:
        session.add(db.Ticket(id=5))
        session.flush()
        session.add(db.Ticket(id=6, due=NOON, status="open"))
        session.commit()
    assert list(due("tasks.Open")) == ["6"]


# ---- what only the flush finds out


@everywhere
def test_a_key_that_a_relationship_sets_or_empties_is_a_change(shop, drain):
    app, db = shop(event("UpdateAfter") | event("UpdateBefore") | event("UpdateAfter", model="Owner"))
    with Session(app.database.engine) as session:
        session.add_all([db.Owner(id=1), db.Ticket(id=1, due=NOON)])
        session.commit()
        assert list(due("tasks.Unowned")) == ["1"]
        owner = session.get(db.Owner, 1)
        owner.tickets.append(session.get(db.Ticket, 1))
        session.commit()
        assert (due("tasks.Unowned"), len(called("owned"))) == ({}, 1)
        session.delete(session.get(db.Owner, 1))
        session.commit()
        assert session.get(db.Ticket, 1).owner_id is None
    assert list(due("tasks.Unowned")) == ["1"]
    assert trail(app) == ["UpdateBefore 1", "UpdateAfter 1"] * 2


def test_an_automatic_transition_follows_from_what_only_the_flush_finds_out(shop):
    app, db = shop()
    with Session(app.database.engine) as session:
        session.add_all([db.Owner(id=7), db.Ticket(id=1)])
        session.commit()
        owner = session.get(db.Owner, 7)
        owner.tickets.append(session.get(db.Ticket, 1))
        session.commit()
        assert session.get(db.Ticket, 1).status == "kept"
    assert len(called("paid")) == 1


def keep_instead_of_deleting(db, session: Session) -> None:
    for row in list(session.deleted):
        session.add(row)
        row.status, row.due = "open", NOON


def add_a_copy(db, session: Session) -> None:
    for row in list(session.new):
        if isinstance(row, db.Ticket) and row.id < 10:
            session.add(db.Ticket(id=row.id + 10, status="open", due=NOON))


@everywhere
def test_listeners_of_the_application_have_the_last_word(shop):
    app, db = shop(event("AddAfter") | event("UpdateAfter") | event("DeleteAfter"))
    make = sessionmaker(app.database.engine)
    for listener in (keep_instead_of_deleting, add_a_copy):
        sa.event.listen(make, "before_flush", lambda session, *_, listener=listener: listener(db, session))
    with make() as session:
        session.add(db.Ticket(id=1))
        session.commit()
        assert list(due("tasks.Open")) == ["11"]
        session.delete(session.get(db.Ticket, 1))
        session.commit()
        assert session.get(db.Ticket, 1).status == "open"
    assert sorted(due("tasks.Open")) == ["1", "11"]
    assert trail(app) == ["AddAfter 1", "AddAfter 11", "UpdateAfter 1"]


def test_a_row_that_is_deleted_and_added_again_in_one_flush_keeps_its_job(shop):
    app, db = shop()
    with Session(app.database.engine) as session:
        session.add(db.Ticket(id=1, status="open", due=NOON))
        session.commit()
        session.delete(session.get(db.Ticket, 1))
        session.add(db.Ticket(id=1, status="open", due=NOON + timedelta(hours=1)))
        session.commit()
    assert due("tasks.Open") == {"1": NOON + timedelta(hours=1)}


# ---- rows that others have changed meanwhile


@everywhere
def test_an_edit_of_a_row_that_was_loaded_long_ago_goes_by_what_the_row_is(shop):
    app, db = shop()
    with Session(app.database.engine) as session:
        session.add(db.Ticket(id=1, due=NOON, status="draft"))
        session.commit()
    with Session(app.database.engine, expire_on_commit=False) as late:
        row = late.get(db.Ticket, 1)
        late.commit()
        with Session(app.database.engine) as session:
            session.get(db.Ticket, 1).status = "open"
            session.commit()
        row.due = NOON + timedelta(hours=1)
        late.commit()
        assert row.status == "draft", "what the object does not know"
    assert due("tasks.Open") == {"1": NOON + timedelta(hours=1)}


# ---- what code that follows from a save writes itself


@everywhere
@pytest.mark.parametrize("operate", ["UpdateBefore", "UpdateAfter", "FieldUpdateAfter"])
@pytest.mark.parametrize("fails", [False, True])
def test_what_an_event_writes_is_part_of_the_transaction_of_a_plain_session(shop, operate, fails):
    app, db = shop(event(operate) | event(operate, "job"))
    with Session(app.database.engine) as session:
        session.add(db.Ticket(id=1))
        session.commit()
        before = len(trail(app)), len(called("owned"))
        session.get(db.Ticket, 1).count = 3
        if fails:  # after all that follows from the save
            sa.event.listen(session, "before_commit", fail)
        with pytest.raises(ZeroDivisionError) if fails else nullcontext():
            session.commit()
    assert (len(trail(app)), len(called("owned"))) == (before if fails else (before[0] + 1, before[1] + 1))


def fail(_session: Session) -> None:
    _ = 1 / 0


ACTS = """
    from sqlalchemy import text

    def same_row(app, told):
        row = app.getElement("models.Ticket").get("Q(id=1)")
        if row.count.value < 3:
            row.count = row.count.value + 1
            row.save()

    def own_session(app, told):
        with app.session() as session:
            session.execute(text("UPDATE owners SET id = 2 WHERE id = 1"))
            session.commit()
            session.close()

    def roll_back(app, told):
        app.session().rollback()

    def begin(app, told):
        app.session().begin()

    def part(app, told):
        try:
            with app.transaction() as session:
                session.execute(text("UPDATE owners SET id = 2 WHERE id = 1"))
                raise KeyError
        except KeyError:
            pass

    def failing_part(app, told):
        # of the first row only
        if told.postData.id == 1:
            try:
                with app.transaction():
                    app.getElement("models.Trail").create(what="undone")
                    raise KeyError
            except KeyError:
                pass
        app.getElement("models.Trail").create(what=f"told {told.postData.id}")

    def refused_value(app, told):
        try:
            app.getElement("models.Trail").create(what="x" * 300)
        except Exception:
            pass

    def created_and_saved(app, told):
        row = app.getElement("models.Trail").create(what="first")
        row.what = "second"
        row.save()

    def commit(app, told):
        app.session().commit()

    def refuse(app, told):
        raise KeyError("refused")

    def independent(app, told):
        with app.newTransaction() as session:
            session.execute(text("UPDATE owners SET id = 2 WHERE id = 1"))
"""


def acting(name: str, operate: str = "UpdateAfter") -> dict[str, object]:
    return event(operate, "act") | {
        "commons/acts.py": ACTS,
        "services/S/service.py": SERVICE.replace("ACT(", f"{name}(").replace(
            "from services", f"from commons.acts import {name}\n    from services", 1
        ),
    }


def edit(app, db) -> list[int]:
    """Edits a ticket by a plain session, whose event acts; answers the ids of the owners then."""
    with Session(app.database.engine) as session:
        session.add_all([db.Owner(id=1), db.Ticket(id=1)])
        session.commit()
    with Session(app.database.engine) as session:
        session.get(db.Ticket, 1).count = 1
        session.commit()
        assert type(session) is Session
    with Session(app.database.engine) as session:
        return list(session.scalars(sa.select(db.Owner.id)))


@everywhere
def test_an_event_may_save_the_row_that_is_being_saved(shop):
    app, db = shop(acting("same_row"))
    edit(app, db)
    assert app.getElement("models.Ticket").get("Q(id=1)").count == 3


@everywhere
def test_an_event_can_neither_commit_nor_close_the_session_that_saves(shop):
    app, db = shop(acting("own_session"))
    assert edit(app, db) == [2]
    with Session(app.database.engine) as session:
        session.get(db.Owner, 2).id = 1
        session.get(db.Ticket, 1).count = 5
        session.flush()
        session.rollback()
        assert [session.get(db.Owner, 2).id, session.get(db.Ticket, 1).count] == [2, 1]


@pytest.mark.parametrize(("act", "said"), [("roll_back", "raise an exception"), ("begin", "already begun")])
def test_an_event_that_tries_to_end_the_transaction_is_told_how_it_can(shop, act, said):
    app, db = shop(acting(act))
    with pytest.raises(InvalidRequestError, match=said):
        edit(app, db)
    assert app.getElement("models.Ticket").get("Q(id=1)").count == 0


@everywhere
def test_a_part_of_what_an_event_does_may_fail_alone(shop):
    app, db = shop(acting("part"))
    assert edit(app, db) == [1]
    assert app.getElement("models.Ticket").get("Q(id=1)").count == 1


@everywhere
def test_a_part_that_fails_takes_along_nothing_of_the_other_rows(shop):
    """Three rows in one flush; the event of the first undoes a part of its own."""
    app, db = shop(acting("failing_part", "AddAfter") | event("AddAfter", "job"))
    with Session(app.database.engine) as session:
        session.add_all([db.Ticket(id=number, status="open", due=NOON) for number in (1, 2, 3)])
        session.commit()
    assert trail(app) == ["told 1", "told 2", "told 3"]
    assert len(called("owned")) == 3
    assert sorted(due("tasks.Open")) == ["1", "2", "3"]


@everywhere
@pytest.mark.parametrize("act", ["refused_value", "commit"])
def test_what_an_event_before_a_save_tries_does_not_lose_the_save(shop, act):
    app, db = shop(acting(act, "AddBefore"))
    with Session(app.database.engine) as session:
        session.add_all([db.Ticket(id=1, status="open", due=NOON), db.Owner(id=1)])
        session.commit()
        assert session.get(db.Owner, 1) is not None
    assert (list(due("tasks.Open")), trail(app)) == (["1"], [])


@everywhere
def test_a_row_that_an_event_before_a_save_creates_and_saves_is_one(shop):
    app, db = shop(acting("created_and_saved", "AddBefore"))
    with Session(app.database.engine) as session:
        session.add(db.Ticket(id=1))
        session.commit()
    assert trail(app) == ["second"]


@everywhere
def test_what_an_event_after_a_save_has_refused_cannot_be_committed_by_trying_again(shop):
    app, db = shop(acting("refuse", "AddAfter"))
    with Session(app.database.engine) as session:
        session.add(db.Ticket(id=1))
        for _ in range(2):
            with pytest.raises(KeyError, match="refused"):
                session.commit()
    with Session(app.database.engine) as session:
        assert session.get(db.Ticket, 1) is None


class Routed(Session):
    """Cannot tell where to go without being told what for."""

    def get_bind(self, mapper=None, **more):
        if mapper is None and not more.get("bind"):
            raise RuntimeError("for what?")
        return super().get_bind(mapper, **more)


@everywhere
@pytest.mark.parametrize("bound", ["by class", "by code"])
def test_what_an_event_writes_is_part_of_a_session_that_is_bound_otherwise(shop, bound):
    app, db = shop(event("AddAfter") | event("AddAfter", "job"))
    engine = app.database.engine
    binds = {db.Base: engine, app.getElement("models.Trail").entity: engine}
    with Session(binds=binds) if bound == "by class" else Routed(engine) as session:
        session.add(db.Ticket(id=1, status="open", due=NOON))
        session.commit()
    assert (trail(app), len(called("owned")), list(due("tasks.Open"))) == (["AddAfter 1"], 1, ["1"])


def test_a_transition_that_a_listener_of_the_application_makes_is_one(shop):
    app, db = shop()
    make = sessionmaker(app.database.engine)

    @sa.event.listens_for(make, "before_flush")
    def pay(session: Session, _context: object, _instances: object) -> None:
        for row in session.dirty:
            row.status = "paid"

    with make() as session:
        session.add(db.Ticket(id=1))
        session.commit()
        session.get(db.Ticket, 1).count = 1
        session.commit()
    assert len(called("paid")) == 1


@pytest.mark.parametrize("make", ["sqlite"], indirect=True)
def test_an_independent_transaction_that_would_wait_for_the_save_is_refused(shop):
    app, db = shop(acting("independent"))
    with pytest.raises(StoreError, match="SQLite has one writer at a time"):
        edit(app, db)
