"""Daylight saving: cron as Debian does it, calendar rules once a day, policies, odd zones."""

from __future__ import annotations

import pytest

from jitai_tasks.schedule import Moved
from tests.unit.schedule.vectors import at, following, timer


def cron(expression: str, zone: str, after: str, count: int) -> list[str | None]:
    schedule = timer({"repeatType": "cron", "cron": expression}, None, zone=zone)
    return following(schedule, after, count, zone=zone)


@pytest.mark.parametrize(
    ("expression", "zone", "after", "expected"),
    [
        (
            "0 2 * * *",
            "Europe/Berlin",
            "2026-10-24 12:00:00",
            ["2026-10-25 02:00:00+02:00", "2026-10-26 02:00:00+01:00"],
        ),
        (
            "30 2 * * *",
            "Europe/Berlin",
            "2026-03-28 12:00:00",
            ["2026-03-29 03:00:00+02:00", "2026-03-30 02:30:00+02:00"],
        ),
        (
            "30 2,3 * * *",
            "Europe/Berlin",
            "2026-03-28 12:00:00",
            ["2026-03-29 03:00:00+02:00", "2026-03-29 03:30:00+02:00"],
        ),
        (
            "*/30 * * * *",
            "Europe/Berlin",
            "2026-10-25 01:45:00",
            [
                "2026-10-25 02:00:00+02:00",
                "2026-10-25 02:30:00+02:00",
                "2026-10-25 02:00:00+01:00",
                "2026-10-25 02:30:00+01:00",
                "2026-10-25 03:00:00+01:00",
            ],
        ),
        (
            "*/30 * * * *",
            "Europe/Berlin",
            "2026-03-29 01:15:00",
            ["2026-03-29 01:30:00+01:00", "2026-03-29 03:00:00+02:00", "2026-03-29 03:30:00+02:00"],
        ),
        (
            "30 * * * *",
            "Europe/Berlin",
            "2026-03-29 01:15:00",
            ["2026-03-29 01:30:00+01:00", "2026-03-29 03:30:00+02:00"],
        ),
        (
            "*/20 2 * * *",
            "Europe/Berlin",
            "2026-03-28 12:00:00",
            ["2026-03-30 02:00:00+02:00", "2026-03-30 02:20:00+02:00"],
        ),
        (
            "0 0 * * *",
            "Africa/Cairo",
            "2024-04-25 12:00:00",
            ["2024-04-26 01:00:00+03:00", "2024-04-27 00:00:00+03:00"],
        ),
        (
            "15 2 * * *",
            "Australia/Lord_Howe",
            "2026-10-03 12:00:00",
            ["2026-10-04 02:30:00+11:00", "2026-10-05 02:15:00+11:00"],
        ),
        (
            "45 1 * * *",
            "Australia/Lord_Howe",
            "2026-04-04 12:00:00",
            ["2026-04-05 01:45:00+11:00", "2026-04-06 01:45:00+10:30"],
        ),
        (
            "0 12 * * *",
            "Pacific/Apia",
            "2011-12-29 00:00:00",
            [
                "2011-12-29 12:00:00-10:00",
                "2011-12-31 00:00:00+14:00",
                "2011-12-31 12:00:00+14:00",
                "2012-01-01 12:00:00+14:00",
            ],
        ),
        (
            "0 0 29 2 *",
            "Europe/Berlin",
            "2096-02-28 12:00:00",
            ["2096-02-29 00:00:00+01:00", "2104-02-29 00:00:00+01:00"],
        ),
    ],
)
def test_cron_does_what_debians_cron_does(expression: str, zone: str, after: str, expected: list[str]) -> None:
    assert cron(expression, zone, after, len(expected)) == expected


@pytest.mark.parametrize(
    ("gap", "expected"),
    [
        ("after", ["2026-03-28 02:30:00+01:00", "2026-03-29 03:00:00+02:00", "2026-03-30 02:30:00+02:00"]),
        ("before", ["2026-03-28 02:30:00+01:00", "2026-03-29 01:59:59+01:00", "2026-03-30 02:30:00+02:00"]),
        ("skip", ["2026-03-28 02:30:00+01:00", "2026-03-30 02:30:00+02:00", "2026-03-31 02:30:00+02:00"]),
    ],
)
def test_a_slot_in_a_gap_follows_the_policy(gap: str, expected: list[str]) -> None:
    schedule = timer({"repeatType": "day"}, "2026-03-01 02:30:00", zone="Europe/Berlin", dst={"gap": gap})
    assert following(schedule, "2026-03-27 12:00:00", 3, zone="Europe/Berlin") == expected
    first, last = at("2026-03-27 12:00:00", "Europe/Berlin"), at("2026-03-31 02:30:00", "Europe/Berlin")
    assert schedule.count(first, last) == len(list(schedule.instants(first, last)))


@pytest.mark.parametrize(
    ("overlap", "expected"),
    [
        ("first", ["2026-10-25 02:30:00+02:00", "2026-10-26 02:30:00+01:00"]),
        ("second", ["2026-10-25 02:30:00+01:00", "2026-10-26 02:30:00+01:00"]),
        ("both", ["2026-10-25 02:30:00+02:00", "2026-10-25 02:30:00+01:00", "2026-10-26 02:30:00+01:00"]),
    ],
)
def test_a_slot_in_an_overlap_follows_the_policy(overlap: str, expected: list[str]) -> None:
    schedule = timer({"repeatType": "day"}, "2026-03-01 02:30:00", zone="Europe/Berlin", dst={"overlap": overlap})
    assert following(schedule, "2026-10-24 12:00:00", len(expected), zone="Europe/Berlin") == expected


def test_a_slot_moved_by_a_gap_says_so_and_what_it_was() -> None:
    schedule = timer({"repeatType": "day"}, "2026-03-01 02:30:00", zone="Europe/Berlin")
    moved, usual = schedule.slots(at("2026-03-28 12:00:00"), at("2026-03-30 12:00:00"))
    assert moved.moved is Moved.DST
    assert str(moved.named) == "2026-03-29 02:30:00"
    assert (usual.moved, usual.named) == (None, None)


def test_hours_are_elapsed_time_through_both_changes() -> None:
    schedule = timer({"repeatType": "hour", "period": 6}, "2026-03-28 00:00:00", zone="Europe/Berlin")
    assert following(schedule, "2026-03-28 18:00:00", 2, zone="Europe/Berlin") == [
        "2026-03-29 00:00:00+01:00",
        "2026-03-29 07:00:00+02:00",
    ]


def test_a_start_in_a_gap_keeps_its_own_time_on_all_other_days() -> None:
    schedule = timer({"repeatType": "day"}, "2026-03-29 02:30:00", zone="Europe/Berlin")
    assert following(schedule, "2026-01-01 00:00:00", 2, zone="Europe/Berlin") == [
        "2026-03-29 03:00:00+02:00",
        "2026-03-30 02:30:00+02:00",
    ]


def test_the_last_years_of_the_calendar_follow_the_zones_rule() -> None:
    schedule = timer({"repeatType": "day"}, "9990-06-30 12:00:00", zone="Europe/Berlin")
    assert following(schedule, "9997-12-31 12:00:00", zone="Europe/Berlin") == ["9998-01-01 12:00:00+01:00"]
    assert following(schedule, "9998-07-01 12:00:00", zone="Europe/Berlin") == ["9998-07-02 12:00:00+02:00"]


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2026-06-01"])
def test_an_end_that_is_a_date_is_the_end_of_its_day_however_long_that_is(day: str) -> None:
    schedule = timer({"repeatType": "hour"}, "2026-01-01 00:30:00", zone="Europe/Berlin", endTime=day)
    last = schedule.last_until(schedule.end)
    assert last is not None
    assert str(schedule.zone.local(last)) == f"{day} 23:30:00"
