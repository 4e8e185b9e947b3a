"""`check` on calendars: what is wrong with one, or with the one that a task keeps. Nothing is run for it."""

from __future__ import annotations

import pytest

from jitai_tasks.checks import examine
from jitai_tasks.testing import APP_JSON, write_files
from tests.time.build import NINE, scheduled


def found(folder, calendar_name=None, app_json=None, **keys):
    """What `check` says about an app with a calendar, and a task that keeps `calendar_name`, on 2026-01-05."""
    task = scheduled()
    task["timerCfg"] |= {"skipHoliday": 1, **({"calendar": calendar_name} if calendar_name else {})}
    files = {
        "app.json": {**APP_JSON, **(app_json or {})},
        "tasks/Clean/e.json": task,
        "tasks/Clean/inner.py": "def customFunc():\n    pass\n",
        "calendars/Firm/e.json": {
            "title": "Firm", "type": "calendars.NormalType", "backendBundleEntry": ".", **keys,
        },
    }  # fmt: skip
    problems = examine(write_files(folder, files), now=NINE).problems
    return [(problem.element, problem.pointer, problem.severity, problem.message) for problem in problems]


def test_a_calendar_that_is_right_has_no_problem(tmp_path):
    assert found(tmp_path, "calendars.Firm", country="DE", subdivision="BY", add=["12-24"]) == []


@pytest.mark.parametrize(
    ("keys", "pointer", "message"),
    [
        ({"country": "XX"}, "country", "no legal holidays are known for 'XX'"),
        ({"country": "DE", "subdivision": "ZZ"}, "subdivision", "'ZZ' is no subdivision of DE"),
        ({"file": "gone.ics"}, "file", "there is no file 'gone.ics' beside the e.json"),
    ],
)
def test_a_mistake_is_told_where_it_is_written(tmp_path, keys, pointer, message):
    ((element, where, severity, said),) = found(tmp_path, "calendars.Firm", **keys)
    assert (element, where, severity) == ("calendars.Firm", pointer, "error")
    assert said.startswith(message)


@pytest.mark.parametrize(("name", "app_json"), [("calendars.Frim", None), (None, {"calendar": "calendars.Frim"})])
def test_a_task_that_keeps_a_calendar_that_is_not_there(tmp_path, name, app_json):
    ((element, _, _, said),) = found(tmp_path, name, app_json)
    assert (element, said) == ("tasks.Clean", "there is no calendar calendars.Frim; did you mean calendars.Firm?")


def test_a_year_without_data_is_a_warning(tmp_path):
    write_files(tmp_path, {"calendars/Firm/firm.json": ["2025-05-01"]})
    assert found(tmp_path, "calendars.Firm", file="firm.json") == [
        (
            "tasks.Clean",
            "timerCfg/calendar",
            "warning",
            "calendars.Firm has no data for 2026: days off of that year are a guess",
        )
    ]


def test_a_name_that_a_plug_in_may_know_is_left_alone(tmp_path):
    assert found(tmp_path, "moon") == []
