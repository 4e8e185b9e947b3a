"""Calendars as elements: named by a task or by app.json, from a country, dates, a file, code or a plug-in."""

from __future__ import annotations

import pytest

from jitai_tasks import jobs, planning
from jitai_tasks.testing import APP_JSON, waiting
from jitai_tasks.testing import app_from as open_app_from
from tests.time.build import DAY, NINE, one_task, scheduled


def calendar(**keys):
    return {"title": "Days off", "type": "calendars.NormalType", "backendBundleEntry": ".", **keys}


def resting(calendar_name=None, policy="cycle", start="2026-01-01 09:00:00", **keys):
    """A daily task that keeps days off."""
    e_json = scheduled(start=start, **keys)
    e_json["timerCfg"] |= {"skipHoliday": 1, "holidayPolicy": policy}
    if calendar_name:
        e_json["timerCfg"]["calendar"] = calendar_name
    return {"tasks/Clean/e.json": e_json, "tasks/Clean/inner.py": "def customFunc(): pass"}


def next_days(app, count, task="tasks.Clean"):
    element, found, after = app.getElement(task), [], None
    for _ in range(count):
        after = element.getNextRunTime(None, now=after)
        found.append(after.format("MM-DD"))
    return found


def test_weekends_are_off_without_any_calendar_of_its_own(app_from):
    app = app_from({**resting("calendars.Plain"), "calendars/Plain/e.json": calendar()})
    assert next_days(app, 6) == ["01-05", "01-06", "01-07", "01-08", "01-09", "01-12"]


def test_the_default_is_china_with_its_make_up_workdays(app_from):
    app = app_from(resting(start="2025-09-24 09:00:00"), clock=None)
    found = [
        app.getElement("tasks.Clean").getNextRunTime(None, now=at).format("YYYY-MM-DD")
        for at in ("2025-09-26 10:00:00", "2025-09-30 10:00:00", "2026-02-13 10:00:00")
    ]
    assert found == ["2025-09-28", "2025-10-09", "2026-02-14"]


def test_app_json_names_the_default_and_a_task_may_name_its_own(app_from):
    files = {
        "app.json": {**APP_JSON, "calendar": "calendars.Firm"},
        "calendars/Firm/e.json": calendar(weekend=[1, 2]),
        "calendars/Other/e.json": calendar(weekend=[7]),
        **resting(),
        "tasks/Own/e.json": resting("calendars.Other")["tasks/Clean/e.json"],
    }
    app = app_from(files)
    assert next_days(app, 3) == ["01-07", "01-08", "01-09"]
    assert next_days(app, 3, "tasks.Own") == ["01-05", "01-06", "01-07"]


def test_country_subdivision_and_dates(app_from):
    bavaria = calendar(country="DE", subdivision="BY", add=["2026-01-07"], remove=["2026-01-06"])
    app = app_from({**resting("calendars.Bavaria"), "calendars/Bavaria/e.json": bavaria})
    assert next_days(app, 3) == ["01-05", "01-06", "01-08"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("firm.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20260106\nEND:VEVENT\nEND:VCALENDAR\n"),
        ("firm.json", '["2026-01-06"]'),
    ],
)
def test_a_file_of_dates(app_from, name, text):
    files = {"calendars/Firm/e.json": calendar(file=name), f"calendars/Firm/{name}": text}
    app = app_from({**resting("calendars.Firm"), **files})
    assert next_days(app, 2) == ["01-05", "01-07"]


def test_a_type_of_the_app_decides_in_code(app_from):
    files = {
        "calendars/MoonType/e.json": {"title": "Moon", "type": "calendars.Meta", "backendBundleEntry": "."},
        "calendars/MoonType/__init__.py": "from .loader import Loader",
        "calendars/MoonType/loader.py": """
            from calendars.Meta import BaseCalendar, Loader as BaseLoader


            class Moon(BaseCalendar):
                def isWorkday(self, day):
                    return day.day % 2 == 0


            class Loader(BaseLoader):
                calendarClass = Moon
        """,
        "calendars/Moon/e.json": {"title": "Moon", "type": "calendars.MoonType", "backendBundleEntry": "."},
    }
    app = app_from({**resting("calendars.Moon"), **files})
    assert next_days(app, 3) == ["01-06", "01-08", "01-10"]


def test_a_plug_in_brings_a_calendar(app_from):
    plug = """
        from jitai_tasks import hookimpl


        class Never:
            def is_workday(self, day):
                return day.day == 20

            def covers(self, year):
                return True


        @hookimpl
        def jit_calendar(app, name):
            return Never() if name == "twenty" else None
    """
    app_json = {**APP_JSON, "settings": {"plugins": ["commons.plug"]}}
    app = app_from({**resting("twenty"), "app.json": app_json, "commons/plug.py": plug})
    assert next_days(app, 2) == ["01-20", "02-20"]


@pytest.mark.parametrize("policy", ["nextWorkday", "previousWorkday"])
def test_the_policy_moves_to_a_workday_near(app_from, policy):
    monthly = resting("calendars.Plain", policy, start="2026-01-31 09:00:00")
    monthly["tasks/Clean/e.json"]["timerCfg"]["repeat"] = {"repeatType": "month", "period": 1}
    app = app_from({**monthly, "calendars/Plain/e.json": calendar()})
    assert next_days(app, 2) == (["02-02", "03-02"] if policy == "nextWorkday" else ["02-27", "03-31"])


@pytest.mark.parametrize(
    ("name", "files", "reason"),
    [
        ("calendars.Bavria", {"calendars/Bavaria/e.json": calendar()}, "no calendar calendars.Bavria; did you mean"),
        ("calendars.Odd", {"calendars/Odd/e.json": calendar(country="XX")}, "calendars.Odd: country: no legal"),
        ("calendars.Odd", {"calendars/Odd/e.json": calendar(file="gone.ics")}, "no file 'gone.ics' beside the e.json"),
        ("tasks.Clean", {}, "there is no calendar tasks.Clean"),
    ],
)
def test_a_calendar_that_is_none_is_told_and_the_task_is_not_planned(app_from, caplog, name, files, reason):
    app = app_from(
        {**resting(name), **files, "tasks/Good/e.json": scheduled(), "tasks/Good/inner.py": "customFunc = int"}
    )
    assert planning.ensure(app) == 1
    assert reason in caplog.text


def test_a_year_without_data_is_warned_about_once(app_from, caplog, clock):
    files = {f"tasks/T{number}/e.json": resting("calendars.Firm")["tasks/Clean/e.json"] for number in range(5)}
    files["calendars/Firm/e.json"] = calendar(file="firm.json")
    files["calendars/Firm/firm.json"] = '["2025-01-06"]'
    app = app_from(files)
    planning.ensure(app)
    assert caplog.text.count("calendar calendars.Firm has no data for 2026") == 1


def test_days_off_that_change_move_the_waiting_run_and_that_is_said(tmp_path, clock, caplog):
    def planned(**keys):
        files = {**resting("calendars.Firm"), "calendars/Firm/e.json": calendar(**keys)}
        with open_app_from(tmp_path, files, clock=clock) as app:
            planning.ensure(app)
            return [job.due for job in waiting("tasks.Clean")]

    assert planned() == [NINE]
    assert planned(add=["2026-01-05"]) == [NINE + DAY]
    assert "tasks.Clean: the calendar of days off changed, so its next run is 2026-01-06 09:00:00" in caplog.text


def test_rules_of_a_zone_that_change_move_the_waiting_run_and_that_is_said(app_from, clock, caplog):
    from jitai_tasks import basis
    from jitai_tasks.store import jobs as stored
    from jitai_tasks.store import schedules

    app = app_from(one_task(timezone="Europe/Berlin"))
    planning.ensure(app)
    (job,) = waiting("tasks.Clean")
    definition = app.catalog.definitions["tasks.Clean"]
    old = basis.basis(app, definition).split()
    with app.database.begin() as conn:  # as it would have been planned by an older tzdata
        schedules.save_override(conn, "tasks.Clean", definition_hash=" ".join([*old[:2], "0123456789ab", old[3]]))
        assert stored.reschedule(conn, job.id, job.due + DAY // 24, job.due + DAY // 24)
    planning.ensure(app)
    assert [each.due for each in waiting("tasks.Clean")] == [job.due]
    assert "tasks.Clean: the rules of the time zone (tzdata) changed, so its next run is" in caplog.text


def test_a_run_that_is_due_already_is_not_lost_when_a_zone_changes(app_from, clock, drain, history):
    from jitai_tasks import basis
    from jitai_tasks.store import schedules

    app = app_from(one_task())
    planning.ensure(app)
    clock.advance(hours=1, minutes=2)
    old = basis.basis(app, app.catalog.definitions["tasks.Clean"]).split()
    with app.database.begin() as conn:
        schedules.save_override(conn, "tasks.Clean", definition_hash=" ".join([*old[:2], "0123456789ab", old[3]]))
    drain(asleep=True)
    assert [run.job.slot for run in history("tasks.Clean", status="success")] == [NINE]


def test_a_task_has_its_own_zone(app_from, clock):
    app = app_from(one_task(timezone="Asia/Shanghai", start="2026-01-01 17:00:00"))
    planning.ensure(app)
    assert [job.due for job in waiting("tasks.Clean")] == [NINE]
    assert jobs.run_now(app, "tasks.Clean")
