"""TaskModel and TaskHistoryModel: jobs and runs as models, to look at."""

from __future__ import annotations

from datetime import datetime

import pytest

from jitai_tasks.errors import ModelError
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


def test_they_cannot_be_written(app_from, drain):
    app = app_from({})
    drain()
    for name in ("TaskModel", "TaskHistoryModel"):
        model = app.getElement(f"tasks.models.{name}")
        for write in (
            lambda m=model: m.create(status="x"),
            lambda m=model: m.deleteByFilter(""),
            lambda m=model: m.updateByPK("1", {}),
        ):
            with pytest.raises(ModelError, match=r"use services\.TaskSvc"):
                write()
