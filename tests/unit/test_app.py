"""An open app: its facts, its elements, and finding them without loading."""

from __future__ import annotations

import sys

import pytest

from jitai_tasks import App, AppError, ElementBroken, ElementNotFound, open_app
from jitai_tasks.testing import APP_JSON, write_files

SERVICE = {"title": "Orders", "type": "services.NormalType"}
ORDERS = {
    "services/Orders/e.json": SERVICE,
    "services/Orders/__init__.py": """
        from services.NormalType import NormalService
        class Orders(NormalService):
            def double(self, number):
                return 2 * number
    """,
}
DAILY = {
    "title": "Daily",
    "type": "tasks.NormalType",
    "enable": 1,
    "funcType": "Inner",
    "timerCfg": {"startTime": "2026-01-01 09:00:00", "repeat": {"repeatType": "day", "period": 1}},
}


def test_an_element_passes_its_object_through(app_from):
    app = app_from(ORDERS)
    assert app.getElement("services.Orders").double(3) == 6
    assert app.services.Orders.double(4) == 8


def test_nested_elements_are_reached_by_attributes(app_from):
    app = app_from({path.replace("services/", "services/group/"): text for path, text in ORDERS.items()})
    assert app.services.group.Orders.double(4) == 8


def test_an_attribute_that_is_no_family_or_element_is_an_attribute_error(app_from):
    app = app_from(ORDERS)
    with pytest.raises(AttributeError, match="no layer has a folder nonsense/"):
        _ = app.nonsense
    with pytest.raises(AttributeError, match=r"no element services\.Order; did you mean services\.Orders\?"):
        _ = app.services.Order
    assert not hasattr(app, "_private")


def test_the_facts_of_an_app(app_from):
    app = app_from(
        {"app.json": {"appId": "org.Shop", "version": "2.1.0", "title": "A shop", "timezone": "Asia/Shanghai"}}
    )
    assert (app.appId, app.version, app.appKey, app.title) == ("org.Shop", "2.1.0", "org.Shop@2.1.0", "A shop")
    assert app.app_hierarchy == ["org.Shop", "official"]
    assert app.timezone == "Asia/Shanghai"
    assert {"tasks", "services", "globals", "jit", "jit_utils"} <= set(app.namespaces)
    assert app.debug is False


def test_env_vars_are_those_of_app_json_under_those_of_the_environment(app_from, monkeypatch):
    monkeypatch.setenv("COLOUR", "red")
    app = app_from(
        {"app.json": {**APP_JSON, "variables": [{"name": "COLOUR", "value": "blue"}, {"name": "SIZE", "value": 3}]}}
    )
    assert (app.envVars["COLOUR"], app.envVars["SIZE"]) == ("red", 3)


def test_the_open_app_is_the_current_one(app_from):
    with pytest.raises(AppError, match="no app is open"):
        App.current()
    app = app_from()
    assert App.current() is app
    app.close()
    app.close()
    with pytest.raises(AppError, match="no app is open"):
        App.current()


@pytest.mark.parametrize(
    "name", ["", "..", "services/Orders", "services.Orders\0", "services...Orders", "../Orders", "os"]
)
def test_a_name_that_is_no_element_is_not_found(app_from, name):
    app = app_from(ORDERS)
    with pytest.raises(ElementNotFound):
        app.getElement(name)


def test_an_element_not_found_offers_the_nearest_name(app_from):
    app = app_from(ORDERS)
    with pytest.raises(ElementNotFound, match=r"no element services\.Oders; did you mean services\.Orders\?"):
        app.getElement("services.Oders")


def test_an_element_with_a_broken_file_says_what_is_wrong_with_it(app_from):
    app = app_from({"services/Orders/e.json": '{"title": "Orders",\n  "type" }'})
    with pytest.raises(ElementBroken, match=r"services/Orders/e\.json:2"):
        app.getElement("services.Orders")
    assert [problem.element for problem in app.problems] == ["services.Orders"]


def test_definitions_are_had_without_loading_anything(app_from):
    app = app_from({**ORDERS, "services/Orders/__init__.py": "raise SystemExit"})
    assert app.getElementDefine("services.Orders")["title"] == "Orders"
    assert app.getElementDefine("services.Orders").title == "Orders"
    assert app.getAllElementsDefine()["services.Orders"]["type"] == "services.NormalType"
    assert [found.fullName for found in app.findElementsDefine("services.Orders")] == ["services.Orders"]
    assert "services.Orders" not in sys.modules


SELECTED = {
    "tasks/a/One/e.json": {**DAILY, "title": "One"},
    "tasks/a/Two/e.json": {**DAILY, "enable": 0, "title": "Two"},
    "tasks/a/Two/Inner/e.json": {**DAILY, "title": "Inner", "priority": 7},
    "tasks/Own/e.json": {"title": "Own", "type": "tasks.NormalType"},
    "tasks/Own/loader.py": "",
    "tasks/Three/e.json": {**DAILY, "type": "tasks.Own", "title": "Three"},
}


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("tasks.a.One", "One"),
        (".tasks.NormalType:#enable=1", "Three One Inner"),
        (".tasks.Own", "Three"),
        ("tasks.a*", "One Two Inner"),
        ("tasks.a.Two.*", "Inner"),
        ("*tasks.a.Two.Inner", "Two"),
        ("tasks.a*:#enable=0", "Two"),
        ("#title=Two,#title=One", "One Two"),
        ("#title!=Two:tasks.a*", "One Inner"),
        ("#priority>6", "Inner"),
        ("#priority<6", ""),
        ("#timerCfg.repeat.repeatType=day:tasks.a.One", "One"),
        ("#timerCfg.startTime<2026-06:tasks.a.One", "One"),
        ("tasks.nowhere", ""),
    ],
)
def test_elements_are_found_by_selectors(app_from, selector, names):
    app = app_from(SELECTED)
    assert [found.title for found in app.findElementsDefine(selector)] == names.split()
    assert [found.name for found in app.findElements(selector)] == names.split()


@pytest.mark.parametrize("selector", ["", "tasks.a,,", "#enable", ".", "tasks.a:"])
def test_a_selector_that_makes_no_sense_is_an_error_that_says_so(app_from, selector):
    app = app_from()
    with pytest.raises(AppError, match="selector"):
        app.findElements(selector)


def test_tasks_are_the_instances_below_tasks_meta(app_from):
    app = app_from({**SELECTED, **ORDERS})
    assert [found.name for found in app.tasks()] == ["Three", "One", "Two", "Inner"]


def test_opening_what_is_no_app_leaves_nothing_behind(tmp_path):
    finders = list(sys.meta_path)
    with pytest.raises(AppError, match="there is no folder"):
        open_app(tmp_path / "nowhere")
    with pytest.raises(AppError, match="no app"):
        open_app(tmp_path)
    assert sys.meta_path == finders


def test_opening_an_app_imports_no_database(tmp_path):
    import subprocess

    write_files(tmp_path, {"app.json": APP_JSON, "tasks/X/e.json": DAILY})
    code = f"import sys, jitai_tasks\nwith jitai_tasks.open_app({str(tmp_path)!r}) as app: app.tasks()\n"
    code += "print([name for name in ('sqlalchemy', 'alembic', 'watchfiles') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]", done.stdout


def test_an_element_that_exists_in_the_program_only_is_made_by_its_types_loader(app_from):
    app = app_from(
        {
            "robots/Meta/e.json": {"title": "Robots", "type": ""},
            "robots/ChatType/e.json": {"title": "Chat", "type": "robots.Meta"},
            "robots/ChatType/__init__.py": """
            class Loader:
                def __init__(self, nodes): self.nodes = nodes
                def load(self): return [node.define.title for node in self.nodes]
        """,
        }
    )
    assert app.element_of_type("robots.ChatType", {"title": "anonymous"}) == ["anonymous", "Chat", "Robots"]
    with pytest.raises(ElementNotFound):
        app.element_of_type("robots.Nothing", {})
