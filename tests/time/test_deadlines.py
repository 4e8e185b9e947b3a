"""Deadlines: seen by whoever asks, raised once, red until a run succeeds; years without data; the health of an app."""

from __future__ import annotations

import pytest

from jitai_tasks import jobs, outlook, planning
from jitai_tasks.outlook.health import Level
from jitai_tasks.testing import APP_JSON
from tests.time.build import DAY, MINUTE, NINE, claimed, one_task, scheduled

HALF_PAST = NINE + 30 * MINUTE
FAILS_FIRST = """
    def customFunc():
        if not GlobalVar.currentTask.isManual:
            raise ValueError("no")
"""
HEARS = """
    from jitai_tasks import hookimpl
    told = []

    @hookimpl
    def jit_deadline_missed(task, missed):
        told.append((task, missed.expectation))
"""


def expecting(inner="def customFunc(): pass", **keys):
    app_json = {**APP_JSON, "settings": {"plugins": ["commons.plug"]}}
    return {**one_task(inner, expect={"by": "09:30"}, **keys), "app.json": app_json, "commons/plug.py": HEARS}


def told():
    from commons.plug import told

    return told


def red(app):
    return [finding.text for finding in outlook.health(app).findings if finding.about == "deadline"]


def test_a_run_that_succeeds_in_time_is_all_that_is_expected(app_from, clock, drain):
    app = app_from(expecting())
    drain()
    clock.advance(hours=2)
    drain()
    assert outlook.missed(app) == []
    assert outlook.health(app).level is Level.OK


def test_no_runner_alive_and_still_whoever_asks_sees_it(app_from, clock):
    app = app_from(expecting())
    planning.ensure(app)
    clock.advance(hours=1, minutes=29)
    assert outlook.missed(app) == []
    clock.advance(minutes=1)
    (missed,) = outlook.missed(app)
    assert (missed.task, missed.at) == ("tasks.Clean", HALF_PAST)
    assert missed.text == (
        "tasks.Clean: no run has succeeded by 2026-01-05 09:30:00; its run waits; is a runner at work?"
    )
    assert outlook.health(app).level is Level.PROBLEM


def test_moments_that_are_backfilled_make_no_deadline_of_before_the_task_was_known(app_from, clock, drain):
    clock.advance(hours=2)
    app = app_from(expecting())
    drain()
    assert jobs.backfill(app, "tasks.Clean", "2026-01-01", "2026-01-04").jobs
    drain()
    assert outlook.missed(app) == []


def test_the_alarm_is_raised_once_whoever_asks_and_however_often(app_from, clock, drain, caplog):
    app = app_from(expecting(FAILS_FIRST))
    drain()
    clock.advance(hours=3)
    drain()
    for _ in range(3):
        outlook.health(app)
        drain()
    assert told() == [("tasks.Clean", "by")]
    assert caplog.text.count("no run has succeeded by 2026-01-05 09:30:00; its last run: error") == 1


def test_the_next_day_is_another_deadline(app_from, clock, drain):
    app = app_from(expecting(FAILS_FIRST))
    drain()
    for _ in range(3):
        clock.advance(days=1)
        drain()
    assert told() == [("tasks.Clean", "by")] * 3
    assert [each.at for each in outlook.missed(app)] == [HALF_PAST + 2 * DAY]


def test_it_turns_green_with_the_next_success_also_by_hand(app_from, clock, drain):
    app = app_from(expecting(FAILS_FIRST))
    drain()
    clock.advance(hours=3)
    drain()
    assert len(red(app)) == 1
    jobs.run_now(app, "tasks.Clean")
    drain()
    assert red(app) == []


def test_the_late_run_of_yesterday_does_not_count_for_today(app_from, clock, drain):
    app = app_from(expecting(misfireGrace=3600))
    planning.ensure(app)
    clock.advance(hours=2)
    drain(asleep=True)
    assert red(app) == []
    clock.advance(days=1)
    assert len(red(app)) == 1


def test_a_task_that_is_new_has_missed_nothing(app_from, clock, drain):
    clock.advance(hours=3)
    app = app_from(expecting())
    drain()
    assert outlook.missed(app) == []


def test_days_without_a_planned_run_have_no_deadline(app_from, clock, drain):
    app = app_from(expecting(repeat={"repeatType": "week", "weekday": [1]}))
    drain()
    clock.advance(days=2, hours=4)
    drain()
    assert red(app) == []


@pytest.mark.parametrize("change", ["disabled", "paused"])
def test_a_task_that_is_off_is_not_expected(app_from, clock, change):
    app = app_from(expecting())
    planning.ensure(app)
    jobs.set_enabled(app, "tasks.Clean", False) if change == "disabled" else jobs.pause(app, "tasks.Clean")
    clock.advance(hours=3)
    assert outlook.missed(app) == []


def test_the_deadline_is_in_the_zone_of_the_task(app_from, clock):
    app = app_from(one_task(timezone="Asia/Shanghai", start="2026-01-01 17:00:00", expect={"by": "17:30"}))
    planning.ensure(app)
    clock.advance(hours=1, minutes=31)
    assert [each.at for each in outlook.missed(app)] == [HALF_PAST]


def test_a_held_run_says_why(app_from, clock, drain):
    app = app_from(
        {"tasks/Clean/e.json": scheduled(funcType="Global", func="services.Gone.run", expect={"by": "09:30"})}
    )
    drain()
    clock.advance(hours=2)
    drain()
    assert "its run is held: " in red(app)[0]


def test_a_run_that_is_at_work_for_too_long(app_from, clock):
    app = app_from(one_task(expect={"maxDuration": 1200}))
    planning.ensure(app)
    clock.advance(hours=1)
    claimed(app)
    clock.advance(minutes=20)
    assert outlook.missed(app) == []
    clock.advance(minutes=1)
    (missed,) = outlook.notice(app)
    assert missed.text == (
        "tasks.Clean: the run of 2026-01-05 09:00:00 has been at work for 1260 s; at most 1200 s were expected"
    )


def test_a_run_that_took_too_long_is_red_until_one_does_not(app_from, clock, drain):
    slow = """
        def customFunc():
            app.clock.advance(minutes=0 if GlobalVar.currentTask.isManual else 21)
    """
    app = app_from(one_task(slow, expect={"maxDuration": 1200}))
    drain()
    clock.advance(hours=1)
    drain()
    assert "took 1260 s; at most 1200 s were expected" in red(app)[0]
    clock.advance(hours=1)
    jobs.run_now(app, "tasks.Clean")
    drain()
    assert red(app) == []


def test_an_event_of_the_app_hears_of_it(app_from, clock, drain):
    event = {
        "title": "Late", "type": "events.NormalType", "sender": "tasks.Clean.onLate", "enable": 1,
        "funcType": "Inner", "backendBundleEntry": ".",
    }  # fmt: skip
    inner = "heard = []\n\ndef customFunc(data):\n    heard.append((data['task'], data['deadline']))\n"
    files = {
        "events/Late/e.json": event,
        "events/Late/inner.py": inner,
        "events/Late/__init__.py": "from .inner import *",
    }
    app = app_from({**one_task(expect={"by": "09:30"}), **files})
    planning.ensure(app)
    clock.advance(hours=2)
    outlook.health(app)
    from events.Late.inner import heard

    assert heard == [("tasks.Clean", "2026-01-05 09:30:00")]


# ---- the rest of the answer


def test_a_year_without_data_is_seen(app_from):
    e_json = scheduled()
    e_json["timerCfg"] |= {"skipHoliday": 1, "calendar": "calendars.Firm"}
    firm = {"title": "Firm", "type": "calendars.NormalType", "backendBundleEntry": ".", "file": "firm.json"}
    files = {"tasks/Clean/e.json": e_json, "calendars/Firm/e.json": firm, "calendars/Firm/firm.json": '["2025-05-01"]'}
    findings = outlook.health(app_from({**files, "tasks/Clean/inner.py": "customFunc = int"})).findings
    texts = [finding.text for finding in findings if finding.about == "calendar"]
    assert texts == ["calendars.Firm has no data for 2026: the days off of tasks.Clean in that year are a guess"]


def test_late_and_held_jobs_and_broken_files_are_seen(app_from, clock, drain):
    files = {"tasks/Held/e.json": scheduled(funcType="Global", func="services.Gone.run"), "tasks/Bad/e.json": "{"}
    app = app_from({**one_task(), **files})
    drain()
    clock.advance(hours=1)
    drain()
    clock.advance(days=2)
    about = {finding.about: finding.text for finding in outlook.health(app).findings}
    assert set(about) == {"files", "late jobs", "held jobs"}
    assert "no runner is alive" in about["late jobs"]


def test_an_app_without_a_zone_is_told_so_once(app_from, caplog, drain):
    app = app_from({**one_task(), "app.json": {"appId": "test.App", "name": "App", "version": "1.0.0"}})
    for _ in range(3):
        drain()
    assert caplog.text.count("app.json names no timezone: local times are UTC") == 1
    assert [finding.about for finding in outlook.health(app).findings] == ["time zone"]
