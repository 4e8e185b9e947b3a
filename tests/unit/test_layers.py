"""Which layers an app is made of, and what discovery finds in them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from jitai_tasks.definition import Kind
from jitai_tasks.discovery import discover
from jitai_tasks.errors import AppError
from jitai_tasks.testing import write_files

DAILY = {
    "title": "Daily",
    "type": "tasks.NormalType",
    "enable": 1,
    "funcType": "Inner",
    "timerCfg": {"startTime": "2026-01-01 09:00:00", "repeat": {"repeatType": "day", "period": 1}},
}


def app(folder: Path, app_id: str, *extends: str, **more) -> dict[str, object]:
    """Write the app.json of org.<app_id>, which extends org.<each>."""
    parents = [{"appId": f"org.{parent}", "version": "1.0.0"} for parent in extends]
    write_files(
        folder / app_id, {"app.json": {"appId": f"org.{app_id}", "version": "1.0.0", "extends": parents, **more}}
    )
    return folder / app_id


def ids(folder: Path) -> list[str]:
    return [layer.id for layer in discover(folder).layers]


def errors_of(catalog) -> list[str]:
    return [str(problem) for problem in catalog.problems if problem.is_error]


def test_an_app_alone_has_itself_and_the_official_layer(tmp_path):
    assert ids(app(tmp_path, "A")) == ["org.A", "official"]


def test_extended_apps_come_in_c3_order(tmp_path):
    app(tmp_path, "Base")
    app(tmp_path, "Left", "Base")
    app(tmp_path, "Right", "Base")
    assert ids(app(tmp_path, "Top", "Left", "Right")) == ["org.Top", "org.Left", "org.Right", "org.Base", "official"]


def test_orders_that_contradict_each_other_fall_back_to_depth_first_with_a_warning(tmp_path):
    app(tmp_path, "A")
    app(tmp_path, "B")
    app(tmp_path, "Ab", "A", "B")
    app(tmp_path, "Ba", "B", "A")
    catalog = discover(app(tmp_path, "Top", "Ab", "Ba"))
    assert [layer.id for layer in catalog.layers] == ["org.Top", "org.Ab", "org.A", "org.B", "org.Ba", "official"]
    assert ["no order of layers" in problem.message for problem in catalog.problems] == [True]


def test_apps_that_extend_each_other_in_a_circle_are_refused(tmp_path):
    app(tmp_path, "A", "B")
    app(tmp_path, "B", "A")
    with pytest.raises(AppError, match="in a circle: A -> B -> A"):
        discover(tmp_path / "A")


def test_an_extended_app_that_is_nowhere_is_named_with_the_places_looked_at(tmp_path):
    with pytest.raises(AppError, match=r"extends org\.Gone, which is in none of .*JITAI_TASKS_APP_PATH"):
        discover(app(tmp_path, "A", "Gone"))


def test_an_extended_app_is_found_by_path_by_sibling_name_and_by_the_search_path(tmp_path, monkeypatch):
    app(tmp_path / "far" / "away", "Base")
    by_path = [{"appId": "org.Base", "path": "../far/away/Base"}]
    assert ids(app(tmp_path, "A", extends=by_path))[1] == "org.Base"
    write_files(tmp_path / "odd-name", {"app.json": {"appId": "org.Odd", "version": "1.0.0"}})
    assert ids(app(tmp_path, "B", "Odd"))[1] == "org.Odd"
    monkeypatch.setenv("JITAI_TASKS_APP_PATH", str(tmp_path / "far" / "away"))
    assert ids(app(tmp_path, "C", "Base"))[1] == "org.Base"


def test_another_version_than_asked_for_is_a_warning_at_its_place(tmp_path):
    app(tmp_path, "Base", version="2.0.0")
    catalog = discover(app(tmp_path, "A", "Base"))
    assert [(problem.severity, problem.pointer) for problem in catalog.problems] == [("warning", "extends/0/version")]


def test_two_layers_of_one_name_are_refused(tmp_path):
    write_files(tmp_path / "X", {"app.json": {"appId": "org.A", "version": "1.0.0"}})
    with pytest.raises(AppError, match=r"two layers are called org\.A"):
        discover(app(tmp_path, "A", extends=[{"appId": "org.A", "path": "../X"}]))


@pytest.mark.parametrize("text", ["", "[]", "{", '{"appId": 3}', '{"appId": "org.A", "appId": "org.B"}'])
def test_an_app_json_that_makes_no_sense_is_refused_with_its_place(tmp_path, text):
    write_files(tmp_path, {"app.json": text})
    with pytest.raises(AppError, match=r"app\.json:1"):
        discover(tmp_path)


def test_a_folder_without_app_json_is_no_app(tmp_path):
    with pytest.raises(AppError, match=r"it has no app\.json"):
        discover(tmp_path)


def test_discovery_imports_nothing(tmp_path):
    before = set(sys.modules)
    write_files(app(tmp_path, "A"), {"tasks/X/e.json": DAILY, "tasks/X/__init__.py": "raise SystemExit(3)"})
    assert "tasks.X" in discover(tmp_path / "A").definitions
    assert not {name for name in set(sys.modules) - before if name.split(".")[0] in ("tasks", "services", "globals")}


def test_the_nearest_layer_wins_and_the_others_are_shadowed(tmp_path):
    write_files(app(tmp_path, "Base"), {"tasks/X/e.json": {**DAILY, "title": "base"}})
    write_files(app(tmp_path, "A", "Base"), {"tasks/X/e.json": {**DAILY, "title": "near"}})
    catalog = discover(tmp_path / "A")
    assert catalog.definitions["tasks.X"].title == "near"
    assert [found.title for found in catalog.shadowed["tasks.X"]] == ["base"]
    assert catalog.find("org.Base.tasks.X").title == "base"


def test_the_levels_of_elements_are_told_apart(tmp_path):
    write_files(
        app(tmp_path, "A"),
        {
            "robots/Meta/e.json": {"title": "Robots", "type": ""},
            "robots/ChatType/e.json": {"title": "Chat", "type": "robots.Meta"},
            "robots/LoudType/e.json": {"title": "Loud", "type": "robots.ChatType"},
            "robots/Bob/e.json": {"title": "Bob", "type": "robots.LoudType"},
            "robots/Unused/e.json": {"title": "Unused", "type": "robots.ChatType"},
            "robots/Unused/loader.py": "",
            "robots/Unused/Editor/e.json": {"title": "Nested", "type": "robots.ChatType"},
        },
    )
    kinds = {name: found.kind for name, found in discover(tmp_path / "A").definitions.items() if "robots" in name}
    assert kinds == {
        "robots.Meta": Kind.META,
        "robots.ChatType": Kind.TYPE,
        "robots.LoudType": Kind.TYPE,
        "robots.Unused": Kind.TYPE,
        "robots.Bob": Kind.INSTANCE,
        "robots.Unused.Editor": Kind.INSTANCE,
    }


def test_a_chain_of_types_that_turns_in_a_circle_leaves_out_all_of_it(tmp_path):
    write_files(
        app(tmp_path, "A"),
        {
            "x/A/e.json": {"title": "A", "type": "x.B"},
            "x/B/e.json": {"title": "B", "type": "x.A"},
            "x/C/e.json": {"title": "C", "type": "x.A"},
            "x/Self/e.json": {"title": "Self", "type": "x.Self"},
            "tasks/Fine/e.json": DAILY,
        },
    )
    catalog = discover(tmp_path / "A")
    assert not [name for name in catalog.definitions if name.startswith("x.")]
    assert "tasks.Fine" in catalog.definitions
    assert sum("never ends" in error for error in errors_of(catalog)) == 4


def test_an_unknown_type_is_a_problem_at_its_place_with_a_guess(tmp_path):
    write_files(app(tmp_path, "A"), {"tasks/X/e.json": json.dumps({**DAILY, "type": "tasks.NormlType"}, indent=2)})
    catalog = discover(tmp_path / "A")
    assert errors_of(catalog) == [
        "tasks/X/e.json:3:11: type: there is no element tasks.NormlType; did you mean tasks.NormalType?; "
        "name a Type that exists"
    ]


@pytest.mark.parametrize("wrong", ["tasks.Good", "services.Shop"])
def test_an_instance_named_as_a_type_stays_one_and_only_who_names_it_is_left_out(tmp_path, wrong):
    write_files(
        app(tmp_path, "A"),
        {
            "services/Shop/e.json": {"title": "Shop", "type": "services.NormalType"},
            "tasks/Good/e.json": DAILY,
            "tasks/Slip/e.json": {**DAILY, "type": wrong},
        },
    )
    catalog = discover(tmp_path / "A")
    assert {catalog.definitions[name].kind for name in ("tasks.Good", "services.Shop")} == {Kind.INSTANCE}
    assert "tasks.Slip" not in catalog.definitions
    assert [f"{wrong} is an instance, not a Type" in error for error in errors_of(catalog)] == [True]


def test_instances_of_a_broken_type_are_left_out_and_say_so(tmp_path):
    write_files(
        app(tmp_path, "A"),
        {
            "x/Meta/e.json": {"title": "M", "type": ""},
            "x/T/e.json": "{",
            "x/I/e.json": {"title": "I", "type": "x.T"},
            "x/J/e.json": {"title": "J", "type": "x.I"},
        },
    )
    catalog = discover(tmp_path / "A")
    assert [name for name in catalog.definitions if name.startswith("x.")] == ["x.Meta"]
    assert [problem.element for problem in catalog.problems if "is broken" in problem.message] == ["x.I", "x.J"]


def test_a_broken_override_does_not_bring_back_what_it_overrides(tmp_path):
    write_files(app(tmp_path, "A"), {"tasks/NormalType/e.json": "{", "tasks/X/e.json": DAILY})
    catalog = discover(tmp_path / "A")
    assert "tasks.NormalType" not in catalog.definitions
    assert "tasks.X" not in catalog.definitions
    assert catalog.find("official.tasks.NormalType") is not None


def test_a_protected_element_cannot_be_overridden(tmp_path):
    write_files(app(tmp_path, "Base"), {"tasks/X/e.json": {**DAILY, "title": "base", "accessModifier": "protect"}})
    write_files(app(tmp_path, "A", "Base"), {"tasks/X/e.json": {**DAILY, "title": "near"}})
    catalog = discover(tmp_path / "A")
    assert catalog.definitions["tasks.X"].title == "base"
    assert len(errors_of(catalog)) == 1
    assert "protected in org.Base" in errors_of(catalog)[0]


def test_a_private_element_of_an_extended_app_is_hidden(tmp_path):
    write_files(app(tmp_path, "Base"), {"tasks/X/e.json": {**DAILY, "accessModifier": "private"}})
    write_files(app(tmp_path, "A", "Base"), {"tasks/Y/e.json": {**DAILY, "accessModifier": "private"}})
    catalog = discover(tmp_path / "A")
    assert "tasks.X" not in catalog.definitions
    assert "tasks.Y" in catalog.definitions


@pytest.mark.parametrize("name", ["my-task", "2nd", "a b"])
def test_a_folder_that_is_no_name_is_a_problem(tmp_path, name):
    write_files(app(tmp_path, "A"), {f"tasks/{name}/e.json": DAILY})
    catalog = discover(tmp_path / "A")
    assert ["no Python identifier" in error for error in errors_of(catalog)] == [True]


def test_a_symbolic_link_out_of_the_app_is_not_followed(tmp_path):
    write_files(tmp_path / "outside", {"e.json": DAILY})
    root = write_files(app(tmp_path, "A"), {"tasks/Linked/readme.txt": "", "tasks/Fine/e.json": DAILY})
    (root / "tasks" / "Out").symlink_to(tmp_path / "outside")
    (root / "tasks" / "Linked" / "e.json").symlink_to(tmp_path / "outside" / "e.json")
    (root / "tasks" / "Up").symlink_to(root)
    catalog = discover(root)
    assert [name for name in catalog.definitions if catalog.definitions[name].layer.id == "org.A"] == ["tasks.Fine"]
    assert sorted(problem.element for problem in catalog.problems) == ["tasks.Linked", "tasks.Out"]


def test_code_that_is_a_symbolic_link_out_of_the_app_is_a_problem_of_its_element(tmp_path):
    write_files(tmp_path / "outside", {"inner.py": "", "helpful.py": "", "notes.txt": ""})
    files = {"tasks/X/e.json": DAILY, "tasks/Fine/e.json": DAILY, "commons/own.py": "", "notebooks/readme.txt": ""}
    root = write_files(app(tmp_path, "A"), files)
    (root / "tasks" / "X" / "inner.py").symlink_to(tmp_path / "outside" / "inner.py")
    (root / "tasks" / "Fine" / "notes.txt").symlink_to(tmp_path / "outside" / "notes.txt")
    (root / "commons" / "helpful.py").symlink_to(tmp_path / "outside" / "helpful.py")
    (root / "notebooks" / "helpful.py").symlink_to(tmp_path / "outside" / "helpful.py")
    catalog = discover(root)
    assert [name for name in catalog.definitions if catalog.definitions[name].layer.id == "org.A"] == ["tasks.Fine"]
    refused = {(problem.path.name, problem.element) for problem in catalog.problems}
    assert refused == {("inner.py", "tasks.X"), ("helpful.py", "")}
    assert "a symbolic link out of the app" in catalog.problems[0].message


def test_a_symbolic_link_inside_the_app_is_followed(tmp_path):
    root = write_files(app(tmp_path, "A"), {"tasks/X/e.json": DAILY})
    (root / "tasks" / "Y").symlink_to(root / "tasks" / "X")
    assert {"tasks.X", "tasks.Y"} <= set(discover(root).definitions)


def test_symbolic_links_that_lead_to_themselves_or_nowhere_keep_no_other_element_out(tmp_path):
    root = write_files(app(tmp_path, "A"), {"tasks/Fine/e.json": DAILY, "tasks/Fine/inner.py": "", "tasks/Loop/a": ""})
    for link, target in (("Loop/e.json", "e.json"), ("Self", "Self"), ("Fine/x.py", "x.py"), ("Fine/y.py", "none.py")):
        (root / "tasks" / link).symlink_to(target)
    catalog = discover(root)
    assert [name for name in catalog.definitions if catalog.definitions[name].layer.id == "org.A"] == ["tasks.Fine"]
    assert [(problem.element, "cannot be read" in problem.message) for problem in catalog.problems] == [
        ("tasks.Loop", True)
    ]


@pytest.mark.parametrize(("folder", "severity"), [("tasks/Closed", "error"), ("pgdata", "warning")])
def test_a_folder_that_may_not_be_read_is_a_problem_and_the_rest_is_found(tmp_path, monkeypatch, folder, severity):
    root = write_files(app(tmp_path, "A"), {"tasks/Fine/e.json": DAILY, f"{folder}/e.txt": ""})
    look = os.scandir

    def scandir(path):  # the superuser, who may run this, can read every folder
        if Path(path) == root / folder:
            raise PermissionError(13, "Permission denied", path)
        return look(path)

    monkeypatch.setattr(os, "scandir", scandir)
    catalog = discover(root)
    assert "tasks.Fine" in catalog.definitions
    assert [(problem.shown_path, problem.severity) for problem in catalog.problems] == [(folder, severity)]


def test_build_output_runtime_data_and_hidden_folders_hold_no_elements(tmp_path):
    places = ["dist", "appData", ".git", "tasks/.old", "tasks/__pycache__", "node_modules"]
    write_files(app(tmp_path, "A"), {f"{place}/tasks/X/e.json": DAILY for place in places})
    assert {found.layer.id for found in discover(tmp_path / "A").definitions.values()} == {"official"}


def test_a_definition_is_frozen_all_the_way_down(tmp_path):
    write_files(app(tmp_path, "A"), {"tasks/X/e.json": DAILY})
    found = discover(tmp_path / "A").definitions["tasks.X"]
    with pytest.raises(TypeError, match="read-only"):
        found.config["timerCfg"]["repeat"]["period"] = 2
    with pytest.raises(TypeError, match="read-only"):
        found.config.update(enable=0)
    assert dict(found.config["timerCfg"]["repeat"])["period"] == 1


def test_the_hash_changes_with_the_meaning_and_not_with_the_layout(tmp_path):
    def hash_of(text: str) -> str:
        write_files(app(tmp_path, "A"), {"tasks/X/e.json": text})
        return discover(tmp_path / "A").definitions["tasks.X"].hash

    first = hash_of(json.dumps(DAILY))
    assert hash_of(json.dumps(dict(reversed(DAILY.items())), indent=4)) == first
    assert hash_of(json.dumps({**DAILY, "title": "Other"})) != first


def test_a_type_of_its_own_brings_its_own_schema(tmp_path):
    write_files(
        app(tmp_path, "A"),
        {
            "tasks/ReportType/e.json": {"title": "Report", "type": "tasks.NormalType"},
            "tasks/ReportType/loader.py": "",
            "tasks/ReportType/schema.json": {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object",
                "required": ["recipients"],
                "properties": {"recipients": {"type": "array", "items": {"type": "string"}}},
            },
            "tasks/Good/e.json": {**DAILY, "type": "tasks.ReportType", "recipients": ["a@b.c"]},
            "tasks/Bad/e.json": {**DAILY, "type": "tasks.ReportType", "recipients": 3},
        },
    )
    catalog = discover(tmp_path / "A")
    assert "tasks.Good" in catalog.definitions, errors_of(catalog)
    assert [problem.pointer for problem in catalog.broken("tasks.Bad")] == ["recipients"]


def test_a_thousand_elements_are_discovered_well_below_a_second(tmp_path):
    write_files(app(tmp_path, "A"), {f"tasks/T{number}/e.json": DAILY for number in range(1000)})
    started = os.times().user
    catalog = discover(tmp_path / "A")
    assert len(catalog.definitions) > 1000
    assert os.times().user - started < 0.9
