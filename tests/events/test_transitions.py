"""Transitions: declared changes of a field that create tasks, in the transaction of the change."""

from __future__ import annotations

import json

import pytest

from jitai_tasks.errors import ModelError, TransitionRefused
from jitai_tasks.testing import waiting

SERVICE = {
    "services/Shop/e.json": {"title": "Shop", "type": "services.NormalType"},
    "services/Shop/__init__.py": "from .service import Shop\n",
    "services/Shop/service.py": """
        from services.NormalType import NormalService

        class Shop(NormalService):
            def ship(self, rowId, express=False):
                return {"rowId": rowId, "express": express}

            def tell(self, model, rowId, fromValue, toValue, transition):
                return [model, rowId, fromValue, toValue, transition]
    """,
}
MODEL = {
    "models/Order/__init__.py": "from .model import Order\n",
    "models/Order/model.py": """
        from datatypes.Meta import datatypes
        from models.NormalType import NormalModel

        class Order(NormalModel):
            id = datatypes.AutoInt(primaryKey=True)
            status = datatypes.Stext(default="new")
            total = datatypes.Money(default=0)
    """,
}


def orders(*transitions: dict[str, object]) -> dict[str, object]:
    return (
        SERVICE
        | MODEL
        | {"models/Order/e.json": {"title": "Orders", "type": "models.NormalType", "transitions": list(transitions)}}
    )


PAY = {
    "name": "pay", "field": "status", "from": ["new"], "to": "paid", "condition": "Q(total__gt=0)",
    "task": {"func": "services.Shop.ship", "priority": 7, "data": {"express": True}, "delay": 60, "tags": ["shipping"]},
}  # fmt: skip


def test_a_change_creates_its_task_in_the_same_transaction(app_from, clock, drain, history):
    app = app_from(orders(PAY))
    order = app.models.Order.create(total=5)
    assert waiting() == []
    with pytest.raises(RuntimeError), app.transaction():
        order.status = "paid"
        order.save()
        raise RuntimeError
    assert waiting() == []
    app.models.Order.updateByPK(1, {"status": "paid"})
    job = waiting()[0]
    assert (job.func, job.priority, job.tags, job.due - job.created) == (
        "services.Shop.ship",
        7,
        ("shipping",),
        60_000_000,
    )
    app.models.Order.updateByPK(1, {"total": 6})
    assert len(waiting()) == 1
    clock.advance(minutes=1)
    drain()
    assert json.loads(history()[0].outcome.result) == {"rowId": 1, "express": True}


@pytest.mark.parametrize(("status", "total", "count"), [("new", 0, 0), ("lost", 5, 0), ("new", 5, 1)])
def test_where_it_comes_from_and_the_condition_decide(app_from, status, total, count):
    app = app_from(orders(PAY))
    app.models.Order.create(status=status, total=total)
    app.models.Order.updateByPK(1, {"status": "paid"})
    assert len(waiting()) == count


def test_automatic_transitions_follow_each_other(app_from, drain, history):
    tell = {"func": "services.Shop.tell"}
    app = app_from(
        orders(
            {"name": "born", "field": "status", "to": "created", "task": tell},
            {"name": "go", "field": "status", "from": "created", "to": "checked", "type": "automatic", "tasks": [tell]},
            {
                "name": "on",
                "field": "status",
                "from": ["checked"],
                "to": "done",
                "type": "automatic",
                "condition": "Q(total__gte=10)",
                "task": tell,
            },
        )
    )
    assert app.models.Order.create(status="created", total=3).status == "checked"
    assert app.models.Order.create(status="created", total=30).status == "done"
    drain()
    told = [json.loads(run.outcome.result)[1:] for run in history()]
    assert told == [
        [1, None, "created", "born"],
        [1, "created", "checked", "go"],
        [2, None, "created", "born"],
        [2, "created", "checked", "go"],
        [2, "checked", "done", "on"],
    ]


def test_a_circle_of_automatic_transitions_is_refused_and_nothing_is_written(app_from):
    app = app_from(
        orders(
            {"name": "there", "field": "status", "from": ["a"], "to": "b", "type": "automatic"},
            {"name": "back", "field": "status", "from": ["b"], "to": "a", "type": "automatic"},
        )
    )
    with pytest.raises(ModelError, match=r"over 100 transitions in a row: .*a → b"):
        app.models.Order.create(status="a")
    assert app.models.Order.query().totalCount == 0


def test_a_broken_transition_is_told_and_not_in_the_way(app_from, caplog):
    app = app_from(orders({"name": "odd", "field": "stat", "to": "x"}, {**PAY, "condition": "Q(tot=1)"}, PAY))
    app.models.Order.create(total=1)
    app.models.Order.updateByPK(1, {"status": "paid"})
    assert len(waiting()) == 1
    assert "transitions/odd: models.Order: no field 'stat'; did you mean status?" in caplog.text
    assert "transitions/pay: filter" in caplog.text


TELL = {"func": "services.Shop.tell"}


def step(name: str, origins: list[str], target: str, **more: object) -> dict[str, object]:
    return {"name": name, "field": "status", "from": origins, "to": target, "task": TELL, **more}


def told(drain, history) -> list[list[object]]:
    drain()
    return [json.loads(run.outcome.result)[2:] for run in history()]


def test_a_transition_is_made_by_its_name_and_brings_values_along(app_from, drain, history):
    app = app_from(orders(step("pay", ["new"], "paid", condition="Q(total__gt=0)"), step("ship", ["paid"], "sent")))
    order = app.models.Order.create()
    assert order.transition("pay", total=5) is order
    assert (order.status.value, order.total.value) == ("paid", 5)
    app.models.Order.get("Q(id=1)").transition("ship")
    assert told(drain, history) == [["new", "paid", "pay"], ["paid", "sent", "ship"]]


def test_of_several_with_one_name_the_first_that_fits_is_made_and_it_is_the_one_that_is_told(app_from, drain, history):
    app = app_from(
        orders(
            step("other", ["new"], "done"),
            step("end", ["new"], "done", condition="Q(total__lt=0)"),
            step("end", ["new", "late"], "done"),
        )
    )
    app.models.Order.create(total=1).transition("end")
    app.models.Order.create(status="late").transition("end")
    assert told(drain, history) == [["new", "done", "end"], ["late", "done", "end"]]


@pytest.mark.parametrize(
    ("status", "values", "reason"),
    [
        ("sent", {}, "status is 'sent', and it begins at 'new' or 'late'"),
        ("new", {"total": -1}, "its condition does not hold"),
        ("paid", {}, "status is 'paid' already"),
    ],
)
def test_a_refused_transition_says_why_and_leaves_the_row_unchanged(app_from, status, values, reason):
    app = app_from(orders(step("pay", ["new", "late"], "paid", condition="Q(total__gte=0)")))
    order = app.models.Order.create(status=status, total=5)
    with pytest.raises(TransitionRefused, match=f"models.Order: transition 'pay' is not possible: {reason}"):
        order.transition("pay", **values)
    assert (order.status.value, order.total.value) == (status, 5)
    assert app.models.Order.get("Q(id=1)") == order
    assert waiting() == []


def test_a_transition_goes_by_what_is_stored_and_takes_along_what_was_assigned(app_from):
    app = app_from(orders(step("pay", ["new"], "paid")))
    stale = app.models.Order.create(total=1)
    app.models.Order.updateByPK(1, {"total": 2})
    stale.transition("pay")
    assert (stale.status.value, stale.total.value) == ("paid", 2)
    stale = app.models.Order.create(total=1)
    app.models.Order.updateByPK(2, {"status": "off"})
    stale.total = 7
    with pytest.raises(TransitionRefused, match="status is 'off'"):
        stale.transition("pay")
    app.models.Order.updateByPK(2, {"status": "new"})
    stale.transition("pay")
    assert app.models.Order.get("Q(id=2)").toDict() == {"id": 2, "status": "paid", "total": 7}


def test_unknown_and_automatic_transitions_cannot_be_asked_for(app_from):
    app = app_from(orders(step("pay", ["new"], "paid"), step("close", ["sent"], "done", type="automatic")))
    order = app.models.Order.create()
    with pytest.raises(ModelError, match=r"no manual transition 'pays'; did you mean pay\?"):
        order.transition("pays")
    with pytest.raises(ModelError, match="no manual transition 'close'"):
        order.transition("close")
    with pytest.raises(ModelError, match="no field 'sum'"):
        order.transition("pay", sum=1)
    order.delete()
    with pytest.raises(ModelError, match="is gone"):
        order.transition("pay")


def test_each_flush_of_a_session_keeps_its_own_transitions(app_from, drain, history):
    app = app_from(orders(step("pay", ["new"], "paid"), step("ship", ["paid"], "sent")))
    with app.transaction() as session:
        order = app.models.Order.entity(status="new", total=1)
        session.add(order)
        for status in ("paid", "sent"):
            session.flush()
            order.status = status
    assert told(drain, history) == [["new", "paid", "pay"], ["paid", "sent", "ship"]]


def test_a_transition_undone_with_its_savepoint_leaves_nothing_to_later_changes(app_from):
    app = app_from(orders(step("pay", ["new"], "paid")))
    with app.transaction() as session:
        order = app.models.Order.entity(status="new", total=1)
        session.add(order)
        session.flush()
        with pytest.raises(RuntimeError), session.begin_nested():
            order.status = "paid"
            session.flush()
            raise RuntimeError
        order.total = 2
    assert waiting() == []


def test_a_transition_follows_what_an_event_before_the_change_has_set(app_from, drain, history):
    before = {
        "events/Discount/e.json": {
            "title": "Discount", "type": "events.ModelType", "sender": "models.Order", "operate": "UpdateBefore",
            "funcType": "Inner",
        },
        "events/Discount/__init__.py": """
            def customFunc(eventOutData):
                if eventOutData.postData.total == 0:
                    eventOutData.postData.status = "paid"
        """,
    }  # fmt: skip
    app = app_from(orders(step("pay", ["new"], "paid")) | before)
    app.models.Order.create(total=3)
    app.models.Order.updateByPK(1, {"total": 0})
    assert told(drain, history) == [["new", "paid", "pay"]]


MAPPED = """
    import enum

    from sqlalchemy import Enum
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    class Base(DeclarativeBase):
        pass

    class State(enum.Enum):
        OPEN = 1
        SHUT = 2
        GONE = 3

    class Door(Base):
        __tablename__ = "doors"
        id: Mapped[int] = mapped_column(primary_key=True)
        state: Mapped[State] = mapped_column(Enum(State), default=State.OPEN)
"""


def test_transitions_of_a_mapped_class_with_an_enumeration(app_from, drain, history):
    shut = {"name": "shut", "field": "state", "from": "OPEN", "to": "SHUT", "task": TELL}
    gone = {"name": "go", "field": "state", "from": ["SHUT"], "to": "GONE", "task": TELL}
    model = {
        "title": "Doors",
        "type": "models.SQLAlchemyType",
        "class": "commons.doors:Door",
        "transitions": [shut, gone],
    }
    app = app_from(SERVICE | {"models/Door/e.json": model, "commons/doors.py": MAPPED})
    doors = __import__("commons.doors", fromlist=["Door"])
    doors.Base.metadata.create_all(app.database.engine)
    with app.transaction() as session:
        session.add_all([doors.Door(state=doors.State.OPEN), doors.Door(state=doors.State.OPEN)])
    with app.transaction() as session:
        session.get(doors.Door, 1).state = doors.State.SHUT
    app.models.Door.get("Q(id=1)").transition("go")
    with pytest.raises(TransitionRefused, match="state is 'OPEN', and it begins at 'SHUT'"):
        app.models.Door.get("Q(id=2)").transition("go")
    assert told(drain, history) == [["OPEN", "SHUT", "shut"], ["SHUT", "GONE", "go"]]
    with app.transaction() as session:
        assert session.get(doors.Door, 1).state is doors.State.GONE
