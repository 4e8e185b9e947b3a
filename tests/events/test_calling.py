"""How the functions of events are called, and what is said when they cannot be."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from jitai_tasks.errors import EventError, FunctionNotFound

WORK = {
    "models/User/e.json": {"title": "Users", "type": "models.NormalType"},
    "models/User/__init__.py": """
        from datatypes.Meta import datatypes
        from models.NormalType import NormalModel

        class User(NormalModel):
            id = datatypes.AutoInt(primaryKey=True)
            name = datatypes.Stext()
            status = datatypes.Stext()
    """,
    "services/Work/e.json": {"title": "Work", "type": "services.NormalType"},
    "services/Work/__init__.py": """
        import asyncio

        from jitai_tasks import App

        LIST = []

        def note(told):
            LIST.append(told)
            return len(LIST)

        async def slowly(told):
            await asyncio.sleep(0)
            if told == "root" or getattr(told, "postData", {"name": ""})["name"] == "root":
                raise ValueError("no root")
            LIST.append(told)
            return "at last"

        def pay(told):
            App.current().others[0].status = "paid"
    """,
}  # fmt: skip


def event(kind: str, func: str, name: str = "A", **config: object) -> dict[str, object]:
    return {f"events/{name}/e.json": {"title": name, "type": f"events.{kind}", "func": func, **config}}


def noted() -> list[object]:
    return __import__("services.Work", fromlist=["LIST"]).LIST


def test_a_coroutine_that_listens_is_run_to_its_end(app_from):
    app = app_from(WORK | event("NormalType", "services.Work.slowly", sender="x.y"))
    assert app.event.publish("x.y", (1,)) == ["at last"]
    assert noted() == [1]
    with pytest.raises(ValueError, match="no root"):
        app.event.publish("x.y", ("root",))


def test_a_coroutine_may_refuse_a_change(app_from):
    app = app_from(WORK | event("ModelType", "services.Work.slowly", sender="models.User", operate="AddBefore"))
    with pytest.raises(ValueError, match="no root"):
        app.models.User.create(name="root")
    assert app.models.User.create(name="ann").id == 1
    assert app.models.User.query().totalCount == 1


def test_where_an_event_loop_runs_already_a_coroutine_is_refused_with_the_way_out(app_from):
    app = app_from(WORK | event("NormalType", "services.Work.slowly", sender="x.y"))

    async def publish() -> None:
        app.event.publish("x.y", (1,))

    with pytest.raises(EventError, match=r"events\.A: its function is async.*say asyncType 1"):
        asyncio.run(publish())
    assert noted() == []


@pytest.mark.parametrize(
    "returned", ["{'n': [1, Decimal('2.50')], 'at': datetime(2026, 1, 5, tzinfo=UTC)}", "6", "None"]
)
def test_those_who_listen_to_a_task_get_what_its_function_returned(app_from, clock, drain, returned):
    files = WORK | event("NormalType", "services.Work.note", sender="tasks.T.onSuccess")
    timer = {"startTime": "2026-01-05 08:00:00", "repeat": {"repeatType": "normal"}}
    files |= {
        "tasks/T/e.json": {"title": "T", "type": "tasks.NormalType", "enable": 1, "timerCfg": timer},
        "tasks/T/__init__.py": (
            "from datetime import UTC, datetime\nfrom decimal import Decimal\n\n\n"
            f"def customFunc():\n    return {returned}\n"
        ),
    }
    app_from(files)
    clock.advance(minutes=1)
    drain()
    assert [told.result for told in noted()] == [eval(returned, {"Decimal": Decimal, "datetime": datetime, "UTC": UTC})]


def test_an_event_that_is_sent_is_filtered_as_one_that_happens(app_from):
    about = {"sender": "models.User", "operate": "UpdateAfter"}
    files = event("ModelType", "services.Work.note", "F", filter="Q(status='new')", **about)
    files |= event("ModelType", "services.Work.note", "G", fields=["status"], **about)
    app = app_from(WORK | files)
    send = app.events.services.EventSvc.sendEvent

    def change(prev, post):
        return {"prevData": prev, "postData": post}

    both = send("models.User_UpdateAfter", change({"status": "old"}, {"status": "new"}), "events.ModelType")
    assert [answer is not None for answer in both] == [True, True]
    one = send("models.User_UpdateAfter", change({"status": "new", "name": "a"}, {"status": "new"}), "events.ModelType")
    assert sum(answer is not None for answer in one) == 1, "the status is the same"
    assert send("models.User_UpdateAfter", change({}, {"name": "b"}), "events.ModelType") == [None, None]


def test_a_function_that_is_missing_is_told_with_the_event_that_calls_it(app_from):
    app = app_from(WORK | event("ModelType", "services.Work.nope", sender="models.User", operate="AddAfter"))
    with pytest.raises(FunctionNotFound, match=r"services\.Work\.nope.*events\.A calls it"):
        app.models.User.create(name="a")


def test_a_function_that_is_missing_is_told_with_the_transition_that_calls_it(app_from):
    pay = {"name": "pay", "field": "status", "to": "paid", "task": {"func": "services.Work.nope"}}
    files = WORK | {"models/User/e.json": {"title": "U", "type": "models.NormalType", "transitions": [pay]}}
    app = app_from(files)
    with pytest.raises(FunctionNotFound, match=r"services\.Work\.nope.*transition 'pay' of models\.User"):
        app.models.User.create(name="a", status="paid")


def test_an_event_before_a_change_hears_of_what_an_event_of_another_row_has_set(app_from):
    line = {name.replace("User", "Line"): text for name, text in WORK.items() if name.startswith("models/")}
    line["models/Line/__init__.py"] = line["models/Line/__init__.py"].replace("class User", "class Line")
    files = event("ModelType", "services.Work.pay", "P", sender="models.Line", operate="AddBefore")
    files |= event(
        "ModelType", "services.Work.note", "N", sender="models.User", operate="UpdateBefore", fields=["status"]
    )
    app = app_from(WORK | line | files)
    app.models.User.create(name="a", status="new")
    app.models.Line.query()
    with app.transaction() as session:
        user = session.get(app.models.User.entity, 1)
        app.others = [user]
        user.name = "b"
        session.add(app.models.Line.entity(name="x"))
    assert [told.postData.status for told in noted()] == ["paid"]
