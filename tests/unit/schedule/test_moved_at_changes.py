"""Slots moved off days off where clocks change, on either of the days: none is lost, none comes twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from jitai_tasks.clock import instant
from jitai_tasks.schedule import Slot, parse_calendar, parse_timer, weekends_only
from jitai_tasks.schedule.series import walk

MINUTE = timedelta(minutes=1)
DAY = 86_400_000_000


def shown(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def first_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first minute that shows this wall time or, where a gap leaves it out, a later one."""
    moment = wall.replace(tzinfo=UTC) - timedelta(hours=15)
    while shown(moment, zone) < wall:
        moment += MINUTE
    return moment


def workday(day: date, off: set[int], step: int) -> date:
    while day.isoweekday() in off:
        day += timedelta(days=step)
    return day


def expected(nominal: list[Slot], zone: ZoneInfo, off: set[int], step: int) -> list[int]:
    found = set()
    for slot in nominal:
        at = slot.at
        wall = slot.named or shown(datetime.fromtimestamp(at / 1_000_000, UTC), zone)
        target = workday(wall.date(), off, step)
        moved = at if target == wall.date() else instant(first_instant(datetime.combine(target, wall.time()), zone))
        found.add(moved)
    return sorted(found)


@pytest.mark.parametrize("weekend", [[6, 7], [5, 6], [7, 1]])
@pytest.mark.parametrize("step", [1, -1])
@pytest.mark.parametrize("cron", ["*/40 * * * *", "30 1,2,3 * * *", "0 2 * * 7"])
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("Europe/Berlin", date(2026, 3, 29)),
        ("Europe/Berlin", date(2026, 10, 25)),
        ("America/Santiago", date(2026, 9, 6)),
    ],
)
def test_moved_slots_are_those_of_a_scan(name: str, change: date, cron: str, step: int, weekend: list[int]) -> None:
    zone, rule = ZoneInfo(name), {"repeat": {"repeatType": "cron", "cron": cron}}
    policy = "nextWorkday" if step > 0 else "previousWorkday"
    calendar = parse_calendar({"weekend": weekend})
    moved = parse_timer({**rule, "skipHoliday": 1, "holidayPolicy": policy}, zone=name, calendar=calendar)
    first = datetime.combine(change, time(), UTC) - timedelta(days=6)
    begin, end = instant(first), instant(first + timedelta(days=13))
    room = 4 * 86_400_000_000
    nominal = list(parse_timer(rule, zone=name).slots(begin - room, end + room))
    slots = [at for at in expected(nominal, zone, set(weekend), step) if begin < at <= end]
    assert list(walk(moved.series, begin, end)) == slots
    assert moved.count(begin, end) == len(slots)
    middle = instant(datetime.combine(change, time(3), UTC))
    assert moved.count(begin, middle) == sum(at <= middle for at in slots)
    assert moved.count(middle, end) == sum(at > middle for at in slots)


@pytest.mark.parametrize("gap", ["after", "before"])
@pytest.mark.parametrize("policy", ["nextWorkday", "previousWorkday"])
def test_a_slot_in_a_gap_on_a_day_off_goes_to_the_time_that_its_rule_names(policy: str, gap: str) -> None:
    daily = {"startTime": "2026-03-26 02:30:00", "repeat": {"repeatType": "day"}, "dst": {"gap": gap}}
    moving = {**daily, "skipHoliday": 1, "holidayPolicy": policy}
    schedule = parse_timer(moving, zone="Europe/Berlin", calendar=weekends_only())
    shown_days = [schedule.zone.local(at) for at in schedule.instants(schedule.start - 1, schedule.start + 6 * DAY)]
    assert shown_days == [datetime(2026, 3, 26, 2, 30) + timedelta(days=n) for n in (0, 1, 4, 5, 6)]


def test_a_moved_slot_is_named_as_the_rule_names_it() -> None:
    sundays = {"startTime": "2026-03-29 02:30:00", "repeat": {"repeatType": "week"}}
    timer = {**sundays, "skipHoliday": 1, "holidayPolicy": "nextWorkday"}
    schedule = parse_timer(timer, zone="Europe/Berlin", calendar=weekends_only())
    slot = schedule.next_after(schedule.start)
    assert slot is not None
    assert (schedule.zone.local(slot.at), slot.named) == (datetime(2026, 3, 30, 2, 30), datetime(2026, 3, 29, 2, 30))
