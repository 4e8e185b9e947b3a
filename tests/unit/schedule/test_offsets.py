"""Offsets of date fields: the vectors, both spellings, and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from jitai_tasks.errors import InvalidTime
from jitai_tasks.schedule import parse_date_timer, parse_offset, trigger_time
from tests.unit.schedule.vectors import at, shown

FIELD = "2025-03-10 14:00:00"


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        ({"offsetType": -1, "offset": 15, "offsetUnit": "minute"}, "2025-03-10 13:45:00"),
        ({"offsetType": 1, "offset": 3, "offsetUnit": "day"}, "2025-03-13 14:00:00"),
        ({"offsetType": 0, "offset": 0, "offsetUnit": "day", "time": "09:00"}, "2025-03-10 09:00:00"),
        ({"offsetType": -1, "offset": 3, "offsetUnit": "day", "time": "09:00"}, "2025-03-07 09:00:00"),
        ({"offsetType": 1, "offset": -1, "offsetUnit": "hours"}, "2025-03-10 13:00:00"),
        ({"offsetType": 1, "offset": 30, "offsetUnit": "minutes"}, "2025-03-10 14:30:00"),
        ({"offset": 5, "offsetUnit": "seconds"}, "2025-03-10 14:00:05"),
        ({"offset": -1, "offsetUnit": "days"}, "2025-03-09 14:00:00"),
        ({"offset": 2}, "2025-03-10 16:00:00"),
        ({"offsetType": -1, "offset": 90, "offsetUnit": "minute", "time": "09:00"}, "2025-03-10 09:00:00"),
        ({"offsetType": 0, "offset": 7, "offsetUnit": "day"}, "2025-03-10 14:00:00"),
        (None, "2025-03-10 14:00:00"),
    ],
)
def test_an_offset_moves_the_value_of_the_field(offset: dict[str, object] | None, expected: str) -> None:
    parsed = parse_offset(offset)
    assert shown(trigger_time(FIELD, parsed, "UTC")) == expected
    assert shown(trigger_time(datetime.fromisoformat(FIELD), parsed, "UTC")) == expected
    assert shown(trigger_time(at(FIELD), parsed, "UTC")) == expected


def test_a_date_without_time_is_its_midnight_in_the_zone() -> None:
    offset = parse_offset({"offsetType": 0, "offset": 0, "offsetUnit": "day"})
    assert shown(trigger_time(date(2025, 3, 10), offset, "UTC")) == "2025-03-10 00:00:00"
    assert shown(trigger_time("2025-03-10", offset, "Asia/Shanghai"), "Asia/Shanghai") == "2025-03-10 00:00:00+08:00"


def test_the_literal_reading_lets_time_ignore_the_offset() -> None:
    offset = parse_offset({"offset": 3, "offsetUnit": "day", "time": "09:00"}, time_ignores_offset=True)
    assert shown(trigger_time(FIELD, offset, "UTC")) == "2025-03-10 09:00:00"


def test_days_are_days_of_the_calendar_and_hours_are_elapsed_time() -> None:
    day, hours = parse_offset({"offset": 1, "offsetUnit": "day"}), parse_offset({"offset": 24, "offsetUnit": "hour"})
    before = "2026-03-28 12:00:00"
    assert shown(trigger_time(before, day, "Europe/Berlin"), "Europe/Berlin") == "2026-03-29 12:00:00+02:00"
    assert shown(trigger_time(before, hours, "Europe/Berlin"), "Europe/Berlin") == "2026-03-29 13:00:00+02:00"


def test_an_aware_value_is_the_moment_it_is() -> None:
    value = datetime(2025, 3, 10, 14, 0, tzinfo=UTC)
    assert shown(trigger_time(value, parse_offset({"offset": -1}), "Asia/Shanghai")) == "2025-03-10 13:00:00"


@pytest.mark.parametrize(
    ("offset", "pointer"),
    [
        ({"offsetUnit": "fortnight"}, "startOffset/offsetUnit"),
        ({"offset": 1.5}, "startOffset/offset"),
        ({"offset": 10**9, "offsetUnit": "day"}, "startOffset/offset"),
        ({"offsetType": 2}, "startOffset/offsetType"),
        ({"time": "25:00"}, "startOffset/time"),
        ({"time": 9}, "startOffset/time"),
    ],
)
def test_a_wrong_offset_is_refused_with_its_pointer(offset: dict[str, object], pointer: str) -> None:
    with pytest.raises(InvalidTime) as error:
        parse_offset(offset)
    assert error.value.pointer == pointer


@pytest.mark.parametrize("value", ["9999-12-31", "tomorrow", "2024-02-30", 1.5, "0001-01-01"])
def test_a_value_that_gives_no_moment_is_refused(value: object) -> None:
    with pytest.raises(InvalidTime) as error:
        trigger_time(value, parse_offset({"offset": -3 if value == "0001-01-01" else 3, "offsetUnit": "day"}), "UTC")
    assert str(error.value)


def timer(**more: object) -> dict[str, object]:
    return {"startField": "birthday", **more}


def test_a_row_runs_once_at_its_trigger_time_by_default() -> None:
    made = parse_date_timer(timer(startOffset={"offsetType": -1, "offset": 15, "offsetUnit": "minute"}), zone="UTC")
    schedule = made.schedule(FIELD)
    assert schedule is not None
    assert [shown(slot.at) for slot in schedule.slots(0, at("2100-01-01 00:00:00"))] == ["2025-03-10 13:45:00"]
    assert made.schedule(None) is None


def test_a_repeated_run_keeps_its_distance_from_the_field_in_hours() -> None:
    offset = {"offsetType": -1, "offset": 15, "offsetUnit": "hour"}
    schedule = parse_date_timer(timer(startOffset=offset, repeat={"repeatType": "day"}), zone="UTC").schedule(FIELD)
    assert schedule is not None
    found = [shown(when) for when in schedule.instants(0, at("2025-03-11 00:00:00"))]
    assert found == ["2025-03-09 23:00:00", "2025-03-10 23:00:00"]


def test_every_year_from_the_29th_of_february_uses_the_28th_in_other_years() -> None:
    schedule = parse_date_timer(timer(repeat={"repeatType": "year"}), zone="UTC").schedule("1992-02-29")
    assert schedule is not None
    assert shown(schedule.next_instant(at("2025-01-01 00:00:00"))) == "2025-02-28 00:00:00"
    assert shown(schedule.next_instant(at("2028-01-01 00:00:00"))) == "2028-02-29 00:00:00"


def test_a_repeated_offset_counts_from_the_field_and_not_from_the_first_run() -> None:
    made = parse_date_timer(
        timer(startOffset={"offset": -1, "offsetUnit": "day", "time": "09:00"}, repeat={"repeatType": "year"}),
        zone="UTC",
    )
    schedule = made.schedule("2001-03-01")
    assert schedule is not None
    assert shown(schedule.next_instant(0)) == "2001-02-28 09:00:00"
    assert shown(schedule.next_instant(at("2004-01-01 00:00:00"))) == "2004-02-29 09:00:00"


@pytest.mark.parametrize(
    ("end", "last"),
    [
        ({"endTimeType": 0, "endTime": "2025-03-12 14:00:00"}, "2025-03-12 14:00:00"),
        ({"endTimeType": 1, "endOffset": {"offset": 1, "offsetUnit": "day"}}, "2025-03-11 14:00:00"),
        ({"endOffset": {"offset": 1, "offsetUnit": "day"}}, "2025-03-11 14:00:00"),
        ({"endTimeType": 1, "endField": "end"}, "2025-03-14 14:00:00"),
    ],
)
def test_the_end_is_fixed_or_taken_from_a_field(end: dict[str, object], last: str) -> None:
    made = parse_date_timer(timer(repeat={"repeatType": "day"}, **end), zone="UTC")
    values = {"birthday": FIELD, "end": "2025-03-14 20:00:00"}
    schedule = made.schedule(FIELD, values.get(made.end_field))
    assert schedule is not None
    assert shown(schedule.last_until(at("2030-01-01 00:00:00"))) == last


def test_an_end_before_the_first_run_means_no_runs() -> None:
    made = parse_date_timer(timer(endTime="2025-01-01 00:00:00"), zone="UTC")
    assert made.schedule(FIELD) is None


def test_a_row_on_a_day_off_waits_for_the_next_workday() -> None:
    made = parse_date_timer(timer(skipHoliday=1), zone="UTC")
    schedule = made.schedule("2025-03-08 10:00:00")
    assert schedule is not None
    assert shown(schedule.next_instant(0)) == "2025-03-10 10:00:00"


@pytest.mark.parametrize(
    ("config", "pointer"),
    [
        ({}, "timerCfg/startField"),
        ({"startField": "x", "repeat": {"repeatType": "cron", "cron": "0 0 30 2 *"}}, "timerCfg/repeat"),
        ({"startField": "x", "endOffset": {"offsetUnit": "age"}}, "timerCfg/endOffset/offsetUnit"),
        ({"startField": "x", "endTimeType": 2}, "timerCfg/endTimeType"),
        ({"startField": "x", "startOffset": []}, "timerCfg/startOffset"),
    ],
)
def test_a_wrong_timer_of_a_date_field_is_refused_with_its_pointer(config: dict[str, object], pointer: str) -> None:
    with pytest.raises(InvalidTime) as error:
        parse_date_timer(config, zone="UTC")
    assert error.value.pointer == pointer


@pytest.mark.parametrize("kind", ["day", "week", "month", "year"])
@pytest.mark.parametrize(
    ("value", "hours", "first"),
    [
        ("2026-03-29 00:00:00", 3, "2026-03-29 04:00:00+02:00"),
        ("2026-03-29 04:00:00", -3, "2026-03-29 00:00:00+01:00"),
        ("2026-10-25 00:00:00", 3, "2026-10-25 02:00:00+01:00"),
    ],
)
def test_the_first_of_repeated_runs_comes_at_its_distance_across_a_clock_change(
    value: str, hours: int, first: str, kind: str
) -> None:
    config = timer(startOffset={"offset": hours, "offsetUnit": "hour"}, repeat={"repeatType": kind})
    made = parse_date_timer(config, zone="Europe/Berlin")
    schedule = made.schedule(value)
    assert schedule is not None
    assert shown(schedule.next_instant(0), "Europe/Berlin") == first
    assert schedule.next_instant(0) == made.trigger(value)
    second = schedule.next_instant(schedule.start)
    assert second is not None
    assert schedule.zone.local(second).hour == (int(value[11:13]) + hours) % 24
    assert schedule.count(0, second) == 2
