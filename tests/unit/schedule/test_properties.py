"""Properties that hold for every schedule."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import islice, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from jitai_tasks.errors import InvalidTime
from jitai_tasks.schedule import Misfire, MisfirePolicy, Moved, Schedule, catch_up, parse_timer
from jitai_tasks.schedule.building import Span, build
from jitai_tasks.schedule.schedule import HolidayPolicy, Resting, Slot
from jitai_tasks.schedule.series import walk
from tests.unit.schedule import strategies as some
from tests.unit.schedule.vectors import at, shown
from tests.zones import oracle

DAY = 86_400_000_000
offsets = st.integers(-40 * DAY, 900 * DAY)


@settings(max_examples=100, deadline=None)
@given(some.calendar_rules, some.starts, st.integers(0, 4000))
def test_slots_are_the_days_that_a_scan_of_all_days_finds(
    repeat: dict[str, object], start: datetime, days: int
) -> None:
    names, first = oracle.rule(repeat, start), start + timedelta(days=days)
    scanned = [moment for n in range(800) if names(moment := first + timedelta(days=n))]
    try:
        schedule = parse_timer({"startTime": start, "repeat": repeat}, zone="UTC")
    except InvalidTime:
        assert scanned == []
        return
    last = at(str(first + timedelta(days=799)))
    assert [shown(when) for when in schedule.instants(at(str(first)) - 1, last)] == [str(each) for each in scanned]
    assert schedule.count(at(str(first)) - 1, last) == len(scanned)


@settings(max_examples=100, deadline=None)
@given(some.schedules(), offsets, st.integers(0, 120 * DAY))
def test_walking_listing_and_counting_agree_and_slots_increase(schedule: Schedule, offset: int, length: int) -> None:
    after = schedule.start + offset
    walked = list(walk(schedule.series, max(after, schedule.start - 1), min(after + length, schedule.end)))
    listed = list(schedule.instants(after, after + length))
    assert walked == listed
    assert schedule.count(after, after + length) == len(listed)
    assert all(a < b for a, b in pairwise(listed))
    assert all(schedule.start <= when <= schedule.end for when in listed)
    if listed:
        assert schedule.last_until(after + length) == listed[-1]
        assert schedule.next_instant(listed[-1] - 1) == listed[-1]
        assert schedule.nth_last(len(listed), after + length) in range(after - DAY * 400, listed[0])


@settings(max_examples=100, deadline=None)
@given(some.schedules(jitter=False), offsets)
def test_every_slot_stands_where_the_rule_names_it_or_says_why_not(schedule: Schedule, offset: int) -> None:
    for slot in islice(schedule.slots(schedule.start + offset, schedule.start + offset + 400 * DAY), 40):
        nominal = schedule.nominal.next_instant(slot.at - 1) == slot.at
        assert slot.planned == slot.at
        if slot.moved is None:
            assert nominal
        elif slot.moved is Moved.HOLIDAY:
            assert not nominal
            assert slot.named is not None
            assert slot.named.date() != schedule.zone.local(slot.at).date()


@settings(max_examples=100, deadline=None)
@given(some.schedules(resting=False, jitter=False), some.calendars, st.sampled_from(["nextWorkday", "previousWorkday"]))
def test_moved_slots_equal_moving_them_one_by_one(
    schedule: Schedule, calendar: some.RandomCalendar, policy: str
) -> None:
    step = 1 if policy == "nextWorkday" else -1
    nominal = list(islice(schedule.slots(schedule.start - 1, schedule.start + 300 * DAY), 500))
    if not nominal:
        return
    expected = {_moved_by_hand(schedule, calendar, each, step) for each in nominal}
    moved = _with_holidays(schedule, calendar, policy)
    last = nominal[-1].at - 30 * DAY
    wanted = sorted(each for each in expected if moved.start <= each <= min(last, moved.end))
    assert list(moved.instants(moved.start - 1, last)) == wanted


def _moved_by_hand(schedule: Schedule, calendar: some.RandomCalendar, slot: Slot, step: int) -> int:
    local = schedule.zone.local(slot.at)
    day: date = local.date()
    while not calendar.is_workday(day):
        day += timedelta(days=step)
    if day == local.date():
        return slot.at
    named = slot.named or local  # a time that the clock skips on this day may exist on the other one
    moved = datetime.combine(day, named.time())
    return schedule.local.one_instant(schedule.zone.read(moved))


def _with_holidays(schedule: Schedule, calendar: some.RandomCalendar, policy: str) -> Schedule:
    span = Span(start=schedule.start, end=schedule.end, wall=schedule.anchor)
    resting = Resting(calendar=calendar, policy=HolidayPolicy(policy))
    return build(schedule.rule, schedule.local, span, resting)


@settings(max_examples=100, deadline=None)
@given(
    some.schedules(),
    offsets,
    st.integers(1, 60 * DAY),
    st.sampled_from(list(Misfire)),
    st.integers(0, 3 * DAY),
    st.integers(1, 30),
)
def test_missed_slots_either_run_or_are_counted_as_skipped(
    schedule: Schedule, offset: int, length: int, misfire: Misfire, grace: int, most: int
) -> None:
    watermark = schedule.start + offset
    now = watermark + length
    missed = list(schedule.instants(watermark, now))
    policy = MisfirePolicy(misfire=misfire, grace=grace, most=most)
    slots, skipped = catch_up(schedule, watermark, now, policy)
    count = len(slots)
    assert [slot.at for slot in slots] == missed[len(missed) - count :]
    left = missed[: len(missed) - count]
    found = [skipped.first, skipped.last, skipped.count] if skipped else []
    assert found == ([left[0], left[-1], len(left)] if left else [])
    late = [when for when in missed if now - when <= grace]
    expected = {Misfire.SKIP: min(len(late), most), Misfire.RUN_ONCE: 1, Misfire.RUN_ALL: min(len(missed), most)}
    assert count == (expected[misfire] if missed else 0)
