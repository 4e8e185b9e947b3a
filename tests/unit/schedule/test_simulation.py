"""Simulated runs, outages, the load of many tasks; and jitter."""

from __future__ import annotations

from collections import Counter

import pytest

from jitai_tasks.schedule import Misfire, MisfirePolicy, Run, Skipped, catch_up, load, parse_timer, simulate
from tests.counting import AT_ONCE, at_most
from tests.unit.schedule.vectors import at, timer

MINUTE = 60_000_000
BEGIN, END = at("2026-01-01 00:00:00"), at("2026-01-02 00:00:00")


def test_an_outage_is_caught_up_at_its_end() -> None:
    schedule = timer({"repeatType": "hour"}, "2026-01-01 00:30:00")
    outage = (at("2026-01-01 02:00:00"), at("2026-01-01 05:31:00"))
    policy = MisfirePolicy(misfire=Misfire.SKIP)
    found = list(simulate(schedule, BEGIN, at("2026-01-01 07:00:00"), outages=[outage], policy=policy))
    assert found == [
        Run(due=at("2026-01-01 00:30:00"), begins=at("2026-01-01 00:30:00")),
        Run(due=at("2026-01-01 01:30:00"), begins=at("2026-01-01 01:30:00")),
        Skipped(first=at("2026-01-01 02:30:00"), last=at("2026-01-01 04:30:00"), count=3),
        Run(due=at("2026-01-01 05:30:00"), begins=at("2026-01-01 05:31:00")),
        Run(due=at("2026-01-01 06:30:00"), begins=at("2026-01-01 06:30:00")),
    ]


def test_an_outage_runs_one_for_all_or_the_latest_of_all() -> None:
    schedule = timer({"repeatType": "minute", "period": 10}, "2026-01-01 00:00:00")
    outage = [(at("2026-01-01 01:05:00"), at("2026-01-01 02:05:00"))]
    for misfire, late, skipped in ((Misfire.RUN_ONCE, 1, 5), (Misfire.RUN_ALL, 4, 2)):
        policy = MisfirePolicy(misfire=misfire, most=4)
        found = list(simulate(schedule, BEGIN, at("2026-01-01 03:00:00"), outages=outage, policy=policy))
        assert sum(isinstance(each, Run) and each.begins != each.due for each in found) == late
        assert [each.count for each in found if isinstance(each, Skipped)] == [skipped]


@pytest.mark.parametrize(("late", "runs"), [(300_000_000, True), (300_000_001, False)])
def test_a_slot_is_missed_when_it_is_later_than_the_grace(late: int, runs: bool) -> None:
    schedule = timer({"repeatType": "day"}, "2026-01-01 01:00:00")
    due = at("2026-01-05 01:00:00")
    slots, skipped = catch_up(schedule, due - 1, due + late, MisfirePolicy())
    assert [slot.at for slot in slots] == ([due] if runs else [])
    assert skipped == (None if runs else Skipped(first=due, last=due, count=1))


def test_a_single_moment_runs_however_late() -> None:
    schedule = timer({"repeatType": "normal"}, "2026-01-01 01:00:00")
    found = list(simulate(schedule, BEGIN, END, outages=[(BEGIN, at("2026-01-01 23:00:00"))]))
    assert found == [Run(due=at("2026-01-01 01:00:00"), begins=at("2026-01-01 23:00:00"))]


def test_the_load_of_many_tasks_equals_counting_their_runs_one_by_one() -> None:
    rules: list[dict[str, object]] = [
        {"repeatType": "second", "period": 7},
        {"repeatType": "second", "period": 30},
        {"repeatType": "minute", "period": 5},
        {"repeatType": "minute", "period": 5},
        {"repeatType": "hour"},
        {"repeatType": "hour"},
        {"repeatType": "cron", "cron": "*/15 * * * *"},
        {"repeatType": "cron", "cron": "* * * * * *"},
    ]
    schedules = {f"tasks.T{n}": timer(rule, f"2025-12-31 0{n}:{5 * n:02}:0{n}") for n, rule in enumerate(rules)}
    result = load(schedules, BEGIN + 5, END - 7)
    due = [when for schedule in schedules.values() for when in schedule.instants(BEGIN + 5, END - 7)]
    minutes = Counter(when // MINUTE for when in due)
    assert result.total == len(due) == sum(result.by_hour.values()) == sum(result.by_task.values())
    assert result.by_hour == dict(sorted(Counter(when // (60 * MINUTE) * 60 * MINUTE for when in due).items()))
    assert result.busiest is not None
    assert minutes[result.busiest[0] // MINUTE] == result.busiest[1] == max(minutes.values())


def test_the_load_of_nothing_is_nothing() -> None:
    result = load({}, BEGIN, END)
    assert (result.total, dict(result.by_hour), result.busiest) == (0, {}, None)


def test_a_year_of_a_thousand_tasks_takes_seconds() -> None:
    kinds = ("minute", "hour", "day", "week", "month")
    schedules = {
        f"tasks.T{n}": timer({"repeatType": kinds[n % 5]}, f"2025-12-{n % 28 + 1:02} {n % 24:02}:{n % 60:02}:00")
        for n in range(1000)
    }
    with at_most(20 * AT_ONCE):
        result = load(schedules, BEGIN, at("2027-01-01 00:00:00"))
    assert result.total == sum(schedule.count(BEGIN, at("2027-01-01 00:00:00")) for schedule in schedules.values())


def test_jitter_is_the_same_for_the_same_slot_and_differs_between_tasks() -> None:
    config = {"startTime": "2026-01-01 09:00:00", "repeat": {"repeatType": "day"}}
    one, again, other = (parse_timer(config, zone="UTC", key=key, jitter=600) for key in ("a", "a", "b"))
    slots = list(one.slots(0, at("2026-03-01 00:00:00")))
    assert slots == list(again.slots(0, at("2026-03-01 00:00:00")))
    assert slots != list(other.slots(0, at("2026-03-01 00:00:00")))
    delays = {slot.at - slot.planned for slot in slots}
    assert all(0 <= delay < 600_000_000 for delay in delays)
    assert len(delays) == len(slots)


def test_jitter_never_passes_the_end() -> None:
    config = {
        "startTime": "2026-01-01 09:00:00",
        "endTime": "2026-01-10 09:00:00",
        "repeat": {"repeatType": "day"},
    }
    schedule = parse_timer(config, zone="UTC", key="a", jitter=3600)
    slots = list(schedule.slots(0, at("2027-01-01 00:00:00")))
    assert len(slots) == 10
    assert slots[-1].at <= schedule.end


def test_the_fingerprint_changes_with_what_changes_slots() -> None:
    rule = {"repeatType": "day"}
    same = [timer(rule), timer(rule)]
    others = [timer(rule, zone="Asia/Shanghai"), timer(rule, skipHoliday=1), timer({"repeatType": "day", "period": 2})]
    assert len({schedule.fingerprint for schedule in same}) == 1
    assert len({schedule.fingerprint for schedule in [*same, *others]}) == 4
