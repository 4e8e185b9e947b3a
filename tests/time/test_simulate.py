"""Simulation: every run that would happen, under the policies, with outages; hours, the busiest minute, and speed."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from jitai_tasks import outlook
from jitai_tasks.errors import InvalidTime
from jitai_tasks.outlook import SimulatedRun, SkippedRange
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


def test_a_year_of_a_thousand_tasks_is_simulated_within_ten_seconds(app_from):
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
    began = time.process_time()
    outage = (MIDNIGHT + 100 * DAY, MIDNIGHT + 101 * DAY)
    found = outlook.simulate(app, MIDNIGHT, MIDNIGHT + 365 * DAY, outages=[outage])
    assert time.process_time() - began < 10
    assert found.total > 19_000_000
    assert found.skipped
