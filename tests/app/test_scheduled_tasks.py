"""Scheduled tasks as the documentation shows them: files, functions, overrides. The ids are those of the examples."""

from __future__ import annotations

import arrow
import pytest

from jitai_tasks.errors import BadArguments
from jitai_tasks.models.rows import RowData
from jitai_tasks.testing import tables
from tests.app.build import START, log_of, scheduled, service

INIT = "from .inner import customFunc"
MEMBERS = """
    from jitai_tasks.models.rows import RowData
    from services.NormalType import NormalService


    class MemberSvc(NormalService):
        def query(self, filter):
            assert filter == "Q(status='active')"
            return {"rowDatas": [RowData(name="Ada"), RowData(name="Bao")], "totalCount": 2}
"""
GREETING = """
    from jit.commons.utils.logger import log


    def customFunc():
        found = app.getElement("services.MemberSvc").query("Q(status='active')")
        names = []
        for member in found["rowDatas"]:
            log.info("good morning, %s", member.name.value)
            names.append(member.name.value)
        return {"greeted": names}
"""


def members(files):
    return {
        "services/MemberSvc/e.json": service(),
        "services/MemberSvc/service.py": MEMBERS,
        "services/MemberSvc/__init__.py": "from .service import MemberSvc",
        **files,
    }


def of_one_task(e_json, inner, **more):
    return {"tasks/Morning/e.json": e_json, "tasks/Morning/inner.py": inner, "tasks/Morning/__init__.py": INIT, **more}


def test_ST_o1_a_daily_task_with_an_end_has_no_time_after_it(app_from):
    e_json = scheduled(start="2024-01-01 09:00:00", endTime="2024-12-31 18:00:00", skipHoliday=1)
    app = app_from(of_one_task(e_json, "def customFunc():\n    pass"))
    timer = app.getElement("tasks.Morning").timer
    assert app.problems == []
    assert timer.nextTime("2024-12-31 18:00:00") is None
    assert str(timer.nextTime("2024-03-14 10:00:00")) == "2024-03-15T09:00:00+00:00"


def test_ST_o2_and_n5_an_inner_function_runs_and_its_answer_is_kept(app_from, clock, drain, history):
    app_from(members(of_one_task(scheduled(), GREETING)))
    drain()
    clock.advance(hours=1)
    assert drain() == 1
    (run,) = history("tasks.Morning")
    assert run.outcome.status == "success"
    assert run.outcome.result == '{"greeted":["Ada","Bao"]}'
    assert "good morning, Ada" in log_of(run)


def test_an_inner_main_gets_the_app_its_task_and_no_row(app_from, clock, drain, history):
    main = """
        def main(app, taskInstance, rowData):
            return [app.appId, taskInstance.fullName, rowData]
    """
    app = app_from(of_one_task(scheduled(), main, **{"tasks/Morning/__init__.py": "from .inner import main"}))
    drain()
    clock.advance(hours=1)
    assert drain() == 1
    (run,) = history("tasks.Morning")
    assert run.outcome.result == f'["{app.appId}","tasks.Morning",null]'


def test_ST_o3_a_timer_tells_its_next_time(app_from, capsys):
    app_from(
        of_one_task(
            scheduled(),
            """
            from tasks.Meta import Timer


            def customFunc():
                task = app.getElement("tasks.Morning")
                timer = Timer({"startTime": "2024-01-01 09:00:00", "repeat": {"repeatType": "hour", "period": 2}})
                print(task.title, "next:", timer.nextTime())
            """,
        )
    ).getElement("tasks.Morning").customFunc()
    assert capsys.readouterr().out == "A task next: 2026-01-05T09:00:00+00:00\n"


OWN_TYPE = {
    "tasks/CountingType/e.json": {"title": "Counting", "type": "tasks.NormalType", "backendBundleEntry": "."},
    "tasks/CountingType/__init__.py": "from .loader import Loader\nfrom .counting import CountingTask",
    "tasks/CountingType/loader.py": """
        from tasks.Meta import Loader as BaseLoader
        from .counting import CountingTask


        class Loader(BaseLoader):
            taskClass = CountingTask
    """,
}


def counting(code):
    return {
        **OWN_TYPE,
        "tasks/CountingType/counting.py": code,
        "tasks/Count/e.json": scheduled(type="tasks.CountingType"),
    }


def test_ST_o4_a_type_of_its_own_handles_its_tasks(app_from, clock, drain, history):
    e_json = scheduled(type="tasks.CountingType", argDict={"batchSize": 20})
    code = """
        from tasks.NormalType import NormalTask


        class CountingTask(NormalTask):
            def handle(self, task):
                arguments = task.argDict.value or {}
                return self.countUp(arguments.get("batchSize", 100))

            def countUp(self, number):
                return f"{self.config['title']}: {number}"
    """
    app_from({**counting(code), "tasks/Count/e.json": e_json})
    drain()
    clock.advance(hours=1)
    drain()
    assert [run.outcome.result for run in history("tasks.Count")] == ['"A task: 20"']


def test_ST_o4_a_task_class_may_derive_from_BaseTask_alone(app_from, drain, history):
    code = """
        from tasks.Meta import BaseTask


        class CountingTask(BaseTask):
            def handle(self, task):
                return [self.fullName, self.taskType]
    """
    app = tables(app_from(counting(code)))
    app.getElement("services.TaskSvc").runTask("tasks.Count")
    drain()
    assert [run.outcome.result for run in history("tasks.Count")] == ['["tasks.Count","tasks.CountingType"]']


@pytest.mark.parametrize(
    "task", [{"element": "tasks.Morning", "startTime": START}, RowData(element="tasks.Morning", startTime=START), None]
)
def test_ST_o5_the_next_time_is_an_arrow_object_that_formats_itself(app_from, task):
    element = app_from(of_one_task(scheduled(), "def customFunc(): pass")).getElement("tasks.Morning")
    following = element.getNextRunTime(task)
    assert isinstance(following, arrow.Arrow)
    assert following.format("YYYY-MM-DD HH:mm:ss") == "2026-01-05 09:00:00"
    assert element.getNextRunTime(task, now=following).format("YYYY-MM-DD") == "2026-01-06"


def test_the_next_time_is_later_than_a_start_in_the_future(app_from):
    element = app_from(of_one_task(scheduled(), "def customFunc(): pass")).getElement("tasks.Morning")
    task = {"element": "tasks.Morning", "startTime": "2026-02-01 09:00:00"}
    assert element.getNextRunTime(task).format("YYYY-MM-DD HH:mm:ss") == "2026-02-02 09:00:00"


def test_ST_o6_afterReturn_can_be_extended_and_plans_exactly_one_run(app_from, clock, drain, history):
    code = """
        from tasks.NormalType import NormalTask


        class CountingTask(NormalTask):
            def handle(self, task):
                return "counted"

            def afterReturn(self, task):
                super().afterReturn(task)
                super().afterReturn(task)
                self.tell(task)

            def tell(self, task):
                print("told:", task.element, task.startTime, task.status)
    """
    app = app_from(counting(code))
    drain()
    clock.advance(hours=1)
    assert drain() == 1
    (run,) = history("tasks.Count")
    assert log_of(run) == "told: tasks.Count 2026-01-05 09:00:00 success\n"
    waiting = app.getElement("tasks.Count").TaskModel.query("Q(element='tasks.Count')")
    assert [str(row.startTime) for row in waiting["rowDatas"]] == ["2026-01-06 09:00:00"]


def test_afterReturn_called_by_hand_twice_plans_one_run(app_from, drain, clock, history):
    app = app_from(of_one_task(scheduled(), "def customFunc(): pass"))
    drain()
    clock.advance(hours=1)
    drain()
    element = app.getElement("tasks.Morning")
    past = element.TaskHistoryModel.query("Q(element='tasks.Morning')").rowDatas[0]
    element.afterReturn(past)
    element.afterReturn(past)
    assert element.TaskModel.query("Q(element='tasks.Morning')").totalCount == 1


def test_ST_o7_getFunc_finds_the_function_and_an_empty_argDict_is_no_argument(app_from):
    app = app_from(of_one_task(scheduled(), "def customFunc():\n    return 7"))
    task_element = app.getElement("tasks.Morning")
    task = RowData(element="tasks.Morning", argDict=None)
    func = task_element.getFunc(task)
    assert func(**task.argDict.value or {}) == 7


@pytest.mark.parametrize(
    ("repeat", "start", "expected"),
    [
        (
            {"repeatType": "month", "period": 1, "subType": "day", "day": [15]},
            "2026-01-15 10:00:00",
            "2026-02-15 10:00",
        ),
        ({"repeatType": "week", "period": 1, "weekday": [1, 3, 5]}, "2026-01-05 09:00:00", "2026-02-02 09:00"),
        (
            {"repeatType": "year", "period": 1, "month": 6, "week": 1, "weekday": [1]},
            "2026-06-01 09:00:00",
            "2026-06-01 09:00",
        ),
    ],
)
def test_ST_o8_to_o10_selectors_choose_days(app_from, repeat, start, expected):
    app = app_from(of_one_task(scheduled(repeat, start=start), "def customFunc(): pass"))
    following = app.getElement("tasks.Morning").getNextRunTime(None, now="2026-01-31 00:00:00")
    assert following.format("YYYY-MM-DD HH:mm") == expected


SYNC = """
    from services.NormalType import NormalService


    class DataSyncSvc(NormalService):
        def syncMembers(self):
            return f"{self.__title__} ({self.__fullName__}) is in step"

        def syncSome(self, first, last=10):
            return [first, last]
"""


def syncing(e_json):
    return {
        "tasks/Sync/e.json": e_json,
        "services/DataSyncSvc/e.json": service("Data sync"),
        "services/DataSyncSvc/service.py": SYNC,
        "services/DataSyncSvc/__init__.py": "from .service import DataSyncSvc",
    }


@pytest.mark.parametrize("key", ["func", "taskFunc"])
def test_ST_o11_and_n1_and_n4_a_service_function_runs_bound_to_its_service(app_from, clock, drain, history, key):
    app_from(syncing(scheduled(funcType="Global", **{key: "services.DataSyncSvc.syncMembers"})))
    drain()
    clock.advance(hours=1)
    drain()
    assert [run.outcome.result for run in history("tasks.Sync")] == ['"Data sync (services.DataSyncSvc) is in step"']


def test_ST_o12_the_running_task_and_its_arguments_can_be_asked_for(app_from, clock, drain, history):
    inner = """
        def customFunc():
            current = GlobalVar.currentTask
            assert current.argDict.value == {"mode": "full"}
            assert current.status == "running"
            return [current.argDict.value.get("mode"), str(current.startTime), current.dueTime.isoformat()]
    """
    app_from(of_one_task(scheduled(argDict={"mode": "full"}), inner))
    drain()
    clock.advance(hours=1)
    drain()
    (run,) = history("tasks.Morning")
    assert run.outcome.result == '["full","2026-01-05 09:00:00","2026-01-05T09:00:00+00:00"]', run.outcome


def test_a_task_without_arguments_still_has_a_dict_of_them(app_from, clock, drain, history):
    app_from(of_one_task(scheduled(), "def customFunc():\n    return GlobalVar.currentTask.argDict.value"))
    drain()
    clock.advance(hours=1)
    drain()
    assert [run.outcome.result for run in history("tasks.Morning")] == ["{}"]


def test_a_scheduled_function_gets_the_arguments_it_has_parameters_for(app_from, clock, drain, history):
    e_json = scheduled(funcType="Global", func="services.DataSyncSvc.syncSome", argDict={"first": 3, "unused": 1})
    app_from(syncing(e_json))
    drain()
    clock.advance(hours=1)
    drain()
    assert [run.outcome.result for run in history("tasks.Sync")] == ["[3,10]"]


def test_a_function_with_parameters_that_nobody_gives_is_found_out_before_it_starts(app_from, clock, drain, history):
    app_from(syncing(scheduled(funcType="Global", func="services.DataSyncSvc.syncSome")))
    drain()
    clock.advance(hours=1)
    drain()
    (run,) = history("tasks.Sync")
    assert (run.outcome.status, run.outcome.error_type) == ("error", f"{BadArguments.__module__}.BadArguments")
    assert "first" in run.outcome.error


def test_ST_n2_and_n3_the_package_of_a_global_task_may_hold_an_unused_stub(app_from, clock, drain, history):
    files = syncing(scheduled(funcType="Global", func="services.DataSyncSvc.syncMembers"))
    stub = {"tasks/Sync/inner.py": "def customFunc():\n    pass", "tasks/Sync/__init__.py": INIT}
    app = app_from({**files, **stub})
    drain()
    clock.advance(hours=1)
    drain()
    assert history("tasks.Sync")[0].outcome.status == "success"
    assert app.getElement("tasks.Sync").customFunc() is None


@pytest.mark.parametrize(
    ("repeat", "expected"),
    [
        ({"repeatType": "day", "period": 1}, "2026-01-05 09:00"),
        ({"repeatType": "hour", "period": 2}, "2026-01-05 09:00"),
        ({"repeatType": "minute", "period": 30}, "2026-01-05 08:30"),
    ],
)
def test_ST_n6_to_n8_every_unit_has_its_next_time(app_from, repeat, expected):
    app = app_from(of_one_task(scheduled(repeat), "def customFunc(): pass"))
    assert app.getElement("tasks.Morning").getNextRunTime().format("YYYY-MM-DD HH:mm") == expected


def test_ST_n9_a_task_without_repetition_needs_no_period_and_runs_once(app_from, clock, drain, history):
    app_from(of_one_task(scheduled({"repeatType": "normal"}, start="2026-01-05 08:30:00"), "def customFunc(): pass"))
    for _ in range(3):
        drain()
        clock.advance(minutes=30)
    assert [run.outcome.status for run in history("tasks.Morning")] == ["success"]


def test_an_exception_ends_the_run_and_not_the_series(app_from, clock, drain, history):
    app_from(of_one_task(scheduled(), "def customFunc():\n    raise ValueError('no bread')"))
    drain()
    for hours in (1, 24):
        clock.advance(hours=hours)
        drain()
    statuses = [(run.outcome.status, run.outcome.error_type, run.outcome.error) for run in history("tasks.Morning")]
    assert statuses == [("error", "ValueError", "no bread")] * 2
    assert "inner.py" in history("tasks.Morning")[0].outcome.traceback


def test_main_is_an_inner_function_too(app_from, clock, drain, history):
    files = {"tasks/Morning/e.json": scheduled(), "tasks/Morning/inner.py": "def main():\n    return 'from main'"}
    app_from(files)
    drain()
    clock.advance(hours=1)
    drain()
    assert [run.outcome.result for run in history("tasks.Morning")] == ['"from main"']


def test_a_coroutine_function_is_awaited(app_from, clock, drain, history):
    inner = """
        import asyncio


        async def customFunc():
            await asyncio.sleep(0)
            return GlobalVar.currentTask.element
    """
    app_from(of_one_task(scheduled(), inner))
    drain()
    clock.advance(hours=1)
    drain()
    assert [run.outcome.result for run in history("tasks.Morning")] == ['"tasks.Morning"']
