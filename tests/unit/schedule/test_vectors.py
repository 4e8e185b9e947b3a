"""The vectors T1 to T14 of the rules."""

from __future__ import annotations

import pytest

from tests.unit.schedule.vectors import following, timer


def test_t1_every_day_at_the_time_of_its_start() -> None:
    assert following(timer({"repeatType": "day", "period": 1}), "2024-03-15 10:00:00") == ["2024-03-16 09:00:00"]


def test_t3_a_day_of_the_month() -> None:
    rule = {"repeatType": "month", "period": 1, "subType": "day", "day": [15]}
    assert following(timer(rule, "2024-01-15 10:00:00"), "2024-02-20 00:00:00") == ["2024-03-15 10:00:00"]


def test_t4_several_weekdays() -> None:
    rule = {"repeatType": "week", "period": 1, "weekday": [1, 3, 5]}
    assert following(timer(rule), "2024-01-01 09:00:00") == ["2024-01-03 09:00:00"]


def test_t5_every_second_week_counts_weeks_from_the_one_of_the_start() -> None:
    assert following(timer({"repeatType": "week", "period": 2, "weekday": 1}), "2024-01-02 00:00:00") == [
        "2024-01-15 09:00:00"
    ]


def test_t6_the_first_monday_of_june() -> None:
    rule = {"repeatType": "year", "period": 1, "month": 6, "week": 1, "weekday": [1]}
    assert following(timer(rule, "2024-06-01 09:00:00"), "2024-01-01 00:00:00", 3) == [
        "2024-06-03 09:00:00",
        "2025-06-02 09:00:00",
        "2026-06-01 09:00:00",
    ]


def test_t7_every_two_hours() -> None:
    assert following(timer({"repeatType": "hour", "period": 2}), "2024-01-01 12:30:00") == ["2024-01-01 13:00:00"]


def test_t8_every_thirty_minutes() -> None:
    assert following(timer({"repeatType": "minute", "period": 30}), "2024-01-01 09:45:00") == ["2024-01-01 10:00:00"]


@pytest.mark.parametrize(
    ("after", "expected"),
    [("2023-12-31 00:00:00", "2024-01-01 09:00:00"), ("2024-01-01 09:00:00", None), ("2024-01-02 00:00:00", None)],
)
def test_t9_a_one_shot_runs_at_its_start_and_never_again(after: str, expected: str | None) -> None:
    assert following(timer({"repeatType": "normal"}), after) == [expected]


def test_t10_the_end_is_inclusive_and_then_there_is_nothing() -> None:
    schedule = timer({"repeatType": "day", "period": 1}, endTime="2024-12-31 18:00:00")
    assert following(schedule, "2024-12-31 10:00:00") == [None]
    assert following(timer({"repeatType": "day"}, endTime="2024-12-31 09:00:00"), "2024-12-30 09:00:00") == [
        "2024-12-31 09:00:00"
    ]


def test_an_end_without_a_time_is_the_end_of_that_day() -> None:
    schedule = timer({"repeatType": "day"}, endTime="2024-12-31")
    assert following(schedule, "2024-12-30 10:00:00", 2) == ["2024-12-31 09:00:00", None]


def test_t11_the_31st_becomes_the_last_day_of_a_shorter_month_and_comes_back() -> None:
    assert following(timer({"repeatType": "month"}, "2024-01-31 09:00:00"), "2024-02-01 00:00:00", 2) == [
        "2024-02-29 09:00:00",
        "2024-03-31 09:00:00",
    ]


def test_t14_the_last_friday_of_the_month() -> None:
    rule = {"repeatType": "month", "period": 1, "week": -1, "weekday": [5]}
    assert following(timer(rule, "2024-01-26 18:00:00"), "2024-02-01 00:00:00") == ["2024-02-23 18:00:00"]
