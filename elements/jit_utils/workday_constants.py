"""China's legal holidays and make-up workdays, from the yearly public announcements of the State Council.

`holidayDict` and `workdayDict` map "YYYY-MM-DD" to the occasion. A year that is missing here has no data.
"""

from __future__ import annotations

from datetime import date, timedelta

__all__ = ["holidayDict", "workdayDict", "yearsWithData"]

_HOLIDAYS: tuple[tuple[str, str, str], ...] = (
    ("New Year", "2024-01-01", "2024-01-01"),
    ("Spring Festival", "2024-02-10", "2024-02-17"),
    ("Tomb-Sweeping Day", "2024-04-04", "2024-04-06"),
    ("Labour Day", "2024-05-01", "2024-05-05"),
    ("Dragon Boat Festival", "2024-06-10", "2024-06-10"),
    ("Mid-Autumn Festival", "2024-09-15", "2024-09-17"),
    ("National Day", "2024-10-01", "2024-10-07"),
    ("New Year", "2025-01-01", "2025-01-01"),
    ("Spring Festival", "2025-01-28", "2025-02-04"),
    ("Tomb-Sweeping Day", "2025-04-04", "2025-04-06"),
    ("Labour Day", "2025-05-01", "2025-05-05"),
    ("Dragon Boat Festival", "2025-05-31", "2025-06-02"),
    ("National Day and Mid-Autumn Festival", "2025-10-01", "2025-10-08"),
    ("New Year", "2026-01-01", "2026-01-03"),
    ("Spring Festival", "2026-02-15", "2026-02-23"),
    ("Tomb-Sweeping Day", "2026-04-04", "2026-04-06"),
    ("Labour Day", "2026-05-01", "2026-05-05"),
    ("Dragon Boat Festival", "2026-06-19", "2026-06-21"),
    ("Mid-Autumn Festival", "2026-09-25", "2026-09-27"),
    ("National Day", "2026-10-01", "2026-10-07"),
)
_MAKE_UP_WORKDAYS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Spring Festival", ("2024-02-04", "2024-02-18", "2025-01-26", "2025-02-08", "2026-02-14", "2026-02-28")),
    ("Tomb-Sweeping Day", ("2024-04-07",)),
    ("Labour Day", ("2024-04-28", "2024-05-11", "2025-04-27", "2026-05-09")),
    ("Mid-Autumn Festival", ("2024-09-14",)),
    ("National Day", ("2024-09-29", "2024-10-12", "2025-09-28", "2025-10-11", "2026-09-20", "2026-10-10")),
    ("New Year", ("2026-01-04",)),
)


def _days(first: str, last: str) -> list[str]:
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return [(start + timedelta(days=count)).isoformat() for count in range((end - start).days + 1)]


holidayDict = {day: name for name, first, last in _HOLIDAYS for day in _days(first, last)}
workdayDict = {day: name for name, days in _MAKE_UP_WORKDAYS for day in days}
yearsWithData = frozenset(int(day[:4]) for day in holidayDict)
