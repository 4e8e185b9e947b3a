"""Own equivalents of every date-field example of the documentation; the ids are those of the specification."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from jitai_tasks.testing import waiting


def model(name: str, fields: str, methods: str = "") -> dict[str, object]:
    return {
        f"models/{name}/e.json": {"title": name, "type": "models.NormalType", "db": "databases.Default"},
        f"models/{name}/__init__.py": f"from .model import {name}\n",
        f"models/{name}/model.py": f"""
            from datatypes.Meta import datatypes
            from models.NormalType import NormalModel

            class {name}(NormalModel):
                id = datatypes.AutoInt(name="id", title="ID", primaryKey=True, readOnly=1)
                {fields}
                {methods}
        """,
    }


def service(name: str, body: str, head: str = "") -> dict[str, object]:
    return {
        f"services/{name}/e.json": {"title": name, "type": "services.NormalType"},
        f"services/{name}/__init__.py": f"from .service import {name}\n",
        f"services/{name}/service.py": f"""
            from datatypes.Meta import datatypes
            from services.NormalType import NormalService
            {head}
            class {name}(NormalService):
                {body}
        """,
    }


def dated(path: str, timer: dict[str, object] | None = None, **config: Any) -> dict[str, object]:
    return {"title": "x", "type": "tasks.DateFieldType", "modelPath": path, "timerCfg": timer or {}, **config}


def due(task: str) -> list[datetime]:
    return [datetime.fromtimestamp(job.due / 1e6, UTC).replace(tzinfo=None) for job in waiting(task)]


PARCEL = model(
    "Parcel",
    """customerId = datatypes.Numeric(name="customerId", title="Customer")
                customerName = datatypes.Stext(name="customerName", title="Name")
                arrivesAt = datatypes.Datetime(name="arrivesAt", title="Arrives")
                status = datatypes.Stext(name="status", title="Status")
                told = datatypes.Checkbox(name="told", title="Told")
                toldAt = datatypes.Datetime(name="toldAt", title="Told at")""",
)
MAIN = """
    def main(app, taskInstance, rowData):
        print(f"parcel {rowData.id} arrives at {rowData.arrivesAt}")
        notes = app.getElement("services.NoteSvc")
        notes.send({"to": rowData.customerName.value, "parcel": rowData.id.value})
        parcel = app.getElement("models.Parcel")
        parcel.id = rowData.id
        parcel.status = "delivered"
        parcel.save()
        return taskInstance.fullName
"""
NOTES = service("NoteSvc", "def send(self, note):\n                    log.info('told %s', note['to'])")


def test_df_o1_to_o4_the_older_form_runs(app_from, clock, drain, history):
    """DF-o1 plural units and a daily repeat, o2 main() without imports, o3 getElement, o4 partial update."""
    timer = {
        "startField": "arrivesAt", "startOffset": {"offsetType": 1, "offset": 0, "offsetUnit": "hours"},
        "repeat": {"repeatType": "day", "period": 1}, "endTimeType": 0, "skipHoliday": 0,
    }  # fmt: skip
    task = dated("models.Parcel", timer, funcType="Inner", enable=1, backendBundleEntry=".")
    app = app_from(PARCEL | NOTES | {"tasks/Arrive/e.json": task, "tasks/Arrive/inner.py": MAIN})
    assert app.getElement("tasks.Arrive").taskType == "tasks.DateFieldType"
    app.models.Parcel.create(customerName="Ann", arrivesAt="2026-01-05 12:00:00", status="sent")
    clock.advance(hours=5)
    drain()
    run = history("tasks.Arrive")[0]
    assert run.outcome.result == '"tasks.Arrive"'
    assert "parcel 1 arrives at 2026-01-05 12:00:00" in run.outcome.log
    row = app.models.Parcel.get("Q(id=1)")
    assert (row.status.value, row.customerName.value, str(row.arrivesAt)) == ("delivered", "Ann", "2026-01-05 12:00:00")
    assert due("tasks.Arrive") == [datetime(2026, 1, 6, 12, 0)]


FIELD = datetime(2025, 3, 10, 14, 0)


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        ({"offsetType": -1, "offset": 15, "offsetUnit": "minute"}, "2025-03-10 13:45:00"),  # DF-n1, n3
        ({"offsetType": 1, "offset": 3, "offsetUnit": "day"}, "2025-03-13 14:00:00"),  # DF-n3
        ({"offsetType": 0, "offset": 0, "offsetUnit": "day", "time": "09:00"}, "2025-03-10 09:00:00"),  # DF-n3
        ({"offsetType": -1, "offset": 3, "offsetUnit": "day", "time": "09:00"}, "2025-03-07 09:00:00"),
        ({"offsetType": 1, "offset": -1, "offsetUnit": "hours"}, "2025-03-10 13:00:00"),  # DF-o5
        ({"offsetType": 1, "offset": 30, "offsetUnit": "minutes"}, "2025-03-10 14:30:00"),  # DF-o6
        ({"offset": 5, "offsetUnit": "seconds"}, "2025-03-10 14:00:05"),  # DF-o7
        ({"offset": -1, "offsetUnit": "days"}, "2025-03-09 14:00:00"),  # DF-o8
    ],
)
def test_df_offsets_in_both_spellings(app_from, offset, expected):
    """A model of the app's own called TaskModel is in nobody's way (DF-o6)."""
    files = model("TaskModel", 'dueAt = datatypes.Datetime(name="dueAt", title="Due")')
    task = dated("models.TaskModel", {"startField": "dueAt", "startOffset": offset}, misfire="runOnce", enable=1)
    app = app_from(files | {"tasks/T/e.json": task, "tasks/T/inner.py": "def customFunc(rowData):\n    pass\n"})
    app.models.TaskModel.create(dueAt=FIELD)
    assert [str(moment) for moment in due("tasks.T")] == [expected]


def test_df_date_fields_and_yearly_repeats(app_from, clock):
    files = model("Person", 'born = datatypes.Date(name="born", title="Born")')
    once = dated(
        "models.Person", {"startField": "born", "startOffset": {"offsetType": 0, "offsetUnit": "day"}}, enable=1
    )
    yearly = dated(
        "models.Person",
        {"startField": "born", "startOffset": {"offsetType": 0, "time": "09:00"}, "repeat": {"repeatType": "year"}},
        enable=1,
    )
    app = app_from(files | {"tasks/Once/e.json": once, "tasks/Yearly/e.json": yearly})
    app.models.Person.create(born=date(2026, 3, 10))
    app.models.Person.create(born="1992-02-29")
    assert due("tasks.Once") == [datetime(2026, 3, 10)]
    assert due("tasks.Yearly") == [datetime(2026, 2, 28, 9, 0), datetime(2026, 3, 10, 9, 0)]


def test_df_o9_a_long_function_with_several_services(app_from, clock, drain, history):
    files = (
        PARCEL
        | model(
            "Customer",
            """wish = datatypes.Stext(name="wish", title="Wish")
                mail = datatypes.Stext(name="mail", title="Mail")""",
        )
        | service("MailSvc", "def send(self, to, text):\n                    print('mail', to, text)")
        | service("SmsSvc", "def send(self, to, text):\n                    raise RuntimeError('no signal')")
        | service("LogSvc", "def write(self, entry):\n                    print('entry', entry['action'])")
    )
    main = """
        def main(app, taskInstance, rowData):
            mail, sms, book = (app.getElement(f"services.{name}Svc") for name in ("Mail", "Sms", "Log"))
            customer = app.getElement("models.Customer").get(f"Q(id={rowData.customerId})", [])
            try:
                if customer.wish == "email":
                    mail.send(customer.mail, f"Your parcel {rowData.id} is here")
                else:
                    sms.send(customer.mail, "here")
                parcel = app.getElement("models.Parcel")
                parcel.id = rowData.id
                parcel.told = True
                parcel.toldAt = app.getElement("datatypes.Datetime")().getValue()
                parcel.save()
                book.write({"action": "told", "parcel": rowData.id.value})
            except Exception as error:
                log.error("parcel %s: %s", rowData.id, error)
                raise
    """
    task = dated("models.Parcel", {"startField": "arrivesAt"}, funcType="Inner", enable=1)
    app = app_from(files | {"tasks/Tell/e.json": task, "tasks/Tell/inner.py": main})
    app.models.Customer.create(wish="email", mail="a@b")
    app.models.Customer.create(wish="sms", mail="c@d")
    for number in (1, 2):
        app.models.Parcel.create(customerId=number, arrivesAt="2026-01-05 12:00:00")
    clock.advance(hours=4)
    drain()
    assert [(run.job.subject, run.outcome.status.value) for run in history("tasks.Tell")] == [
        ("1", "success"),
        ("2", "error"),
    ]
    assert "mail a@b Your parcel 1 is here" in history("tasks.Tell")[0].outcome.log
    told = app.models.Parcel.get("Q(told=1)")
    assert (told.id.value, told.toldAt.value) == (1, datetime(2026, 1, 5, 12, 0))
    assert "no signal" in history("tasks.Tell")[1].outcome.error
    assert app.models.Parcel.get("Q(id=2)").told.value is None


MEETING = model(
    "Appointment",
    """title = datatypes.Stext(name="title", title="Title")
                beginsAt = datatypes.Datetime(name="beginsAt", title="Begins")""",
)


def test_df_n1_n2_n4_a_service_function_gets_the_row(app_from, clock, drain, history):
    task = dated(
        "models.Appointment",
        {
            "startField": "beginsAt", "startOffset": {"offsetType": -1, "offset": 15, "offsetUnit": "minute"},
            "repeat": {"repeatType": "normal"},
        },
        funcType="Global", func="services.AppointmentSvc.notify", enable=1, backendBundleEntry=".",
    )  # fmt: skip
    notify = """def notify(self, rowData):
                    log.info(f"{rowData.title.value} begins at {rowData.beginsAt.value}")
                    return {"told": rowData.title.value}"""
    stub = {
        "tasks/Soon/inner.py": "def customFunc(rowData):\n    pass\n",
        "tasks/Soon/__init__.py": "from .inner import customFunc\n",
    }
    app = app_from(MEETING | service("AppointmentSvc", notify) | stub | {"tasks/Soon/e.json": task})
    app.models.Appointment.create(title="Review", beginsAt="2026-01-05 12:00:00")
    clock.advance(hours=3, minutes=45)
    drain()
    run = history("tasks.Soon")[0]
    assert json.loads(run.outcome.result) == {"told": "Review"}
    assert "Review begins at 2026-01-05 12:00:00" in run.outcome.log


def test_df_n5_an_inner_function_gets_the_row(app_from, clock, drain, history):
    inner = """
        from jit.commons.utils.logger import log

        def customFunc(rowData):
            log.info("%s", rowData.title.value)
            return {"id": rowData.id.value, "at": str(rowData.beginsAt)}
    """
    task = dated("models.Appointment", {"startField": "beginsAt"}, funcType="Inner", enable=1)
    files = {
        "tasks/Now/e.json": task,
        "tasks/Now/__init__.py": "from .inner import customFunc\n",
        "tasks/Now/inner.py": inner,
    }
    app = app_from(MEETING | files)
    app.models.Appointment.create(title="Review", beginsAt="2026-01-05 12:00:00")
    clock.advance(hours=4)
    drain()
    assert json.loads(history("tasks.Now")[0].outcome.result) == {"id": 1, "at": "2026-01-05 12:00:00"}


TASK = {
    "tasks/T/e.json": dated("models.Appointment", {"startField": "beginsAt"}, enable=1, funcType="Inner"),
    "tasks/T/inner.py": "def customFunc(rowData):\n    pass\n",
}
NOON = datetime(2026, 1, 5, 12, 0)


def test_ts_5_and_6_rows_told_by_hand_in_every_form(app_from):
    app = app_from(MEETING | TASK)
    TaskSvc = app.getElement("services.TaskSvc")

    def on_update(rowObj):
        return TaskSvc.saveDateFieldTask(rowObj)

    def on_delete(rowObj):
        return app.getElement("tasks.services.TaskSvc").deleteDateFieldTask(rowObj)

    row = app.models.Appointment(title="a", beginsAt=NOON).save(triggerEvent=0)
    assert on_update({"postData": row, "prevData": None}) == {"saved": 1, "removed": 0}
    assert on_update({"postData": row, "prevData": row}).value == {"saved": 0, "removed": 0}
    row.beginsAt = NOON + timedelta(hours=1)
    row.save(triggerEvent=0)
    assert on_update({"model": "models.Appointment", "postData": row.toDict(), "prevData": {}}).saved == 1
    assert due("tasks.T") == [NOON + timedelta(hours=1)]
    row.delete(triggerEvent=0)
    assert on_delete({"prevData": row}) == {"removed": 1}
    assert on_delete({"model": "models.Appointment", "prevData": {"id": 1}}) == {"removed": 0}


def test_ts_5_and_6_the_data_of_a_model_event_serves_as_well(app_from):
    function = """def told(self, eventOutData):
                    return app.services.TaskSvc.saveDateFieldTask(eventOutData)

                def gone(self, eventOutData):
                    return app.services.TaskSvc.deleteDateFieldTask(eventOutData)"""

    def event(operate: str, func: str) -> dict[str, object]:
        config = {"title": "E", "type": "events.ModelType", "sender": "models.Appointment", "operate": operate}
        return {f"events/{operate}/e.json": {**config, "func": f"services.Hook.{func}"}}

    app = app_from(
        MEETING | TASK | service("Hook", function) | event("AddAfter", "told") | event("DeleteAfter", "gone")
    )
    row = app.models.Appointment.create(title="a", beginsAt=NOON)
    assert due("tasks.T") == [NOON]
    row.delete()
    assert due("tasks.T") == []


def test_ts_8_lifecycle_methods_that_tell_by_themselves(app_from):
    methods = """
                def afterSave(self, triggerEvent=1):
                    app.getElement("services.TaskSvc").saveDateFieldTask(
                        {"postData": self, "prevData": self._original_data or None}
                    )

                def afterDelete(self, triggerEvent=1):
                    app.getElement("services.TaskSvc").deleteDateFieldTask({"prevData": self})"""
    fields = 'beginsAt = datatypes.Datetime(name="beginsAt", title="Begins")\n'
    app = app_from(model("Appointment", fields, methods) | TASK)
    row = app.models.Appointment.create(beginsAt=NOON)
    row.beginsAt = NOON + timedelta(hours=2)
    row.save()
    assert due("tasks.T") == [NOON + timedelta(hours=2)]
    row.delete()
    assert due("tasks.T") == []


def test_the_models_of_tasks_can_be_looked_at(app_from, clock, drain):
    app = app_from(MEETING | TASK)
    app.models.Appointment.create(beginsAt=NOON)
    jobs = app.getElement("tasks.T").TaskModel
    assert jobs.query()["rowDatas"][0].rowId == "1"
    clock.advance(hours=5)
    drain()
    assert app.getElement("tasks.T").TaskHistoryModel.query("Q(element='tasks.T')").rowDatas[0].status == "success"
