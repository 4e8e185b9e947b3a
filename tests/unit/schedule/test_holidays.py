"""Days off: the vectors T2, T12, T13, the policies, and what calendars know."""

from __future__ import annotations

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
