"""Simulation: every run that would happen, under the policies, with outages; hours, the busiest minute, and speed."""

from __future__ import annotations

from collections import Counter

import pytest

from jitai_tasks import outlook
from jitai_tasks.errors import InvalidTime
from jitai_tasks.outlook import SimulatedRun, SkippedRange
from tests.counting import AT_ONCE, at_most
from tests.time.build import DAY, EACH_MINUTE, HOUR, MINUTE, NINE, one_task, scheduled

MIDNIGHT = NINE - 9 * HOUR


def test_runs_are_counted_by_task_and_hour(app_from):
    files = {"tasks/Often/e.json": scheduled({"repeatType": "hour", "period": 6}, start="2026-01-01 00:00:00")}
    app = app_from({**one_task(), **files, "tasks/Often/inner.py": "customFunc = int"})
    found = outlook.simulate(app, MIDNIGHT, MIDNIGHT + 2 * DAY - 1)
    assert (found.total, dict(found.by_task)) == (10, {"tasks.Clean": 2, "tasks.Often": 8})
    assert found.by_hour[NINE] == 1
    assert len(found.by_hour) == 10


def test_the_busiest_minute_is_found(app_from):
    files = {f"tasks/T{number}/e.json": scheduled() for number in range(5)}
    files["tasks/Often/e.json"] = scheduled(EACH_MINUTE, start="2026-01-01 00:00:00")
    files |= {f"{name.removesuffix('e.json')}inner.py": "customFunc = int" for name in list(files)}
    found = outlook.simulate(app_from(files), MIDNIGHT, MIDNIGHT + DAY)
    assert found.busiest == (NINE, 6)


@pytest.mark.parametrize(
    ("misfire", "runs", "skipped"),
    [
        ("skip", 3, [(NINE + DAY, NINE + 3 * DAY, 3)]),
        ("runOnce", 4, [(NINE + DAY, NINE + 2 * DAY, 2)]),
        ("runAll", 6, []),
    ],
)
def test_an_outage_is_made_up_for_by_the_policy_of_each_task(app_from, misfire, runs, skipped):
    app = app_from(one_task(misfire=misfire))
    outage = (MIDNIGHT + DAY, MIDNIGHT + 4 * DAY)
    found = outlook.simulate(app, MIDNIGHT, MIDNIGHT + 6 * DAY - 1, outages=[outage])
    assert found.total == runs
    assert [(each.first, each.last, each.count) for each in found.skipped] == skipped
    listed = list(outlook.simulated_runs(app, MIDNIGHT, MIDNIGHT + 6 * DAY - 1, outages=[outage]))
    assert sum(isinstance(each, SimulatedRun) for each in listed) == runs
    assert [each for each in listed if isinstance(each, SkippedRange)] == list(found.skipped)


def test_what_was_late_begins_when_the_outage_ends(app_from):
    app = app_from(one_task(misfire="runAll"))
    end = MIDNIGHT + 3 * DAY + 12 * HOUR
    found = outlook.simulate(app, MIDNIGHT, MIDNIGHT + 4 * DAY - 1, outages=[(MIDNIGHT + 12 * HOUR, end)])
    assert found.by_hour == {NINE: 1, end: 3}
    assert found.busiest == (end, 3)
    listed = list(outlook.simulated_runs(app, MIDNIGHT, MIDNIGHT + 4 * DAY - 1, outages=[(MIDNIGHT + 12 * HOUR, end)]))
    assert [(run.due, run.begins) for run in listed[1:]] == [(NINE + day * DAY, end) for day in (1, 2, 3)]


def test_disabled_tasks_are_left_out(app_from):
    assert outlook.simulate(app_from(one_task(enable=0)), MIDNIGHT, MIDNIGHT + DAY).total == 0


def test_counting_and_listing_agree(app_from):
    files = {
        f"tasks/T{number}/e.json": scheduled({"repeatType": "minute", "period": 7 * (number + 1)}, jitter=number * 30)
        for number in range(6)
    }
    files |= {f"{name.removesuffix('e.json')}inner.py": "customFunc = int" for name in list(files)}
    app = app_from(files)
    span = (MIDNIGHT, MIDNIGHT + 3 * DAY)
    outages = [(MIDNIGHT + 5 * HOUR, MIDNIGHT + 6 * HOUR), (MIDNIGHT + 40 * HOUR, MIDNIGHT + 49 * HOUR)]
    found = outlook.simulate(app, *span, outages=outages)
    runs = [each for each in outlook.simulated_runs(app, *span, outages=outages) if isinstance(each, SimulatedRun)]
    assert len(runs) == found.total
    assert [run.begins for run in runs] == sorted(run.begins for run in runs)
    hours: dict[int, int] = {}
    for run in runs:
        hours[run.begins // HOUR * HOUR] = hours.get(run.begins // HOUR * HOUR, 0) + 1
    assert hours == dict(found.by_hour)
    minutes = Counter(run.begins // MINUTE * MINUTE for run in runs)
    assert found.busiest is not None
    assert found.busiest[1] == max(minutes.values()) == minutes[found.busiest[0]]


@pytest.mark.parametrize(
    ("end", "outages", "reason"),
    [
        (MIDNIGHT - DAY, [], "expected a moment after from"),
        (MIDNIGHT + 5000 * DAY, [], "at most ten years later"),
        (MIDNIGHT + DAY, [(MIDNIGHT, MIDNIGHT + HOUR), (MIDNIGHT + 1, MIDNIGHT + HOUR)], "two outages overlap"),
    ],
)
def test_a_range_without_sense_is_refused(app_from, end, outages, reason):
    with pytest.raises(InvalidTime, match=reason):
        outlook.simulate(app_from(one_task()), MIDNIGHT, end, outages=outages)


@pytest.mark.parametrize(("days", "duration"), [(365, None), (120, 400)])
def test_a_year_of_a_thousand_tasks_is_simulated_with_little_work(app_from, days, duration):
    kinds = [
        {"repeatType": "minute", "period": 5},
        {"repeatType": "hour", "period": 1},
        {"repeatType": "day", "period": 1},
        {"repeatType": "week", "weekday": [1, 3, 5]},
        {"repeatType": "month", "day": [1, 15, -1]},
        {"repeatType": "cron", "cron": "*/15 8-18 * * 1-5"},
    ]
    files = {}
    for number in range(1000):
        start = f"2026-01-01 {number % 24:02}:{number % 60:02}:00"
        zone = ("UTC", "Europe/Berlin", "Asia/Shanghai")[number % 3]
        files[f"tasks/T{number}/e.json"] = scheduled(kinds[number % 6], start=start, timezone=zone)
    app = app_from(files)
    outage = (MIDNIGHT + 100 * DAY, MIDNIGHT + 101 * DAY)
    with at_most(days // 2 * AT_ONCE):
        found = outlook.simulate(app, MIDNIGHT, MIDNIGHT + days * DAY, outages=[outage], duration=duration)
    assert found.total > 30_000 * days
    assert found.skipped


def begun(app, end, *, outages=(), duration=None):
    """The minutes after nine at which runs begin, those that overlaps leave out, and the counted simulation."""
    span = (NINE, NINE + end * MINUTE)
    listed = list(outlook.simulated_runs(app, *span, outages=outages, duration=duration))
    runs = [(each.begins - NINE) // MINUTE for each in listed if isinstance(each, SimulatedRun)]
    left_out = [(each.first - NINE) // MINUTE for each in listed if isinstance(each, SkippedRange)]
    return runs, left_out, outlook.simulate(app, *span, outages=outages, duration=duration)


@pytest.mark.parametrize(
    ("overlap", "runs", "left_out", "ended"),
    [
        ("skip", [0, 20, 40, 60], [10, 30, 50], {}),
        ("queue", [0, 15, 30, 45, 60], [], {}),
        ("allow", [0, 10, 20, 30, 40, 50, 60], [], {}),
        ("cancelPrevious", [0, 10, 20, 30, 40, 50, 60], [], {"tasks.Clean": 6}),
    ],
)
def test_long_runs_meet_the_overlap_policy(app_from, overlap, runs, left_out, ended):
    keys = {"overlap": overlap, "expect": {"maxDuration": 15 * 60}}
    app = app_from(one_task(repeat={"repeatType": "minute", "period": 10}, **keys))
    begins, skipped, found = begun(app, 60)
    assert (begins, skipped) == (runs, left_out)
    assert (found.total, dict(found.ended)) == (len(runs), ended)
    assert [(each.count, each.reason) for each in found.skipped] == [(3, "overlap")] * bool(left_out)
    assert found.durations == {"tasks.Clean": 15 * MINUTE}
    assert sum(found.by_hour.values()) == len(runs)


@pytest.mark.parametrize(("minutes", "runs"), [(None, 7), (10, 7), (10.01, 4), (25, 3)])
def test_runs_last_as_long_as_is_asked_where_nothing_is_known(app_from, minutes, runs):
    app = app_from(one_task(repeat={"repeatType": "minute", "period": 10}))
    begins, _, found = begun(app, 60, duration=None if minutes is None else minutes * 60)
    assert len(begins) == found.total == runs


def test_runs_last_as_long_as_the_latest_did(app_from, clock, drain):
    app = app_from(one_task("def customFunc(): app.clock.advance(minutes=15)"))
    drain()
    clock.advance(hours=1)
    drain()
    found = outlook.simulate(app, MIDNIGHT, MIDNIGHT + DAY, duration=1)
    assert found.durations == {"tasks.Clean": 15 * MINUTE}


def test_runs_that_make_up_for_an_outage_go_one_after_the_other(app_from):
    keys = {"misfire": "runAll", "overlap": "skip", "expect": {"maxDuration": 15 * 60}}
    app = app_from(one_task(repeat={"repeatType": "minute", "period": 10}, **keys))
    runs, _, found = begun(app, 120, outages=[(NINE + 5 * MINUTE, NINE + 35 * MINUTE)])
    assert runs[:4] == [0, 35, 50, 65]
    assert found.total == len(runs)


def test_counting_and_listing_agree_on_long_runs(app_from):
    rules = [
        {"repeatType": "cron", "cron": "*/7 8-18 * * 1-5"},
        {"repeatType": "minute", "period": 9},
        {"repeatType": "hour", "period": 1},
    ]
    files = {}
    for number in range(12):
        overlap = ("skip", "queue", "allow", "cancelPrevious")[number % 4]
        files[f"tasks/T{number}/e.json"] = scheduled(rules[number % 3], overlap=overlap, jitter=30 * (number % 5 == 4))
        files[f"tasks/T{number}/inner.py"] = "customFunc = int"
    app = app_from(files)
    span, asked = (MIDNIGHT, MIDNIGHT + 3 * DAY), {"duration": 2000}
    asked["outages"] = [(MIDNIGHT + 11 * HOUR, MIDNIGHT + 12 * HOUR)]
    listed = list(outlook.simulated_runs(app, *span, **asked))
    runs = [each for each in listed if isinstance(each, SimulatedRun)]
    found = outlook.simulate(app, *span, **asked)
    assert dict(found.by_task) == Counter(run.task for run in runs)
    assert dict(found.by_hour) == Counter(run.begins // HOUR * HOUR for run in runs)
    minutes = Counter(run.begins // MINUTE * MINUTE for run in runs)
    assert found.busiest is not None
    assert found.busiest[1] == max(minutes.values()) == minutes[found.busiest[0]]
    skipped = sum(each.count for each in listed if isinstance(each, SkippedRange))
    assert skipped == sum(each.count for each in found.skipped) > 0
