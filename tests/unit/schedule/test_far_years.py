"""Beyond the years that a zone's table holds, clocks change as they did whole cycles of 400 years before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from jitai_tasks.clock import instant
from jitai_tasks.schedule import parse_timer, zone
from jitai_tasks.schedule.civil import DAY, LAST_INSTANT
from jitai_tasks.schedule.series import walk

ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Shanghai"]


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("year", [2101, 2407, 2437, 2440, 2441, 2842, 4242, 9995])
def test_the_clock_on_the_wall_is_that_of_zoneinfo(name: str, year: int) -> None:
    table, info, first = zone(name), ZoneInfo(name), datetime(year, 1, 1, 0, 30, tzinfo=UTC)
    for moment in (first + timedelta(hours=7 * n) for n in range(3 * 366)):
        assert table.local(instant(moment)) == moment.astimezone(info).replace(tzinfo=None)


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("dst", [{}, {"gap": "before", "overlap": "second"}, {"gap": "skip", "overlap": "both"}])
@pytest.mark.parametrize("clock", ["00:00", "01:45", "02:30", "03:00"])
def test_slots_at_the_end_of_the_table_are_those_of_a_cycle_before(name: str, dst: object, clock: str) -> None:
    timer = {"startTime": f"1999-01-01 {clock}:00", "repeat": {"repeatType": "day"}, "dst": dst}
    schedule = parse_timer(timer, zone=name)
    horizon, cycle = min(schedule.zone.horizon, LAST_INSTANT - 150_000 * DAY), 146_097 * DAY
    for begin in (horizon - 400 * DAY, horizon + cycle - 400 * DAY):
        end = begin + 800 * DAY
        near = list(walk(schedule.series, begin - cycle, end - cycle))
        assert list(walk(schedule.series, begin, end)) == [each + cycle for each in near]
        assert list(schedule.instants(begin, end)) == [each + cycle for each in near]
        assert schedule.count(begin, end) == len(near)
        assert all(a < b for a, b in pairwise(near))
        assert [slot.named is None for slot in schedule.slots(begin, end)] == [
            slot.named is None for slot in schedule.slots(begin - cycle, end - cycle)
        ]


def test_a_rule_that_comes_once_in_many_centuries_is_found() -> None:
    timer = {"startTime": "2000-02-29 02:30:00", "repeat": {"repeatType": "year", "period": 100}}
    schedule = parse_timer({**timer, "repeat": {**timer["repeat"], "monthOverflow": "skip"}}, zone="Europe/Berlin")  # type: ignore[dict-item]
    found = [schedule.zone.local(at) for at in walk(schedule.series, schedule.start, LAST_INSTANT)]
    assert found == [datetime(2000 + 400 * n, 2, 29, 2, 30) for n in range(1, 20)]
    assert schedule.count(schedule.start, LAST_INSTANT) == 19


def test_an_end_in_the_year_9999_is_exact() -> None:
    timer = {"startTime": "2026-01-01 09:00:00", "endTime": "9999-12-29 09:00:00", "repeat": {"repeatType": "day"}}
    schedule = parse_timer(timer, zone="America/New_York")
    assert schedule.zone.local(schedule.end) == datetime(9999, 12, 29, 9, 0, 0, 999_999)
    assert schedule.last_until(LAST_INSTANT) == schedule.end - 999_999
    assert schedule.next_instant(schedule.end - 999_999) is None


def test_the_last_day_of_all_is_an_end_for_ever() -> None:
    timer = {"startTime": "2026-01-01 09:00:00", "endTime": "9999-12-31 23:59:59", "repeat": {"repeatType": "day"}}
    assert parse_timer(timer, zone="Asia/Shanghai").end == LAST_INSTANT
