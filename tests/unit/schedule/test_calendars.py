"""Calendars: countries, China's make-up workdays, files, dates, and years without data."""

from __future__ import annotations

import logging
from datetime import date, timedelta

import holidays
import pytest

from jitai_tasks.errors import InvalidTime
from jitai_tasks.schedule import Calendar, default_calendar, parse_calendar, parse_timer
from jitai_tasks.schedule import legal as legal_module
from jitai_tasks.schedule.workdays import Workdays
from tests.unit.schedule.vectors import at, shown

ICS = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
DTSTART;VALUE=DATE:20260102
DTEND;VALUE=DATE:20260105
SUMMARY:Company holi
 days
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20251224
RRULE:FREQ=YEARLY
BEGIN:VALARM
TRIGGER:-PT15M
END:VALARM
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20260301
STATUS:CANCELLED
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20240510
RRULE:FREQ=YEARLY;UNTIL=20260101
EXDATE;VALUE=DATE:20250510
END:VEVENT
END:VCALENDAR
"""


def days_off(calendar: Calendar, first: str, last: str) -> list[str]:
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    days = (begin + timedelta(days=n) for n in range((end - begin).days + 1))
    return [str(day) for day in days if not calendar.is_workday(day)]


@pytest.mark.parametrize(
    ("day", "is_workday"),
    [
        ("2025-10-01", False),
        ("2006-12-30", True),
        ("2025-09-28", True),
        ("2025-10-04", False),
        ("2025-10-09", True),
        ("2026-10-10", True),
    ],
)
def test_china_works_on_make_up_weekends(day: str, is_workday: bool) -> None:
    assert default_calendar().is_workday(date.fromisoformat(day)) is is_workday
    assert parse_calendar({"country": "CN"}).is_workday(date.fromisoformat(day)) is is_workday


def test_a_make_up_day_in_december_belongs_to_the_announcement_of_the_next_year() -> None:
    assert default_calendar().is_workday(date(2006, 12, 30))


def test_china_has_no_data_before_the_announcement() -> None:
    calendar = default_calendar()
    assert [calendar.covers(year) for year in (2024, 2025, 2026, 2040)] == [True, True, True, False]


def test_a_year_without_data_is_warned_about_once(caplog: pytest.LogCaptureFixture) -> None:
    timer = {"startTime": "2040-01-02 09:00:00", "repeat": {"repeatType": "day"}, "skipHoliday": 1}
    with caplog.at_level(logging.WARNING):
        calendar = Workdays(parse_calendar({"country": "CN"}, name="calendars.China"))
        schedule = parse_timer(timer, zone="UTC", calendar=calendar)
        assert parse_timer(timer, zone="UTC", calendar=calendar).next_instant(0) == schedule.next_instant(0)
        for _ in schedule.slots(schedule.start, at("2040-03-01 00:00:00")):
            pass
    assert [record.getMessage() for record in caplog.records] == [
        "calendar calendars.China has no data for 2040: its days off in that year are a guess"
    ]
    assert schedule.unknown_years(at("2026-06-01 00:00:00"), at("2040-06-01 00:00:00"))[-1] == 2040


def test_a_country_and_its_subdivision() -> None:
    bavaria = parse_calendar({"country": "DE", "subdivision": "BY"})
    assert days_off(bavaria, "2026-01-05", "2026-01-09") == ["2026-01-06"]
    assert days_off(parse_calendar({"country": "DE"}), "2026-01-05", "2026-01-09") == []
    assert parse_calendar({"country": "SA"}).is_workday(date(2026, 7, 3)) is False
    assert parse_calendar({"country": "SA", "weekend": [6, 7]}).is_workday(date(2026, 7, 3)) is True


def test_the_weekend_and_dates_to_add_and_to_remove() -> None:
    calendar = parse_calendar({"weekend": [5, 6], "add": ["2026-05-12", "12-24"], "remove": ["2026-05-15"]})
    assert days_off(calendar, "2026-05-11", "2026-05-17") == ["2026-05-12", "2026-05-16"]
    assert not calendar.is_workday(date(2030, 12, 24))
    assert days_off(parse_calendar({"weekend": []}), "2026-05-11", "2026-05-17") == []


def test_an_ics_file_gives_days_off() -> None:
    calendar = parse_calendar({"weekend": [], "file": "c.ics"}, {"c.ics": ICS})
    assert days_off(calendar, "2026-01-01", "2026-12-31") == ["2026-01-02", "2026-01-03", "2026-01-04", "2026-12-24"]
    assert days_off(calendar, "2024-05-01", "2025-12-31") == ["2024-05-10", "2024-12-24", "2025-12-24"]


@pytest.mark.parametrize(
    ("text", "off"),
    [
        ('["2026-05-04", "05-05"]', ["2026-05-04", "2026-05-05"]),
        ('{"2026-05-04": "Bridge"}', ["2026-05-04"]),
        ('{"add": ["2026-05-04"], "remove": ["2026-05-09"]}', ["2026-05-04", "2026-05-10"]),
    ],
)
def test_a_json_file_gives_days_off(text: str, off: list[str]) -> None:
    calendar = parse_calendar({"file": "c.json"}, {"c.json": text})
    weekend = [day for day in ["2026-05-09", "2026-05-10"] if day not in off and "remove" not in text]
    assert days_off(calendar, "2026-05-04", "2026-05-10") == [*off, *weekend]


def test_a_file_of_single_dates_knows_only_its_years() -> None:
    calendar = parse_calendar({"file": "c.json"}, {"c.json": '["2026-05-04"]'})
    assert [calendar.covers(year) for year in (2025, 2026, 2027)] == [False, True, False]
    assert parse_calendar({}).covers(2500)


@pytest.mark.parametrize(
    ("config", "pointer"),
    [
        ({"country": "XX"}, "country"),
        ({"country": "DE", "subdivision": "XX"}, "subdivision"),
        ({"subdivision": "BY"}, "subdivision"),
        ({"weekend": [1, 2, 3, 4, 5, 6, 7]}, "weekend"),
        ({"weekend": [9]}, "weekend"),
        ({"add": ["2026-02-30"]}, "add/0"),
        ({"add": ["2026-02-01", "x"]}, "add/1"),
        ({"remove": "2026-02-01"}, "remove"),
        ({"file": "none.ics"}, "file"),
        ({"file": "bad.ics"}, "file"),
        ({"file": "rule.ics"}, "file"),
        ({"file": "bad.json"}, "file"),
        ({"file": "deep.json"}, "file"),
    ],
)
def test_a_wrong_calendar_is_refused_with_its_pointer(config: dict[str, object], pointer: str) -> None:
    files = {
        "bad.ics": "hello",
        "rule.ics": ICS.replace("FREQ=YEARLY\n", "FREQ=YEARLY;BYDAY=1MO\n"),
        "bad.json": "[1]",
        "deep.json": "[" * 100_000,
    }
    with pytest.raises(InvalidTime) as error:
        parse_calendar(config, files)
    assert error.value.pointer == pointer


def test_without_the_package_a_country_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(legal_module, "_package", lambda: None)
    with pytest.raises(InvalidTime, match=r"pip install 'jitai-tasks\[holidays\]'"):
        parse_calendar({"country": "DE"})
    calendar = default_calendar()
    assert not calendar.covers(2026)
    assert not calendar.is_workday(date(2026, 5, 9))


def test_the_first_workday_after_the_fifth_in_bavaria_2026_to_2036() -> None:
    timer = {
        "startTime": "2026-01-06 08:00:00",
        "repeat": {"repeatType": "month", "day": [6]},
        "skipHoliday": 1,
        "holidayPolicy": "nextWorkday",
    }
    schedule = parse_timer(timer, zone="Europe/Berlin", calendar=parse_calendar({"country": "DE", "subdivision": "BY"}))
    found = [str(schedule.zone.local(slot.at)) for slot in schedule.slots(0, at("2037-01-01 00:00:00"))]
    assert found == [f"{_by_hand(month, 6, 1)} 08:00:00" for month in range(12 * 11)]


def test_the_last_friday_unless_holiday_then_the_workday_before() -> None:
    timer = {
        "startTime": "2026-01-01 08:00:00",
        "repeat": {"repeatType": "month", "week": -1, "weekday": [5]},
        "skipHoliday": 1,
        "holidayPolicy": "previousWorkday",
    }
    schedule = parse_timer(timer, zone="Europe/Berlin", calendar=parse_calendar({"country": "DE", "subdivision": "BY"}))
    found = [str(schedule.zone.local(slot.at)) for slot in schedule.slots(0, at("2037-01-01 00:00:00"))]
    expected = []
    for month in range(12 * 11):
        after = date(2026 + (month + 1) // 12, (month + 1) % 12 + 1, 1)
        friday = next(day for n in range(1, 8) if (day := after - timedelta(days=n)).isoweekday() == 5)
        expected.append(f"{_by_hand(month, friday.day, -1)} 08:00:00")
    assert found == expected


def _by_hand(month: int, day: int, step: int) -> date:
    bavaria = holidays.country_holidays("DE", subdiv="BY")
    found = date(2026 + month // 12, month % 12 + 1, day)
    while found.weekday() > 4 or found in bavaria:
        found += timedelta(days=step)
    return found


def test_a_moved_run_says_so_and_what_it_was() -> None:
    timer = {"startTime": "2026-05-01 08:00:00", "repeat": {"repeatType": "normal"}, "skipHoliday": 1}
    slot = parse_timer(timer, zone="UTC", calendar=parse_calendar({"country": "DE"})).next_after(0)
    assert slot is not None
    assert (shown(slot.at), slot.moved, str(slot.named)) == ("2026-05-04 08:00:00", "holiday", "2026-05-01 08:00:00")
