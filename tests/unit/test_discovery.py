"""Discovering again: what has not changed is not read again, whatever changed is seen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jitai_tasks.discovery import Discovery
from jitai_tasks.testing import write_files
from tests.counting import at_most

TASK = {
    "type": "tasks.NormalType",
    "title": "A task",
    "enable": 1,
    "timerCfg": {"startTime": "2026-01-01 02:30:00", "repeat": {"repeatType": "day"}},
}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return write_files(tmp_path, {"app.json": {"appId": "test.App"}, "tasks/A/e.json": TASK, "tasks/B/e.json": TASK})


def own(discovery: Discovery) -> dict[str, str]:
    """Full name → title of what the app itself holds."""
    catalog = discovery.look()
    return {name: each.title for name, each in catalog.definitions.items() if each.layer.id == "test.App"}


def test_an_app_that_has_not_changed_is_the_same_catalog(app: Path) -> None:
    discovery = Discovery(app)
    assert discovery.look() is discovery.look()


def test_files_that_change_come_and_go_are_seen(app: Path) -> None:
    discovery = Discovery(app)
    assert own(discovery) == {"tasks.A": "A task", "tasks.B": "A task"}
    write_files(app, {"tasks/A/e.json": {**TASK, "title": "Changed"}, "tasks/C/e.json": TASK})
    (app / "tasks/B/e.json").unlink()
    assert own(discovery) == {"tasks.A": "Changed", "tasks.C": "A task"}


def test_a_change_of_the_same_size_with_the_old_time_of_change_is_seen(app: Path) -> None:
    discovery, file = Discovery(app), app / "tasks/A/e.json"
    before = file.stat()
    assert own(discovery)["tasks.A"] == "A task"
    file.write_text(file.read_text().replace("A task", "B task"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert own(discovery)["tasks.A"] == "B task"


def test_loaders_schemas_and_the_settings_of_the_app_count_too(app: Path) -> None:
    discovery = Discovery(app)
    first = discovery.look()
    write_files(app, {"tasks/A/loader.py": "from tasks.NormalType import Loader\n"})
    second = discovery.look()
    assert (first.definitions["tasks.A"].kind, second.definitions["tasks.A"].kind) == ("instance", "type")
    write_files(app, {"tasks/A/schema.json": {"required": ["no"]}, "tasks/D/e.json": {**TASK, "type": "tasks.A"}})
    assert [problem.element for problem in discovery.look().problems] == ["tasks.D"]
    write_files(app, {"tasks/A/schema.json": {"required": []}})
    assert discovery.look().problems == []
    write_files(app, {"app.json": {"appId": "test.Renamed"}})
    assert discovery.look().layers[0].id == "test.Renamed"


def test_a_file_that_was_broken_and_is_repaired_is_back(app: Path) -> None:
    discovery = Discovery(app)
    (app / "tasks/A/e.json").write_text("{")
    assert "tasks.A" not in own(discovery)
    write_files(app, {"tasks/A/e.json": TASK})
    assert own(discovery)["tasks.A"] == "A task"
    assert discovery.look().problems == []


def test_an_element_costs_a_fifth_of_a_millisecond_and_less_the_second_time(app: Path) -> None:
    for index in range(2000):
        write_files(app, {f"tasks/g{index % 20}/T{index}/e.json": TASK})
    discovery = Discovery(app)
    with at_most(2_000 * 1_200):
        discovery.look()
    with at_most(2_000 * 130):
        discovery.look()
