"""Hooks: each is documented, called, and does what the page says."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from jitai_tasks import AppError, ElementBroken
from jitai_tasks.hookspecs import Hooks
from jitai_tasks.paths import elements_dir
from jitai_tasks.plugins import BuiltIn
from jitai_tasks.testing import APP_JSON

ROOT = Path(__file__).parents[2]
HOOKS = {name: function for name, function in vars(Hooks).items() if name.startswith("jit_")}


def plugged(code: str, **files) -> dict[str, object]:
    return {"app.json": {**APP_JSON, "settings": {"plugins": ["commons.plug"]}}, "commons/plug.py": code, **files}


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_and_its_arguments_are_in_the_docs(name):
    arguments = [argument for argument in inspect.signature(HOOKS[name]).parameters if argument != "self"]
    heading = f"### `{name}({', '.join(arguments)})`"
    assert heading in (ROOT / "docs" / "hooks.md").read_text(encoding="utf-8"), f"write a section {heading}"
    assert "Raising" in (inspect.getdoc(HOOKS[name]) or ""), "say what raising does"


def test_the_docs_name_no_hook_that_is_not_there():
    page = (ROOT / "docs" / "hooks.md").read_text(encoding="utf-8")
    assert set(re.findall(r"jit_[a-z_]+\w", page)) - {"jit_utils"} <= set(HOOKS)


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_is_called_by_a_shipped_part(name):
    folders = [ROOT / "jitai_tasks", elements_dir()]
    sources = [path.read_text(encoding="utf-8") for folder in folders for path in folder.rglob("*.py")]
    assert any(re.search(rf'(hooks?\.{name}\(|notify\(\s*"{name}")', source) for source in sources)


def test_the_built_in_plug_in_keeps_to_the_specifications():
    for name, function in vars(BuiltIn).items():
        if name.startswith("jit_"):
            assert set(inspect.signature(function).parameters) <= set(inspect.signature(HOOKS[name]).parameters)


def test_a_plug_in_of_the_app_hears_of_opening_elements_and_closing(app_from):
    app = app_from(
        plugged(
            """
            from jitai_tasks import hookimpl
            told = []
            @hookimpl
            def jit_app_opened(app): told.append(("opened", app.appId))
            @hookimpl
            def jit_element_called(element): told.append(("called", element.fullName))
            @hookimpl
            def jit_element_loaded(app, element): told.append(("loaded", element.fullName))
            @hookimpl
            def jit_app_closing(app): told.append(("closing", app.getElement("x.Meta").name))
            """,
            **{"x/Meta/e.json": {"title": "X", "type": ""}},
        )
    )
    from commons.plug import told

    app.getElement("x.Meta").load()
    app.close()
    expected = [("opened", "test.App"), ("called", "x.Meta"), ("loaded", "x.Meta"), ("called", "x.Meta")]
    assert told == [*expected, ("closing", "Meta")]


def test_a_plug_in_brings_names_and_objects(app_from):
    app = app_from(
        plugged(
            """
            from jitai_tasks import hookimpl
            from jitai_tasks.importer import Reference
            @hookimpl
            def jit_names(app): return {"RATE": 19, "tools": Reference("commons.tools:box")}
            """,
            **{
                "commons/tools.py": "box = {'a': 1}\n",
                "x/Meta/e.json": {"title": "X", "type": ""},
                "x/Meta/__init__.py": "def look(): return RATE, tools['a']\n",
            },
        )
    )
    assert app.getElement("x.Meta").look() == (19, 1)


def test_a_wrapper_stands_around_each_job_and_hears_of_what_was_recorded(app_from, drain, history):
    app = app_from(
        plugged(
            """
            from jitai_tasks import hookimpl
            told = []
            @hookimpl(wrapper=True)
            def jit_perform(app, job):
                told.append("before")
                answer = yield
                return f"{answer}, wrapped"
            @hookimpl
            def jit_run_recorded(job, outcome): told.append((job.func, str(outcome.status)))
            @hookimpl
            def jit_task_failed(job, error): told.append(repr(error))
            """,
            **{"services/Good.py": "def run(): return 'done'\ndef fail(): raise ValueError('no')\n"},
        )
    )
    from commons.plug import told

    from jitai_tasks import jobs
    from jitai_tasks.testing import tables

    tables(app)
    jobs.create_temporary(app, "services.Good.run")
    jobs.create_temporary(app, "services.Good.fail")
    assert drain() == 2
    assert sorted(run.outcome.result or "" for run in history()) == ["", '"done, wrapped"']
    assert [entry for entry in told if isinstance(entry, str)] == ["before", "before", "ValueError('no')"]
    assert {entry for entry in told if isinstance(entry, tuple)} == {
        ("services.Good.run", "success"),
        ("services.Good.fail", "error"),
    }


def test_a_plug_in_decides_when_a_task_is_due(app_from, clock, drain):
    app_from(
        plugged(
            """
            from jitai_tasks import hookimpl
            @hookimpl
            def jit_next_time(app, definition, after):
                return after + 60_000_000 if definition.config.get("trigger") == "minutely" else None
            """,
            **{
                "tasks/Odd/e.json": {
                    "title": "Odd",
                    "type": "tasks.NormalType",
                    "enable": 1,
                    "trigger": "minutely",
                    "timerCfg": {"startTime": "2026-01-01 00:00:00", "repeat": {"repeatType": "year", "period": 1}},
                },
                "tasks/Odd/inner.py": "def customFunc(): pass\n",
            },
        )
    )
    drain()
    clock.advance(minutes=3)
    assert drain() == 3


def test_a_layer_of_a_plug_in_lies_between_the_app_and_the_official_one(tmp_path, monkeypatch):
    from jitai_tasks.discovery import discover
    from jitai_tasks.testing import write_files

    write_files(tmp_path / "app", {"app.json": APP_JSON})
    write_files(tmp_path / "brought", {"x/Meta/e.json": {"title": "X", "type": ""}})
    catalog = discover(tmp_path / "app", plugged=[tmp_path / "brought"])
    assert [layer.id for layer in catalog.layers] == ["test.App", "brought", "official"]
    assert "x.Meta" in catalog.definitions
    with pytest.raises(AppError, match="which is no folder"):
        discover(tmp_path / "app", plugged=[tmp_path / "nowhere"])


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import nowhere_at_all\n", "nowhere_at_all"),
        ("from jitai_tasks import hookimpl\n@hookimpl\ndef jit_nonsense(): pass\n", "unknown hook 'jit_nonsense'"),
        ("from jitai_tasks import hookimpl\n@hookimpl\ndef jit_names(colour): pass\n", "colour"),
        ("from jitai_tasks import hookimpl\n@hookimpl\ndef jit_app_opened(app): raise AppErr\n", "AppErr"),
        ("def (:\n", "invalid syntax"),
    ],
)
def test_a_plug_in_that_does_not_fit_stops_the_opening(app_from, code, said):
    with pytest.raises((AppError, NameError), match=said):
        app_from(plugged(code))
    app_from({"commons/plug.py": ""})


def test_plugins_that_are_no_list_of_names_stop_the_opening(app_from):
    with pytest.raises(AppError, match=r"json:\d+:\d+: settings/plugins: expected a list .*, found 'commons\.plug'"):
        app_from({"app.json": {**APP_JSON, "settings": {"plugins": "commons.plug"}}})


def test_a_plug_in_that_refuses_a_loaded_element_makes_it_broken(app_from):
    code = """
        from jitai_tasks import hookimpl
        @hookimpl
        def jit_element_loaded(element): raise ValueError("not this one")
    """
    app = app_from(plugged(code, **{"x/Meta/e.json": {"title": "X", "type": ""}}))
    with pytest.raises(ElementBroken, match=r"commons/plug\.py:4: ValueError: not this one"):
        app.getElement("x.Meta").load()
