"""Elements: the chain of Loaders, the proxy, lifecycle functions, and what happens when their code fails."""

from __future__ import annotations

import threading

import pytest

from jitai_tasks import Change, ElementBroken
from jitai_tasks.testing import APP_JSON

FAMILY = {
    "robots/Meta/e.json": {"title": "Robots", "type": ""},
    "robots/Meta/__init__.py": "",
    "robots/ChatType/e.json": {"title": "Chat", "type": "robots.Meta"},
    "robots/ChatType/__init__.py": """
        import json
        from jitai_tasks import Loader as Default

        class Robot:
            def __init__(self, config): self.config = config
            def greet(self, name): return f"{self.config['greeting']} {name}"
            def __call__(self): return "called"
            def __getitem__(self, key): return self.config[key]

        class Loader(Default):
            def load(self):
                text = self.nodes[0].getFile("config.json")
                for name, value in self.nodes[0].app.envVars.items():
                    text = text.replace("{{" + name + "}}", str(value))
                return Robot(json.loads(text))
    """,
    "robots/LoudType/e.json": {"title": "Loud", "type": "robots.ChatType"},
    "robots/Bob/e.json": {"title": "Bob", "type": "robots.LoudType"},
    "robots/Bob/config.json": '{"greeting": "{{HELLO}}"}',
    "app.json": {**APP_JSON, "variables": {"HELLO": "Good day"}},
}


def test_the_nearest_loader_up_the_chain_makes_the_object(app_from):
    bob = app_from(FAMILY).getElement("robots.Bob")
    assert bob.greet("Ann") == "Good day Ann"
    assert (bob(), bob["greeting"]) == ("called", "Good day")


def test_without_any_loader_the_object_is_the_package(app_from):
    app = app_from({"x/Meta/e.json": {"title": "X", "type": ""}, "x/Meta/__init__.py": "N = 5"})
    assert app.getElement("x.Meta").N == 5


def test_an_element_knows_itself_without_loading(app_from):
    bob = app_from(FAMILY).getElement("robots.Bob")
    assert (bob.fullName, bob.name, bob.elementType) == ("robots.Bob", "Bob", "robots.LoudType")
    assert (bob.appId, bob.version, bob.envId, bob.debug) == ("test.App", "1.0.0", "", False)
    assert bob.define["title"] == "Bob"
    assert bob.buildTime > 1_700_000_000
    assert not bob.is_loaded


def test_what_is_set_on_an_element_is_set_on_its_object(app_from):
    app = app_from(FAMILY)
    app.getElement("robots.Bob").mood = "fine"
    assert app.getElement("robots.Bob").load().mood == "fine"


def test_an_element_reads_its_own_files_only(app_from):
    bob = app_from({**FAMILY, "secret.txt": "x", "robots/Bob/raw.bin": b"\xff"}).getElement("robots.Bob")
    assert bob.getFile("raw.bin", isBinary=True) == b"\xff"
    for name in ("../../secret.txt", "/etc/passwd", "nothing.txt"):
        with pytest.raises(FileNotFoundError):
            bob.getFile(name)


def test_an_element_that_needs_itself_while_it_loads_is_broken(app_from):
    app = app_from(
        {
            "x/Meta/e.json": {"title": "X", "type": ""},
            "x/Meta/__init__.py": """
            class Loader:
                def __init__(self, nodes): pass
                def load(self): return app.getElement("x.T").n
        """,
            "x/T/e.json": {"title": "T", "type": "x.Meta"},
        }
    )
    with pytest.raises(ElementBroken, match="needs itself while it loads"):
        app.getElement("x.T").load()


def test_an_element_that_failed_to_load_is_tried_again(app_from):
    app = app_from(
        {
            "x/Meta/e.json": {"title": "X", "type": ""},
            "x/Meta/__init__.py": "if not hasattr(app, 'ready'): raise RuntimeError('too early')\nN = 1",
        }
    )
    with pytest.raises(ElementBroken, match="too early"):
        _ = app.getElement("x.Meta").N
    app.ready = True
    assert app.getElement("x.Meta").N == 1


def test_two_threads_get_one_object(app_from):
    bob = app_from(FAMILY).getElement("robots.Bob")
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(bob.load())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(map(id, found))) == 1


LIFECYCLE = {
    "x/Meta/e.json": {"title": "X", "type": ""},
    "x/T/e.json": {"title": "T", "type": "x.Meta"},
    "x/T/lifecycle.py": """
        from commons.diary import told
        def onCreate(fullName): told.append(("created", fullName))
        def onUpdate(fullName): told.append(("updated", fullName)); return {"status": "success"}
        def onDelete(fullName): raise ValueError("no")
        def onException(fullName, title, exc): told.append((fullName, title, str(exc)))
    """,
    "x/Sub/e.json": {"title": "Sub", "type": "x.T"},
    "x/Sub/loader.py": "",
    "x/I/e.json": {"title": "I", "type": "x.Sub"},
    "x/I/lifecycle.py": """
        from commons.diary import told
        def onLoad(): told.append("loaded")
        def onCalled(): told.append("called")
        def onAppExit(exc_val=None, resData=None, **kwargs): told.append(("exit", exc_val))
    """,
    "commons/diary.py": "told = []\n",
}


def test_lifecycle_functions_of_an_instance(app_from):
    app = app_from(LIFECYCLE)
    element = app.getElement("x.I")
    from commons.diary import told

    assert told == ["called"]
    element.load()
    app.getElement("x.I").load()
    assert told == ["called", "loaded", "called"]
    app.close()
    assert told[3:] == [("exit", None)]


def test_lifecycle_functions_of_a_type_are_those_of_the_nearest_one_that_has_them(app_from, caplog):
    app = app_from(LIFECYCLE)
    for change in Change:
        app.notify("jit_element_changed", full_name="x.I", type_name="x.Sub", change=change)
    assert app.run_type_lifecycle("x.Sub", "onUpdate", "x.I") == {"status": "success"}
    app.run_type_lifecycle("x.Sub", "onException", "x.I", "I", RuntimeError("boom"))
    from commons.diary import told

    assert told == [("created", "x.I"), ("updated", "x.I"), ("updated", "x.I"), ("x.I", "I", "boom")]
    assert "a plug-in failed at jit_element_changed" in caplog.text


def test_an_on_load_that_raises_makes_the_element_broken(app_from):
    app = app_from({**LIFECYCLE, "x/I/lifecycle.py": "def onLoad():\n    raise RuntimeError('not today')\n"})
    with pytest.raises(ElementBroken, match=r"x/I/lifecycle\.py:2: RuntimeError: not today"):
        app.getElement("x.I").load()
    assert not app.getElement("x.I").is_loaded


def test_an_on_app_exit_that_raises_is_logged_and_the_app_closes(app_from, caplog):
    app = app_from({**LIFECYCLE, "x/I/lifecycle.py": "def onAppExit(**kwargs):\n    raise RuntimeError('stuck')\n"})
    app.getElement("x.I").load()
    app.close()
    assert "onAppExit of x.I failed" in caplog.text


@pytest.mark.parametrize("in_script", [False, True], ids=["seen by the keeper", "first planned by enableTask"])
def test_a_type_hears_of_tasks_that_are_new_changed_and_gone(app_from, drain, in_script):
    daily = {
        "title": "Daily",
        "type": "tasks.HeardType",
        "enable": 1,
        "timerCfg": {"startTime": "2026-01-05 09:00:00", "repeat": {"repeatType": "day", "period": 1}},
    }
    files = {
        "tasks/HeardType/e.json": {"title": "Heard", "type": "tasks.NormalType"},
        "tasks/HeardType/loader.py": "",
        "tasks/HeardType/lifecycle.py": """
            from commons.diary import write
            def onCreate(fullName): write(f"created {fullName}")
            def onUpdate(fullName): write(f"updated {fullName}")
            def onDelete(fullName): write(f"deleted {fullName}")
        """,
        "commons/diary.py": """
            from pathlib import Path
            def write(line):
                with open(app.root / "diary", "a") as file: file.write(line + "\\n")
        """,
        "tasks/Daily/inner.py": "def customFunc(): pass\n",
    }
    app = app_from({**files, "tasks/Daily/e.json": daily})
    if in_script:
        app.getElement("services.TaskSvc").enableTask("tasks.Daily")
    drain()
    drain()
    app_from({**files, "tasks/Daily/e.json": {**daily, "title": "Changed"}})
    drain()
    (app.root / "tasks/Daily/e.json").unlink()
    app_from(files)
    drain()
    drain()
    assert (app.root / "diary").read_text().splitlines() == [
        "created tasks.Daily",
        "updated tasks.Daily",
        "deleted tasks.Daily",
    ]


def test_an_element_may_ask_to_be_loaded_when_the_app_opens(app_from, caplog):
    app = app_from(
        {
            "x/Meta/e.json": {"title": "X", "type": "", "backendLoadTime": "afterAppInit"},
            "x/Bad/e.json": {"title": "Bad", "type": "", "backendLoadTime": "afterAppInit"},
            "x/Bad/__init__.py": "raise RuntimeError('never')\n",
            "x/Lazy/e.json": {"title": "Lazy", "type": ""},
        }
    )
    loaded = {name: app.getElement(f"x.{name}").is_loaded for name in ("Meta", "Lazy", "Bad")}
    assert loaded == {"Meta": True, "Lazy": False, "Bad": False}
    assert "element x.Bad cannot be loaded: x/Bad/__init__.py:1: RuntimeError: never" in caplog.text


def test_at_the_end_of_each_run_the_elements_it_called_say_goodbye(app_from, drain):
    app = app_from(
        {
            "x/Meta/e.json": {"title": "X", "type": ""},
            "x/Meta/lifecycle.py": """
            told = []
            def onAppExit(exc_val=None, resData=None, **kwargs): told.append((repr(exc_val), resData))
        """,
            "services/Work.py": """
            def good():
                app.getElement("x.Meta")
                return 7
            def bad():
                app.getElement("x.Meta")
                raise ValueError("no")
        """,
        }
    )
    from jitai_tasks import jobs

    jobs.create_temporary(app, "services.Work.good")
    drain()
    jobs.create_temporary(app, "services.Work.bad")
    drain()
    from x.Meta.lifecycle import told

    assert told == [("None", 7), ("ValueError('no')", None)]


def test_a_type_may_derive_from_the_one_it_overrides(app_from):
    app = app_from(
        {
            "services/NormalType/e.json": {"title": "Near", "type": "official.services.NormalType"},
            "services/NormalType/__init__.py": "",
            "services/Plain/e.json": {"title": "Plain", "type": "services.NormalType"},
            "services/Plain/__init__.py": """
            from official.services.NormalType import NormalService
            class Plain(NormalService):
                def two(self): return 2
        """,
        }
    )
    assert not app.problems
    names = [node.appId for node in app.nodes_above(app.catalog.definitions["services.Plain"])]
    assert names == ["test.App", "official", "official"]
    assert app.getElement("services.Plain").two() == 2
    assert app.getElement("official.services.NormalType").define.title == "Service of Python functions"
