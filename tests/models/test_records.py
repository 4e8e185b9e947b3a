"""TaskModel and TaskHistoryModel: jobs and runs as models, to look at."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jitai_tasks.errors import ModelError
from jitai_tasks.models.q import Q
from tests.datefields.shop import meetings, task


def test_jobs_and_runs_can_be_asked_for_with_filters(app_from, clock, drain):
    app = app_from(
        meetings(task(), task("Off", timerCfg={"startField": "until"}))
        | {"app.json": {"appId": "t.A", "name": "A", "version": "1.0.0", "timezone": "Asia/Shanghai"}}
    )
    for hour in (17, 18, 19):
        app.models.Meeting.create(title=f"at {hour}", start=datetime(2026, 1, 5, hour))
    drain()
    TaskModel = app.getElement("tasks.models.TaskModel")
    waiting = TaskModel.query(
        "Q(element='tasks.Remind') & Q(startTime__gt='2026-01-05 17:30:00')", orderList=[["startTime", -1]]
    )
    assert [(row.rowId.value, str(row.startTime), row.status.value) for row in waiting.rowDatas] == [
        ("3", "2026-01-05 19:00:00", "waiting"),
        ("2", "2026-01-05 18:00:00", "waiting"),
    ]
    one = waiting.rowDatas[0]
    assert TaskModel.get(f"Q(taskId='{one.taskId}')").rowId == "3"
    assert one.argDict.value == {}
    clock.advance(hours=2)
    drain()
    Past = app.getElement("tasks.models.TaskHistoryModel")
    done = Past.query("Q(status='success')", orderList=[["realStartTime", 1]])
    assert [(row.rowId.value, row.result.value["title"]) for row in done.rowDatas] == [("1", "at 17"), ("2", "at 18")]
    assert Past.aggregate("Q(element='tasks.Remind')", "id", "count") == 2


def test_a_task_reaches_its_jobs_and_runs_as_models(app_from, clock, drain):
    app = app_from(meetings(task()))
    for hour in (9, 10, 11, 12):
        app.models.Meeting.create(title=f"at {hour}", start=datetime(2026, 1, 5, hour))
    clock.advance(hours=2)
    drain()
    element = app.getElement("tasks.Remind")
    page = element.TaskModel.query(Q(element=element.fullName), orderList=[["startTime", -1]], page=2, size=1)
    assert (page.totalCount, [row.rowId.value for row in page.rowDatas]) == (2, ["3"])
    assert element.TaskModel.groupBy("", ["status"], [["id", "count"]]) == [{"status": "waiting", "count_id": 2}]
    past = element.TaskHistoryModel
    done = past.get(Q(Q("element", "=", "tasks.Remind"), Q.AND, Q("rowId", "=", "2")))
    shown = {name: done.plain(name) for name in ("funcName", "funcType", "isManual", "duration", "errmsg")}
    assert shown == {"funcName": "", "funcType": "Inner", "isManual": 0, "duration": 0, "errmsg": ""}
    assert done.dueTime.value == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert past.query(Q(dueTime=done.dueTime.value)).totalCount == 1
    assert past.aggregate("", "duration", "max") == 0


@pytest.mark.parametrize(("name", "way_out"), [("TaskModel", "forcedEnd"), ("TaskHistoryModel", "never changed")])
def test_they_cannot_be_written_and_say_what_can_be_done_instead(app_from, drain, name, way_out):
    app = app_from(meetings(task()))
    app.models.Meeting.create(title="x", start=datetime(2026, 1, 5, 7, 59, 50))
    app.models.Meeting.create(title="y", start=datetime(2026, 1, 6))
    drain()
    model = app.getElement(f"tasks.models.{name}")
    row = model.get("")
    for write in (
        lambda: model.create(status="x"),
        lambda: model.createOrUpdateMany([{"status": "x"}]),
        lambda: model.updateOrAdd("", None, {"status": "x"}, {}),
        lambda: model.deleteByFilter(""),
        lambda: model.updateByFilter("", {"status": "x"}),
        lambda: model.deleteByPK(row.taskId),
        lambda: model.updateByPK("1", {}),
        row.save,
        row.delete,
    ):
        with pytest.raises(ModelError, match=way_out):
            write()
    assert model.get("") == row
