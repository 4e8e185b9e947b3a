"""Days off: the vectors T2, T12, T13, the policies, and what calendars know."""

from __future__ import annotations

from jitai_tasks.schedule import weekends_only
from tests.unit.schedule.vectors import following, timer


def test_t2_the_weekend_is_skipped() -> None:
    schedule = timer({"repeatType": "day", "period": 1}, skipHoliday=1, holidayPolicy="cycle")
    assert following(schedule, "2024-03-15 10:00:00") == ["2024-03-18 09:00:00"]


def test_t12_whole_cycles_until_a_workday() -> None:
    schedule = timer(
        {"repeatType": "week", "weekday": [3]}, "2025-09-24 09:00:00", skipHoliday=1, holidayPolicy="cycle"
    )
    assert following(schedule, "2025-09-24 10:00:00") == ["2025-10-15 09:00:00"]


def test_t13_the_next_workday() -> None:
    schedule = timer(
        {"repeatType": "week", "weekday": [3]}, "2025-09-24 09:00:00", skipHoliday=1, holidayPolicy="nextWorkday"
    )
    assert following(schedule, "2025-09-24 10:00:00", 2) == ["2025-10-09 09:00:00", "2025-10-15 09:00:00"]


def test_repeating_rules_leave_days_off_out_and_a_single_moment_waits_for_a_workday() -> None:
    daily = timer({"repeatType": "day"}, "2026-01-01 09:00:00", skipHoliday=1, calendar=weekends_only())
    assert following(daily, "2026-01-09 08:00:00", 2) == ["2026-01-09 09:00:00", "2026-01-12 09:00:00"]
    once = timer({"repeatType": "normal"}, "2026-01-10 09:00:00", skipHoliday=1, calendar=weekends_only())
    assert following(once, "2026-01-09 08:00:00", 2) == ["2026-01-12 09:00:00", None]
    saturdays = timer(
        {"repeatType": "week", "weekday": [6]},
        "2026-01-01 09:00:00",
        skipHoliday=1,
        holidayPolicy="previousWorkday",
        calendar=weekends_only(),
    )
    assert following(saturdays, "2026-01-09 08:00:00", 2) == ["2026-01-09 09:00:00", "2026-01-16 09:00:00"]
