"""Events: custom ones, those of models, those of tasks."""

from __future__ import annotations

import pytest

from jitai_tasks.errors import FilterError, ModelError
from jitai_tasks.events import listeners
from jitai_tasks.testing import waiting

MODEL = {
    "models/User/e.json": {"title": "Users", "type": "models.NormalType"},
    "models/User/__init__.py": "from .model import User\n",
    "models/User/model.py": """
        from datatypes.Meta import datatypes
        from models.NormalType import NormalModel

        class User(NormalModel):
            id = datatypes.AutoInt(primaryKey=True)
            name = datatypes.Stext()
            status = datatypes.Stext()
    """,
    "services/Seen/e.json": {
        "title": "Seen", "type": "services.NormalType",
        "eventDescs": [{"name": "noticed", "title": "Something was noticed", "desc": ""}],
    },
    "services/Seen/__init__.py": "from .service import Seen\n",
    "services/Seen/service.py": """
        from services.NormalType import NormalService

        LIST = []

        class Seen(NormalService):
            def note(self, *args, **kwargs):
                LIST.append((args, kwargs))
                return len(LIST)

            def change(self, eventOutData):
                LIST.append((
                    eventOutData.optType, eventOutData.prevData.toDict(), eventOutData.postData.value,
                    str(eventOutData.model),
                ))

            def refuse(self, eventOutData):
                if eventOutData.postData.name == "root":
                    raise ValueError("no root")
                eventOutData.postData.name = str(eventOutData.postData.name).title()

            def fail(self, *args):
                raise ValueError("it fails")
    """,
}  # fmt: skip


def event(name: str, kind: str, func: str, **config: object) -> dict[str, object]:
    return {f"events/{name}/e.json": {"title": name, "type": f"events.{kind}", "func": func, **config}}


def seen(app):
    return __import__("services.Seen.service", fromlist=["LIST"]).LIST


def test_what_a_service_publishes_calls_those_who_listen(app_from):
    app = app_from(
        MODEL
        | event("A", "NormalType", "services.Seen.note", sender="services.Seen.noticed")
        | event("B", "NormalType", "services.Seen.note", sender="services.Seen.noticed", enable=0)
        | {
            "events/C/e.json": {
                "title": "C",
                "type": "events.NormalType",
                "funcType": "Inner",
                "sender": "x.y",
                "objMode": 1,
            },
            "events/C/__init__.py": "from .inner import customFunc\n",
            "events/C/inner.py": "def customFunc(obj):\n    return obj.args[0] + obj.more\n",
        }
    )
    from events.Meta import JitEvent

    assert app.event.publish(sender="services.Seen.noticed", args=("paramValue"), kwargs={"k": 1}) == [1]
    assert JitEvent.publish("x.y", (1,), {"more": 2}) == [3]
    assert app.triggerEvent("services.Seen.noticed", {"a": 1}) == [2]
    assert app.events.services.EventSvc.sendEvent("services.Seen.noticed", {"b": 2}) == [3]
    assert app.events.services.EventSvc.callEvent("events.A", c=3) == 4
    assert seen(app) == [(("paramValue",), {"k": 1}), (({"a": 1},), {}), ((), {"b": 2}), ((), {"c": 3})]
    assert (app.events.A.getSender(), app.events.A.callTime, app.events.A.asyncType) == (
        "services.Seen.noticed",
        "after",
        False,
    )


def test_a_failing_listener_breaks_the_caller_unless_it_is_asynchronous(app_from, drain, history):
    app = app_from(
        MODEL
        | event("A", "NormalType", "services.Seen.fail", sender="a.sync")
        | event("B", "NormalType", "services.Seen.fail", sender="a.async", asyncType=1)
    )
    with pytest.raises(ValueError, match="it fails"):
        app.event.publish("a.sync")
    app.event.publish("a.async", (1,))
    drain()
    assert [run.outcome.status for run in history("events.B")] == ["error"]
    log = app.events.services.EventSvc.getEventLog("events.B", status="fail")
    assert (log.totalCount, log.rowDatas[0].errmsg.value) == (1, "it fails")
    assert app.events.services.EventSvc.getEventLogByRequestId(log.rowDatas[0].taskId.value).totalCount == 1


def test_rows_tell_of_all_that_happens_to_them(app_from):
    files = dict(MODEL)
    for operate in (
        "AddBefore",
        "AddAfter",
        "UpdateBefore",
        "UpdateAfter",
        "DeleteBefore",
        "DeleteAfter",
        "FieldUpdateAfter",
    ):
        files |= event(operate, "ModelType", "services.Seen.change", sender="models.User", operate=operate)
    app = app_from(files)
    user = app.models.User.create(name="ann")
    user.name = "eve"
    user.save()
    user.save()
    user.delete()
    ann, eve = ({"id": 1, "name": name, "status": None} for name in ("ann", "eve"))
    assert [(kind, prev, post) for kind, prev, post, model in seen(app) if model == "models.User"] == [
        ("AddBefore", {}, ann | {"id": None}),
        ("AddAfter", {}, ann),
        ("FieldUpdateAfter", {}, ann),
        ("UpdateBefore", ann, eve),
        ("UpdateAfter", ann, eve),
        ("FieldUpdateAfter", ann, eve),
        ("DeleteBefore", eve, {}),
        ("DeleteAfter", eve, {}),
    ]


def test_filters_and_fields_decide_who_is_called(app_from):
    app = app_from(
        MODEL
        | event(
            "A", "ModelType", "services.Seen.change", sender="models.User", operate="UpdateAfter", fields=["status"]
        )
        | event(
            "B", "ModelType", "services.Seen.change", sender="models.User", operate="AddAfter", filter="Q(status='new')"
        )
    )
    user = app.models.User.create(name="a")
    user.name = "b"
    user.save()
    assert seen(app) == []
    user.status = "x"
    user.save()
    app.models.User.create(name="c", status="new")
    app.models.User(name="d", status="new").save(triggerEvent=0)
    assert [kind for kind, *_ in seen(app)] == ["UpdateAfter", "AddAfter"]


def test_events_that_come_first_may_alter_the_row_or_refuse_it(app_from):
    app = app_from(MODEL | event("A", "ModelType", "services.Seen.refuse", sender="models.User", operate="AddBefore"))
    assert app.models.User.create(name="ann").name == "Ann"
    with pytest.raises(ValueError, match="no root"):
        app.models.User.create(name="root")
    assert app.models.User.query().totalCount == 1


def test_asynchronous_events_of_rows_exist_exactly_if_the_change_does(app_from, drain, history):
    app = app_from(
        MODEL | event("A", "ModelType", "services.Seen.change", sender="models.User", operate="AddAfter", asyncType=1)
    )
    with pytest.raises(RuntimeError), app.transaction():
        app.models.User.create(name="x")
        raise RuntimeError
    assert waiting("events.A") == []
    app.models.User.create(name="y")
    assert len(waiting("events.A")) == 1
    assert drain() == 1
    assert seen(app) == [("AddAfter", {}, {"id": 1, "name": "y", "status": None}, "models.User")]
    assert [run.outcome.status for run in history("events.A")] == ["success"]


def test_an_event_may_save_rows_itself(app_from):
    app = app_from(
        MODEL
        | event(
            "A", "ModelType", "services.Copy.copy", sender="models.User", operate="AddAfter", filter="Q(status='new')"
        )
        | {
            "services/Copy/e.json": {"title": "Copy", "type": "services.NormalType"},
            "services/Copy/__init__.py": "from .service import Copy\n",
            "services/Copy/service.py": """
                from services.NormalType import NormalService

                class Copy(NormalService):
                    def copy(self, eventOutData):
                        app.models.User.create(name=f"{eventOutData.postData.name}2", status="copy")
            """,
        }
    )
    app.models.User.create(name="a", status="new")
    assert [user.name.value for user in app.models.User.query().rowDatas] == ["a", "a2"]
    with app.transaction() as session:
        session.add(app.models.User.entity(name="b", status="new"))
    assert [user.name.value for user in app.models.User.query().rowDatas] == ["a", "a2", "b", "b2"]


def test_tasks_tell_when_they_start_and_how_they_end(app_from, clock, drain):
    def task(name: str, body: str) -> dict[str, object]:
        timer = {"startTime": "2026-01-05 08:00:00", "repeat": {"repeatType": "normal"}}
        return {
            f"tasks/{name}/e.json": {"title": name, "type": "tasks.NormalType", "enable": 1, "timerCfg": timer},
            f"tasks/{name}/__init__.py": f"def customFunc():\n    {body}\n",
        }

    files = MODEL | task("Good", "return 5") | task("Bad", "raise ValueError('no')")
    for number, sender in enumerate(("Good.onStart", "Good.onSuccess", "Bad.onStart", "Bad.onError", "Bad.onSuccess")):
        files |= event(f"E{number}", "NormalType", "services.Seen.note", sender=f"tasks.{sender}")
    app = app_from(files | event("F", "NormalType", "services.Seen.fail", sender="tasks.Good.onSuccess"))
    clock.advance(minutes=1)
    drain()
    told = {(args[0].task, args[0].get("status"), args[0].get("error")) for args, _ in seen(app)}
    assert told == {
        ("tasks.Good", None, None),
        ("tasks.Good", "success", ""),
        ("tasks.Bad", None, None),
        ("tasks.Bad", "error", "no"),
    }


def test_the_log_of_an_asynchronous_event_shows_what_waits_and_what_has_ended(app_from, clock, drain):
    files = event("A", "NormalType", "services.Seen.note", sender="services.Seen.noticed", asyncType=1)
    files |= event("B", "NormalType", "services.Seen.fail", sender="services.Seen.noticed", asyncType=1)
    app = app_from(MODEL | files)
    svc = app.events.services.EventSvc
    app.event.publish("services.Seen.noticed", (1,))
    drain()
    clock.advance(minutes=1)
    app.event.publish("services.Seen.noticed", (2,))
    found = svc.getEventLog("events.A")
    assert [(row.status.value, row.argDict["args"]) for row in found.rowDatas] == [("waiting", [2]), ("success", [1])]
    assert [row.duration.value for row in found.rowDatas] == [None, 0]
    assert [svc.getEventLog("events.B", status=state).totalCount for state in ("fail", "waiting", "running")] == [
        1,
        1,
        0,
    ]
    assert svc.getEventLog("events.B", status="fail").rowDatas[0].errmsg == "it fails"
    assert svc.getEventLog("events.A", "2026-01-05 08:01:00").totalCount == 1
    assert svc.getEventLog("events.A", endTime="2026-01-05 08:01:00", pageSize=1).totalCount == 1
    assert [row.status.value for row in svc.getEventLog("events.A", page=2, pageSize=1).rowDatas] == ["success"]
    one = found.rowDatas[0].requestId.value
    assert svc.getEventLogByRequestId(one).rowDatas[0].status == "waiting"
    assert svc.getEventLogByRequestId("nonsense").totalCount == 0
    log = app.getElement("events.models.EventLogModel")
    assert log.groupBy("", ["status"], [["id", "count"]]) == [
        {"status": "fail", "count_id": 1},
        {"status": "success", "count_id": 1},
        {"status": "waiting", "count_id": 2},
    ]
    with pytest.raises(ModelError, match="sendEvent"):
        log.deleteByFilter("")


def test_an_event_that_makes_no_job_is_told_and_keeps_no_runner_from_starting(app_from, caplog):
    files = event("Bad", "NormalType", "services.Seen.note", sender="tasks.X.onExpired", retry={"max": -1})
    files |= event("Good", "NormalType", "services.Seen.note", sender="tasks.X.onExpired", timeout=5)
    known = listeners(app_from(MODEL | files))
    assert [(call["task"], call["timeout_ms"]) for call in known["tasks.X.onExpired"]] == [("events.Good", 5000)]
    assert "events.Bad is not told of runs that are killed" in caplog.text


def test_what_the_calls_of_an_event_are_like_is_checked_like_that_of_tasks(app_from):
    odd = event("Odd", "NormalType", "services.Seen.note", sender="services.Seen.noticed", asyncType=1, timeout="soon")
    fine = event("Fine", "NormalType", "services.Seen.note", sender="services.Seen.noticed", asyncType=1, queue="mail")
    app = app_from(MODEL | odd | fine)
    assert [problem.pointer for problem in app.problems if problem.element == "events.Odd"] == ["timeout"]
    app.event.publish("services.Seen.noticed")
    assert [job.queue for job in waiting()] == ["mail"]


def test_a_filter_that_does_not_compile_breaks_no_save_for_an_asynchronous_event(app_from, caplog, history, drain):
    bad = {"sender": "models.User", "operate": "AddAfter", "filter": "Q(nam='a')"}
    late = event("Late", "ModelType", "services.Seen.change", asyncType=1, **bad)
    good = event("Good", "ModelType", "services.Seen.note", asyncType=1, sender="models.User", operate="AddAfter")
    app = app_from(MODEL | late | good)
    app.models.User.create(name="a")
    assert "events.Late is not called: filter: no field 'nam'; did you mean name?" in caplog.text
    drain()
    assert [run.job.task for run in history()] == ["events.Good"]
    app = app_from(MODEL | event("Now", "ModelType", "services.Seen.change", **bad), folder=app.root.parent / "second")
    with pytest.raises(FilterError, match=r"events\.Now: no field 'nam'"):
        app.models.User.create(name="b")
