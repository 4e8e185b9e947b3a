"""`services.TaskSvc`: looking at tasks and acting on them. TS-… are the examples of the documentation."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from jitai_tasks import jobs, planning
from jitai_tasks.errors import BadArguments, ElementNotFound, InvalidTime, StoreError
from jitai_tasks.store import migrations
from jitai_tasks.store.records import Status
from jitai_tasks.testing import waiting
from tests import servers
from tests.app.build import log_of, scheduled, service

BACKUP = """
    from services.NormalType import NormalService


    class BackupSvc(NormalService):
        def executeBackup(self, database, backup_path, compress=False):
            print(database, backup_path, compress)

        def everything(self):
            print("everything:", GlobalVar.currentTask.isManual)
"""
FILES = {
    "tasks/NightBackup/e.json": scheduled(
        title="Backup at night", funcType="Global", func="services.BackupSvc.everything"
    ),
    "tasks/reports/Monthly/e.json": scheduled({"repeatType": "month", "period": 1}, title="Monthly REPORT", enable=0),
    "tasks/reports/Monthly/inner.py": "def customFunc():\n    print('report', GlobalVar.currentTask.argDict.value)\n"
    "def executeTask(**given):\n    print('executed', given)",
    "services/BackupSvc/e.json": service(),
    "services/BackupSvc/service.py": BACKUP,
    "services/BackupSvc/__init__.py": "from .service import BackupSvc",
}


@pytest.fixture
def app(app_from):
    """An app with a task that is on, one that is off, and a service."""
    return app_from(FILES)


@pytest.fixture
def svc(app):
    """The task service."""
    return app.getElement("services.TaskSvc")


def test_TS_1_an_empty_text_lists_all_tasks(svc):
    assert [dict(each) for each in svc.getTaskTmplList("")] == [
        {
            "title": "Backup at night",
            "taskType": "tasks.NormalType",
            "repeatType": "day",
            "fullName": "tasks.NightBackup",
        },
        {
            "title": "Monthly REPORT",
            "taskType": "tasks.NormalType",
            "repeatType": "month",
            "fullName": "tasks.reports.Monthly",
        },
    ]


def test_TS_1_a_run_of_a_task_that_exists_in_name_only_can_be_created(svc):
    created = svc.createTimerTask(
        fullName="tasks.MyTask",
        startTime="2024-01-01 10:00:00",
        funcName="executeTask",
        taskType="NormalType",
        argDict={"param1": "value1"},
    )
    assert (created["status"], created.fullName, created.startTime) == (
        "waiting",
        "tasks.MyTask",
        "2024-01-01 10:00:00",
    )


def test_such_a_run_waits_visibly_until_its_function_can_be_found(svc, drain, history):
    svc.createTimerTask("tasks.MyTask", "2024-01-01 10:00:00", "executeTask", "NormalType", {"param1": "value1"})
    drain()
    assert history() == []
    assert [bool(job.hold) for job in waiting("tasks.MyTask")] == [True]


@pytest.mark.parametrize("query", ["report", "REPORTS.month", "Monthly"])
def test_TS_2_the_list_is_filtered_by_title_and_full_name_in_any_case(svc, query):
    (template,) = svc.getTaskTmplList(query)
    facts = [template["title"], template["taskType"], template["repeatType"], template["fullName"]]
    assert facts == ["Monthly REPORT", "tasks.NormalType", "month", "tasks.reports.Monthly"]


def test_TS_3_a_service_function_runs_in_an_hour_with_keyword_arguments(svc, clock, drain, history):
    inAnHour = datetime(2026, 1, 5, 8) + timedelta(hours=1)
    created = svc.createTimerTask(
        "tasks.NightBackup",
        inAnHour.strftime("%Y-%m-%d %H:%M:%S"),
        "services.BackupSvc.executeBackup",
        "tasks.NormalType",
        {"database": "shop", "backup_path": "/backups", "compress": True},
    )
    assert created.startTime == "2026-01-05 09:00:00"
    clock.advance(minutes=59)
    assert drain() == 0
    clock.advance(minutes=1)
    drain()
    manual = [run for run in history("tasks.NightBackup") if run.job.manual]
    assert [log_of(run) for run in manual] == ["shop /backups True\n"]


def test_TS_4_an_unknown_id_is_told_and_not_raised(svc):
    assert svc.forcedEnd("task_uuid_12345").status == "notFound"
    assert svc.forcedEnd("0000000000000000000000ff")["status"] == "notFound"


def test_TS_4_a_waiting_run_is_ended_and_the_next_one_is_planned(svc, drain, history):
    drain()
    (job,) = waiting("tasks.NightBackup")
    assert svc.forcedEnd(f"{job.id:024x}").status == "terminated"
    assert [run.outcome.status for run in history("tasks.NightBackup")] == [Status.TERMINATED]
    (following,) = waiting("tasks.NightBackup")
    assert following.slot - job.slot == 86_400_000_000
    assert svc.forcedEnd(f"{job.id:024x}").status == "notFound"


def test_inside_a_transaction_a_run_is_ended_exactly_if_it_commits(app, svc, drain, history):
    drain()
    (job,) = waiting("tasks.NightBackup")
    with pytest.raises(ZeroDivisionError), app.transaction():
        assert svc.forcedEnd(f"{job.id:024x}").status == "terminated"
        _ = 1 / 0
    assert waiting("tasks.NightBackup") == [job]
    with app.transaction():
        created = svc.createTimerTask("tasks.NightBackup", "2026-01-05 08:30:00", "", "tasks.NormalType", {})
        assert svc.forcedEnd(created.taskId).status == "terminated"
        assert svc.forcedEnd(f"{job.id:024x}").status == "terminated"
    assert [run.outcome.status for run in history("tasks.NightBackup")] == [Status.TERMINATED] * 2
    (following,) = waiting("tasks.NightBackup")
    assert following.slot - job.slot == 86_400_000_000


def test_sqlite_says_at_once_that_a_transaction_is_in_the_way_of_a_switch(app, svc, drain):
    drain()
    with app.transaction():
        svc.runTask("tasks.reports.Monthly")
        with pytest.raises(StoreError, match="SQLite has one writer at a time"):
            svc.disableTask("tasks.NightBackup")
    svc.disableTask("tasks.NightBackup")
    assert [job.hold for job in waiting("tasks.NightBackup")] == ["the task is disabled"]


def test_what_would_wait_for_the_transaction_around_it_is_refused_on_servers_too(app_from):
    app = app_from(FILES, database=servers.postgres().fresh_database())
    migrations.upgrade(app.database)
    planning.ensure(app)
    (job,) = waiting("tasks.NightBackup")
    with app.transaction():
        assert jobs.cancel(app, job.id)
        with pytest.raises(StoreError, match="has ended or canceled runs of tasks"):
            jobs.pause(app, "tasks.NightBackup")
    jobs.pause(app, "tasks.NightBackup")
    assert [job.hold for job in waiting("tasks.NightBackup")] == ["the task is paused"]


def test_a_transaction_on_another_database_is_not_in_the_way(app_from):
    app = app_from(
        FILES
        | {
            "databases/Archive/e.json": {"title": "Archive", "type": "databases.SqliteType"},
            "databases/Archive/Archive.json": {"dbConfig": {"database": "archive.db"}},
            "models/OldModel/e.json": {"title": "Old", "type": "models.NormalType", "db": "databases.Archive"},
            "models/OldModel/__init__.py": "from .model import OldModel\n",
            "models/OldModel/model.py": """
                from datatypes.Meta import datatypes
                from models.NormalType import NormalModel

                class OldModel(NormalModel):
                    id = datatypes.AutoInt(name="id", primaryKey=True)
            """,
        }
    )
    planning.ensure(app)
    with app.transaction():
        app.models.OldModel.create()
        jobs.pause(app, "tasks.NightBackup")
    assert [job.hold for job in waiting("tasks.NightBackup")] == ["the task is paused"]


def test_a_job_that_ends_the_run_of_another_task_leaves_its_own_plan_alone(app_from, clock, drain, history):
    files = FILES | {
        "tasks/Janitor/e.json": scheduled(title="Janitor", start="2026-01-01 08:30:00"),
        "tasks/Janitor/inner.py": """
            from jitai_tasks.testing import waiting

            def customFunc():
                (job,) = waiting("tasks.NightBackup")
                print(app.getElement("services.TaskSvc").forcedEnd(f"{job.id:024x}").status)
                assert len(waiting("tasks.NightBackup")) == 1, "the next one is planned at once"
        """,
    }
    app_from(files)
    drain()
    clock.advance(minutes=31)
    drain()
    (run,) = history("tasks.Janitor")
    assert (run.outcome.status, log_of(run)) == (Status.SUCCESS, "terminated\n")
    assert [len(waiting(name)) for name in ("tasks.Janitor", "tasks.NightBackup")] == [1, 1]


def test_TS_7_the_first_template_is_created_runs_and_leaves_the_schedule_alone(svc, clock, drain, history):
    drain()
    template = svc.getTaskTmplList("backup")[0]
    svc.createTimerTask(template["fullName"], "2026-01-05 08:30:00", "", template["taskType"], {})
    clock.advance(minutes=45)
    drain()
    assert [log_of(run) for run in history("tasks.NightBackup")] == ["everything: 1\n"]
    assert len(waiting("tasks.NightBackup")) == 1


def test_TS_9_two_runs_with_one_name_are_two(svc, clock, drain, history):
    for hour in (10, 11):
        config = {
            "fullName": "tasks.reports.Monthly",
            "startTime": f"2026-01-05 {hour}:00:00",
            "funcName": "executeTask",
            "taskType": "NormalType",
            "argDict": {"hour": hour},
        }
        svc.createTimerTask(**config)
    clock.advance(hours=4)
    drain()
    assert [log_of(run) for run in history("tasks.reports.Monthly")] == [
        "executed {'hour': 10}\n",
        "executed {'hour': 11}\n",
    ]


def test_the_service_answers_under_the_name_of_its_family_too(app):
    assert len(app.getElement("tasks.services.TaskSvc").getTaskTmplList()) == 2
    assert app.services.TaskSvc.__fullName__ == "services.TaskSvc"
    assert "runTask" in app.services.TaskSvc.__functionList__


def test_a_task_runs_now_with_arguments_though_it_is_switched_off(svc, drain, history):
    created = svc.runTask("tasks.reports.Monthly", {"month": 3})
    drain()
    (run,) = history("tasks.reports.Monthly")
    assert (run.job.id, log_of(run)) == (int(created.taskId, 16), "report {'month': 3}\n")
    assert waiting("tasks.reports.Monthly") == []


def test_running_an_unknown_task_names_the_nearest(svc):
    with pytest.raises(ElementNotFound, match=r"did you mean tasks\.NightBackup"):
        svc.runTask("tasks.NigthBackup")


def test_a_date_that_does_not_exist_is_refused(svc):
    with pytest.raises(InvalidTime, match="startTime"):
        svc.createTimerTask("tasks.NightBackup", "2024-02-30 10:00:00")


def test_a_task_is_switched_off_and_on_again(svc, clock, drain, history):
    drain()
    assert svc.disableTask("tasks.NightBackup").enable == 0
    assert ["disabled" in job.hold for job in waiting("tasks.NightBackup")] == [True]
    clock.advance(days=2, hours=3)
    drain()
    assert history("tasks.NightBackup") == []
    assert svc.enableTask("tasks.NightBackup").enable == 1
    (job,) = waiting("tasks.NightBackup")
    assert (job.hold, job.due) == (None, 1_767_862_800_000_000)  # 2026-01-08 09:00


def test_a_task_switched_off_while_it_runs_gets_no_next_run(app_from, clock, drain, history):
    inner = """
        def customFunc():
            app.getElement("services.TaskSvc").disableTask("tasks.Once")
    """
    app_from({"tasks/Once/e.json": scheduled(), "tasks/Once/inner.py": inner})
    drain()
    clock.advance(hours=1)
    drain()
    assert [run.outcome.status for run in history("tasks.Once")] == ["success"]
    assert waiting("tasks.Once") == []


def test_a_task_that_is_off_in_its_file_can_be_switched_on(svc, drain):
    svc.enableTask("tasks.reports.Monthly")
    drain()
    assert [job.hold for job in waiting("tasks.reports.Monthly")] == [None]


def test_the_log_shows_what_ended_between_two_times_page_by_page(svc, clock, drain):
    drain()
    clock.advance(hours=1)
    drain()
    for _ in range(3):
        clock.advance(days=1)
        drain()
    whole = svc.getTaskLog("tasks.NightBackup")
    assert (whole.totalCount, len(whole.rowDatas)) == (4, 4)
    row = whole["rowDatas"][0]
    assert [row.status.value, str(row.realEndTime), row.duration.value] == ["success", "2026-01-08 09:00:00", 0]
    assert svc.getTaskLog("tasks.NightBackup", page=2, pageSize=3).rowDatas[0].taskId == whole.rowDatas[3].taskId
    some = svc.getTaskLog("tasks.NightBackup", startTime="2026-01-06 00:00:00", endTime="2026-01-08 00:00:00")
    assert some.totalCount == 2
    assert svc.getTaskLog("tasks.NightBackup", status="error").totalCount == 0
    with pytest.raises(BadArguments, match=r"getTaskLog: status: expected one of success, .*, got 'done'"):
        svc.getTaskLog("tasks.NightBackup", status="done")


class Request:
    """What a request looks like to a service."""

    def __init__(self, path, **arguments):
        self.path, self.argsDict = path, arguments


def test_a_request_reaches_declared_functions_only(app):
    from jit.errcode import Code

    service = app.services.TaskSvc
    found = service.requestHandle(Request("/api/test/App/services/TaskSvc/getTaskTmplList", queryStr="backup"))
    assert [each.fullName for each in found] == ["tasks.NightBackup"]
    with pytest.raises(Code, match="no function load"):
        service.requestHandle(Request("/api/test/App/services/TaskSvc/load"))
    with pytest.raises(Code, match="knows no parameter name; it declares: queryStr"):
        service.requestHandle(Request("/api/test/App/services/TaskSvc/getTaskTmplList", name="x"))


def test_a_function_outside_the_app_is_never_called(svc, drain, history):
    svc.createTimerTask("tasks.NightBackup", "2026-01-05 08:00:00", "os.system", "NormalType", {"command": "true"})
    drain()
    (job,) = [job for job in waiting("tasks.NightBackup") if job.manual]
    assert "os.system" in job.hold
    assert history() == []
