"""Rules without sense are refused when the app is loaded: the task is held and says why, the others go on."""

from __future__ import annotations

import json

import pytest

from jitai_tasks import planning
from jitai_tasks.cli.main import exit_code
from jitai_tasks.store import jobs
from jitai_tasks.testing import app_from as open_app_from
from jitai_tasks.testing import write_files
from tests.time.build import DAILY, one_task, scheduled

MONTHLY = {"repeatType": "month", "day": [31], "monthOverflow": "skip"}
RESTED = {
    "startTime": "2026-01-01 09:00:00",
    "repeat": {"repeatType": "week", "weekday": [1]},
    "skipHoliday": 1,
    "holidayPolicy": "cycle",
    "calendar": "calendars.Firm",
}
FIRM = {"calendars/Firm/e.json": {"title": "Firm", "type": "calendars.NormalType", "backendBundleEntry": "."}}


def refused(app):
    """(element, pointer, message) of each error."""
    return [(each.element, each.pointer, each.message) for each in app.problems if each.is_error]


def holds(app):
    with app.database.read() as connection:
        return [job.hold for job in jobs.find(connection, task="tasks.Clean")]


@pytest.mark.parametrize(
    ("keys", "pointer", "reason"),
    [
        ({"repeat": {"repeatType": "cron", "cron": "0 0 30 2 *"}}, "timerCfg/repeat/cron", "no date fits"),
        ({"repeat": {"repeatType": "cron", "cron": "0 0 31 4,6,9,11 *"}}, "timerCfg/repeat/cron", "no date fits"),
        ({"repeat": {"repeatType": "cron", "cron": "61 * * * *"}}, "timerCfg/repeat/cron", "minute: 61"),
        ({"repeat": {"repeatType": "day", "period": 1.0}}, "timerCfg/repeat/period", "whole number"),
        ({"repeat": {"repeatType": "day", "period": 10**12}}, "timerCfg/repeat/period", ""),
        ({"repeat": {"repeatType": "day", "period": 0}}, "timerCfg/repeat/period", ""),
        ({"repeat": {**MONTHLY, "period": 12}, "start": "2026-02-01 09:00:00"}, "timerCfg/repeat", "no date fits"),
        ({"repeat": DAILY, "endTime": "2025-12-31 00:00:00"}, "timerCfg/endTime", ""),
        ({"repeat": {"repeatType": "week", "weekday": [3]}, "start": "2026-01-05 09:00:00",
          "endTime": "2026-01-06 00:00:00"}, "timerCfg/endTime", "no time between"),
        ({"repeat": DAILY, "start": "2026-02-30 09:00:00"}, "timerCfg/startTime", ""),
        ({"repeat": DAILY, "jitter": 86_400, "timezone": "Mars/Base"}, "timezone", "Mars/Base"),
        ({"repeat": {"repeatType": "minute"}, "jitter": 61}, "jitter", "shortest distance"),
    ],
)  # fmt: skip
def test_an_impossible_rule_is_a_problem_of_its_file_and_the_others_go_on(app_from, keys, pointer, reason):
    app = app_from({**one_task(**keys), "tasks/Good/e.json": scheduled(), "tasks/Good/inner.py": "customFunc = int"})
    found = refused(app)
    assert {(element, at) for element, at, _ in found} == {("tasks.Clean", pointer)}
    assert any(reason in message for _, _, message in found)
    assert [task.full_name for task in app.tasks()] == ["tasks.Good"]
    assert planning.ensure(app) == 1


def test_the_rule_of_a_date_field_task_is_refused_too(app_from):
    keys = {"modelPath": "models.Order", "funcType": "Global", "func": "services.A.b"}
    timer = {"startField": "due", "repeat": {"repeatType": "cron", "cron": "0 0 30 2 *"}}
    e_json = {"type": "tasks.DateFieldType", "title": "Remind", "enable": 1, "timerCfg": timer, **keys}
    ((element, pointer, _),) = refused(app_from({"tasks/Remind/e.json": e_json}))
    assert (element, pointer) == ("tasks.Remind", "timerCfg/repeat/cron")


def test_a_rule_that_became_impossible_holds_what_waits_and_lets_it_go_when_mended(tmp_path, clock):
    with open_app_from(tmp_path, one_task(), clock=clock) as app:
        planning.ensure(app)
    with open_app_from(tmp_path, one_task(repeat={"repeatType": "cron", "cron": "0 0 30 2 *"}), clock=clock) as app:
        planning.ensure(app)
        assert holds(app) == [planning.GONE]
    with open_app_from(tmp_path, one_task(), clock=clock) as app:
        planning.ensure(app)
        assert holds(app) == [None]


def test_days_off_that_leave_nothing_hold_what_waits_until_they_are_mended(tmp_path, clock):
    task = one_task()
    task["tasks/Clean/e.json"]["timerCfg"] = RESTED
    with open_app_from(tmp_path, {**task, **FIRM}, clock=clock) as app:
        planning.ensure(app)
    closed = {"calendars/Firm/e.json": {**FIRM["calendars/Firm/e.json"], "weekend": [1]}}
    with open_app_from(tmp_path, {**task, **closed}, clock=clock) as app:
        planning.ensure(app)
        assert holds(app) == [planning.NO_TIMES]
    with open_app_from(tmp_path, {**task, **FIRM}, clock=clock) as app:
        planning.ensure(app)
        assert holds(app) == [None]


def test_list_shows_what_was_refused_with_the_reason(tmp_path, capsys):
    write_files(tmp_path, {
        "app.json": {"appId": "test.App", "timezone": "UTC"},
        **one_task(repeat={"repeatType": "cron", "cron": "0 0 30 2 *"}),
        "tasks/Good/e.json": scheduled(), "tasks/Good/inner.py": "customFunc = int",
    })  # fmt: skip
    assert exit_code(["list", str(tmp_path), "--json"]) == 0
    rows = {row["task"]: row for row in json.loads(capsys.readouterr().out)}
    assert "timerCfg/repeat/cron: no date fits this rule" in rows["tasks.Clean"]["problem"]
    assert rows["tasks.Good"]["problem"] == ""
    assert rows["tasks.Good"]["next"] is not None
