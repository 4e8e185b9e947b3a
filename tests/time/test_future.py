"""Seeing the future: next runs with what moved them, the calendar of all tasks, tasks in plain words."""

from __future__ import annotations

import time
from datetime import date

import pytest

from jitai_tasks import jobs, outlook
from jitai_tasks.errors import ElementNotFound, InvalidTime
from jitai_tasks.moments import local_text
from jitai_tasks.testing import APP_JSON
from tests.time.build import DAY, EACH_MINUTE, NINE, one_task, scheduled


def resting(policy="nextWorkday", **keys):
    e_json = scheduled(**keys)
    e_json["timerCfg"] |= {"skipHoliday": 1, "holidayPolicy": policy, "calendar": "calendars.Firm"}
    firm = {"title": "Firm", "type": "calendars.NormalType", "backendBundleEntry": ".", "add": ["2026-01-06"]}
    return {
        "tasks/Clean/e.json": e_json,
        "tasks/Clean/inner.py": "def customFunc(): pass",
        "calendars/Firm/e.json": firm,
    }


def test_next_runs_in_local_time_and_utc(app_from):
    app = app_from(one_task(timezone="Asia/Shanghai", start="2026-01-01 17:00:00"))
    first, second = outlook.next_runs(app, "Clean", 2)
    assert (first.at, first.zone, first.local, first.utc) == (
        NINE,
        "Asia/Shanghai",
        "2026-01-05 17:00:00",
        "2026-01-05T09:00:00Z",
    )
    assert (second.at, second.mark) == (NINE + DAY, "")


def test_a_slot_moved_by_a_day_off_is_marked(app_from):
    runs = outlook.next_runs(app_from(resting()), "Clean", 3)
    moved = [(run.local, run.moved, run.named, run.mark) for run in runs if run.moved]
    assert moved == []  # the daily run of the day after is there already; both are one
    monthly = resting(start="2025-12-06 09:00:00", repeat={"repeatType": "month", "period": 1})
    (run,) = outlook.next_runs(app_from(monthly), "Clean", 1)
    assert (run.local, run.moved, run.named) == ("2026-01-07 09:00:00", "holiday", "2026-01-06 09:00:00")
    assert run.mark == "moved from 2026-01-06 09:00:00 by a day off"


def test_a_slot_moved_by_a_clock_change_is_marked(app_from):
    app = app_from(one_task(timezone="Europe/Berlin", start="2026-01-01 02:30:00"))
    moved = [run for run in outlook.next_runs(app, "Clean", 100) if run.moved]
    assert [(run.local, run.mark) for run in moved] == [
        ("2026-03-29 03:00:00", "moved from 2026-03-29 02:30:00 by a clock change")
    ]


def test_jitter_is_shown(app_from):
    (run,) = outlook.next_runs(app_from(one_task(jitter=600)), "Clean", 1)
    assert 0 < run.jitter < 600_000_000
    assert run.mark == f"{run.jitter / 1_000_000:g} s of jitter"


def test_the_next_run_of_all_tasks_the_earliest_first(app_from):
    files = {"tasks/Off/e.json": scheduled(enable=0), "tasks/Soon/e.json": scheduled(EACH_MINUTE)}
    app = app_from({**one_task(), **files, "tasks/Soon/inner.py": "def customFunc(): pass"})
    runs, problems = outlook.next_of_all(app)
    assert [run.task for run in runs] == ["tasks.Soon", "tasks.Clean"]
    assert problems == {}


def test_a_broken_task_does_not_hide_the_others(app_from):
    broken = resting()["tasks/Clean/e.json"]
    runs, problems = outlook.next_of_all(app_from({**one_task(), "tasks/Odd/e.json": broken}))
    assert [run.task for run in runs] == ["tasks.Clean"]
    assert "no calendar calendars.Firm" in problems["tasks.Odd"]


def test_an_unknown_task_is_told_with_the_nearest(app_from):
    with pytest.raises(ElementNotFound, match=r"did you mean tasks\.Clean"):
        outlook.next_runs(app_from(one_task()), "tasks.Claen")


# ---- the calendar


def test_the_calendar_tells_each_day_what_runs(app_from):
    files = {
        **one_task(),
        "tasks/Often/e.json": scheduled(EACH_MINUTE),
        "tasks/Often/inner.py": "def customFunc(): pass",
    }
    first, second = outlook.agenda(app_from(files), date(2026, 1, 5), date(2026, 1, 6))
    assert (first.date, first.count) == (date(2026, 1, 5), 1441)
    often, clean = first.entries
    assert (often.task, often.count, len(often.runs)) == ("tasks.Often", 1440, 24)
    assert [run.local for run in clean.runs] == ["2026-01-05 09:00:00"]
    assert second.date == date(2026, 1, 6)


def test_the_calendar_tells_what_days_off_leave_out(app_from):
    days = outlook.agenda(app_from(resting("cycle")), date(2026, 1, 5), date(2026, 1, 7))
    assert [(day.count, sum(entry.left_out for entry in day.entries)) for day in days] == [(1, 0), (0, 1), (1, 0)]


def test_all_runs_that_days_off_leave_out_are_counted(app_from):
    app = app_from(resting("cycle", repeat={"repeatType": "minute"}))
    (day,) = outlook.agenda(app, date(2026, 1, 6), date(2026, 1, 6))
    assert [(entry.count, entry.left_out) for entry in day.entries] == [(0, 1440)]


def test_days_are_those_of_the_apps_zone(app_from):
    app_json = {**APP_JSON, "timezone": "Asia/Shanghai"}
    files = {**one_task(start="2026-01-01 00:30:00"), "app.json": app_json}
    (day,) = outlook.agenda(app_from(files), date(2026, 1, 6), date(2026, 1, 6))
    assert [run.utc for entry in day.entries for run in entry.runs] == ["2026-01-05T16:30:00Z"]


@pytest.mark.parametrize(
    ("last", "said"),
    [(date(2026, 1, 4), "2026-01-04 lies before 2026-01-05"), (date(2050, 1, 1), "expected at most 3700 days")],
)
def test_a_calendar_without_sense_is_refused(app_from, last, said):
    with pytest.raises(InvalidTime, match=said):
        outlook.agenda(app_from(one_task()), date(2026, 1, 5), last)


def test_a_task_that_decides_in_code_is_asked(app_from):
    files = {
        "tasks/OddType/e.json": {"title": "Odd", "type": "tasks.NormalType", "backendBundleEntry": "."},
        "tasks/OddType/__init__.py": "from .loader import Loader",
        "tasks/OddType/loader.py": """
            import arrow
            from tasks.NormalType import Loader as BaseLoader, NormalTask


            class Odd(NormalTask):
                def getNextRunTime(self, task=None, now=None):
                    return arrow.get(now).floor("hour").shift(hours=5)


            class Loader(BaseLoader):
                taskClass = Odd
        """,
        "tasks/Clean/e.json": scheduled(type="tasks.OddType"),
        "tasks/Clean/inner.py": "def customFunc(): pass",
    }
    app = app_from(files)
    assert [run.local[11:16] for run in outlook.next_runs(app, "Clean", 3)] == ["13:00", "18:00", "23:00"]
    (day,) = outlook.agenda(app, date(2026, 1, 6), date(2026, 1, 6))
    assert day.count == 4
    assert outlook.explain(app, "Clean").sentence["en"] == "Its Type decides in code when it runs."
    assert outlook.simulate(app, NINE, NINE + DAY).total == 5


# ---- in plain words


def test_a_task_is_explained_in_english_and_in_chinese(app_from):
    told = outlook.explain(app_from(one_task(timezone="Europe/Berlin")), "Clean")
    assert told.sentence["en"] == "Every day at 09:00 (Europe/Berlin), from 2026-01-01."
    assert told.sentence["zh"] == "每天 09:00 运行（Europe/Berlin），自 2026-01-01 起。"
    assert told.state == {"en": "It is on.", "zh": "已启用。"}
    assert told.policies["en"] == (
        "A run more than 300 s late is skipped.",
        "A run that comes while one is at work is skipped.",
    )
    assert len(told.next) == 5
    assert "2026-03-29" in told.effects["en"][0].text
    assert "2026-03-29" in told.effects["zh"][0].text


def test_a_single_moment_is_never_too_late(app_from):
    told = outlook.explain(app_from(one_task(repeat={"repeatType": "normal"})), "Clean")
    assert told.policies == {"en": ("It runs, however late.",), "zh": ("无论迟到多久都会运行。",)}


def test_what_holidays_do_is_explained(app_from):
    told = outlook.explain(app_from(resting("cycle")), "Clean")
    assert any("2026-01-06" in effect.text for effect in told.effects["en"])
    assert any("休息日" in effect.text for effect in told.effects["zh"])


def test_states_are_explained(app_from, drain):
    app = app_from(one_task())
    drain()
    jobs.pause(app, "tasks.Clean")
    assert outlook.explain(app, "Clean").state["en"] == "It is paused."
    jobs.set_enabled(app, "tasks.Clean", False)
    assert outlook.explain(app, "Clean").state["zh"] == "未启用。"


def test_a_task_without_times_is_explained(app_from):
    e_json = scheduled(enable=0)
    del e_json["timerCfg"]
    app = app_from({"tasks/Clean/e.json": e_json, "tasks/Clean/inner.py": "def customFunc(): pass"})
    told = outlook.explain(app, "Clean")
    assert told.sentence["en"] == "It has no times of its own: it only runs by hand."
    assert told.next == ()


def test_a_date_field_task_is_explained(app_from):
    model = {
        "title": "Meeting", "type": "models.NormalType", "backendBundleEntry": ".",
        "fieldList": [
            {"fieldId": "id", "name": "id", "dataType": "AutoInt", "primaryKey": True},
            {"fieldId": "start", "name": "start", "dataType": "Datetime"},
        ],
    }  # fmt: skip
    task = {
        "title": "Remind", "type": "tasks.DateFieldType", "enable": 1, "modelPath": "models.Meeting",
        "backendBundleEntry": ".",
        "timerCfg": {
            "startField": "start", "repeat": {"repeatType": "normal"},
            "startOffset": {"offsetType": -1, "offset": 15, "offsetUnit": "minute"},
        },
    }  # fmt: skip
    inner = "def customFunc(row): pass"
    app = app_from({"models/Meeting/e.json": model, "tasks/Remind/e.json": task, "tasks/Remind/inner.py": inner})
    told = outlook.explain(app, "Remind")
    assert told.sentence["en"] == "For each row of models.Meeting: 15 minutes before start (UTC)."
    assert told.sentence["zh"] == "对 models.Meeting 每一行：start 前 15 分钟运行（UTC）。"


def test_the_zone_of_the_machine_makes_no_difference(app_from, monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        app = app_from({**one_task(), "app.json": {"appId": "test.App"}})
        (run,) = outlook.next_runs(app, "Clean", 1)
        assert (run.at, run.zone) == (NINE, "UTC")
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("repeat", "start", "days"),
    [
        (
            {"repeatType": "month", "day": [30, -1]},
            "2026-01-30 09:00:00",
            ["01-30", "01-31", "02-28", "03-30"],
        ),
        ({"repeatType": "month", "day": ["last"], "period": 2}, "2026-01-31 09:00:00", ["01-31", "03-31", "05-31"]),
        (
            {"repeatType": "month", "day": 31, "monthOverflow": "skip"},
            "2026-01-31 09:00:00",
            ["01-31", "03-31", "05-31"],
        ),
        ({"repeatType": "week", "period": 2, "weekday": [1, 5]}, "2026-01-07 09:00:00", ["01-09", "01-19", "01-23"]),
        ({"repeatType": "year", "month": [2, 11], "week": -1, "weekday": 5}, "2026-01-30 09:00:00", ["02-27", "11-27"]),
        ({"repeatType": "year", "month": [4, 2], "day": [31]}, "2026-01-30 09:00:00", ["02-28", "04-30"]),
        ({"repeatType": "month", "week": [1, -1], "weekday": [0]}, "2026-01-06 09:00:00", ["01-25", "02-01", "02-22"]),
    ],
)
def test_months_weeks_and_years_by_every_selector(app_from, repeat, start, days):
    app = app_from(one_task(repeat=repeat, start=start))
    runs = outlook.next_runs(app, "Clean", len(days))
    assert [local_text(run.at, "UTC")[5:10] for run in runs] == days
