"""Types of an app's own, and official Types that an app overrides."""

from __future__ import annotations

import pytest

from jitai_tasks.testing import waiting
from tests.app.build import log_of, scheduled

OVERRIDE = {
    "tasks/NormalType/e.json": {"title": "Ours", "type": "tasks.Meta", "backendBundleEntry": "."},
    "tasks/NormalType/__init__.py": "from .loader import Loader\nfrom .ours import NormalTask",
    "tasks/NormalType/loader.py": """
        from official.tasks.NormalType import Loader as OfficialLoader
        from .ours import NormalTask


        class Loader(OfficialLoader):
            taskClass = NormalTask
    """,
    "tasks/NormalType/ours.py": """
        from official.tasks.NormalType import NormalTask as OfficialNormalTask


        class NormalTask(OfficialNormalTask):
            def handle(self, task):
                return {"ours": super().handle(task)}
    """,
}
GREET = {"tasks/Greet/e.json": scheduled(), "tasks/Greet/inner.py": "def customFunc():\n    return 'hello'"}


def test_an_overridden_type_builds_every_instance_without_other_change(app_from, clock, drain, history):
    app = app_from({**OVERRIDE, **GREET})
    drain()
    clock.advance(hours=1)
    drain()
    assert [run.outcome.result for run in history()] == ['{"ours":"hello"}']
    assert [shadowed.layer.id for shadowed in app.catalog.shadowed["tasks.NormalType"]] == ["official"]


def test_a_type_of_its_own_derives_from_the_override(app_from, clock, drain, history):
    own = {
        "tasks/LoudType/e.json": {"title": "Loud", "type": "tasks.NormalType", "backendBundleEntry": "."},
        "tasks/LoudType/__init__.py": """
            from tasks.NormalType import Loader as NormalLoader, NormalTask


            class LoudTask(NormalTask):
                def handle(self, task):
                    return {"loud": super().handle(task)}


            class Loader(NormalLoader):
                taskClass = LoudTask
        """,
    }
    app_from({**OVERRIDE, **GREET, **own, "tasks/Greet/e.json": scheduled(type="tasks.LoudType")})
    drain()
    clock.advance(hours=1)
    drain()
    assert [run.outcome.result for run in history()] == ['{"loud":{"ours":"hello"}}']


def test_a_type_without_a_loader_uses_that_of_its_type(app_from, clock, drain, history):
    own = {"tasks/PlainType/e.json": {"title": "Plain", "type": "tasks.NormalType", "backendBundleEntry": "."}}
    app_from({**GREET, **own, "tasks/Greet/e.json": scheduled(type="tasks.PlainType")})
    drain()
    clock.advance(hours=1)
    drain()
    assert [run.outcome.result for run in history()] == ['"hello"']


@pytest.mark.parametrize(
    ("batch", "problem"), [(20, ""), ("many", "batch"), (None, "batch")], ids=["right", "wrong", "missing"]
)
def test_the_schema_of_an_own_type_holds_for_its_instances(app_from, drain, batch, problem):
    own = {
        "tasks/BatchType/e.json": {"title": "Batch", "type": "tasks.NormalType", "backendBundleEntry": "."},
        "tasks/BatchType/schema.json": {
            "type": "object",
            "required": ["batch"],
            "properties": {"batch": {"type": "integer", "minimum": 1}},
        },
    }
    keys = {} if batch is None else {"batch": batch}
    app = app_from({**GREET, **own, "tasks/Greet/e.json": scheduled(type="tasks.BatchType", **keys)})
    drain()
    assert len(waiting("tasks.Greet")) == (0 if problem else 1)
    assert [problem in str(each) for each in app.problems] == ([True] if problem else [])


def test_afterReturn_that_fails_does_not_end_the_series(app_from, clock, drain, history):
    own = {
        "tasks/ClumsyType/e.json": {"title": "Clumsy", "type": "tasks.NormalType", "backendBundleEntry": "."},
        "tasks/ClumsyType/__init__.py": """
            from tasks.NormalType import Loader as NormalLoader, NormalTask


            class ClumsyTask(NormalTask):
                def afterReturn(self, task):
                    raise RuntimeError("stumbled")


            class Loader(NormalLoader):
                taskClass = ClumsyTask
        """,
    }
    app_from({**GREET, **own, "tasks/Greet/e.json": scheduled(type="tasks.ClumsyType")})
    drain()
    clock.advance(hours=1)
    drain()
    assert [run.outcome.status for run in history()] == ["success"]
    assert len(waiting("tasks.Greet")) == 1


def test_a_task_lies_in_a_folder_of_folders(app_from, clock, drain, history):
    app_from(
        {
            "tasks/shop/night/Count/e.json": scheduled(),
            "tasks/shop/night/Count/inner.py": "def customFunc():\n    print(GlobalVar.currentTask.element)",
        }
    )
    drain()
    clock.advance(hours=1)
    drain()
    assert [log_of(run) for run in history()] == ["tasks.shop.night.Count\n"]
