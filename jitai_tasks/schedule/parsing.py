"""From a timer configuration (`timerCfg`) to a Schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from jitai_tasks.errors import InvalidTime
from jitai_tasks.schedule.building import Span, build, shortest_distance, slots_a_day
from jitai_tasks.schedule.calendars import default_calendar
from jitai_tasks.schedule.civil import (
    DAY,
    FIRST_INSTANT,
    LAST_INSTANT,
    MINUTE,
    SECOND,
    datetime_of,
    parse_moment,
    wall_of,
)
from jitai_tasks.schedule.fields import Fields
from jitai_tasks.schedule.jitter import Jittered
from jitai_tasks.schedule.local import DstPolicy, Gap, LocalTime, Overlap
from jitai_tasks.schedule.reading import read_rule
from jitai_tasks.schedule.rule import Kind, Rule
from jitai_tasks.schedule.schedule import HolidayPolicy, Resting, Schedule
from jitai_tasks.schedule.workdays import Calendar
from jitai_tasks.schedule.zones import zone as zone_of

#: More slots a day than this are not moved to another day.
_MOST_MOVED = DAY // MINUTE
#: An end from here on is none: people write 9999-12-31 for it.
_FOREVER = datetime(9999, 12, 30)  # noqa: DTZ001 - wall time has no zone


def parse_timer(
    timer: Mapping[str, object],
    *,
    zone: str,
    calendar: Calendar | None = None,
    key: str = "",
    jitter: float = 0,
    pointer: str = "timerCfg",
) -> Schedule:
    """The schedule of a `timerCfg`, its local times meant in the IANA zone `zone`.

    `calendar` says which days are off if `skipHoliday` is 1 (default: China's, see `default_calendar`); `jitter` is
    its width in seconds, and `key` (the task's name) what each slot's delay is derived from.
    Raises InvalidTime with the pointer of the mistake, like `timerCfg/repeat/period`."""
    fields = Fields(timer, pointer)
    local = LocalTime(zone_of(fields.text("timezone") or zone), read_dst(fields))
    start = read_moment(fields, "startTime", local)
    rule = read_rule(fields.fields("repeat"), None if start is None else start.wall)
    span = _span(fields, start, read_end(fields, local))
    schedule = build(rule, local, span, read_resting(fields, rule, calendar))
    check_possible(schedule, fields)
    return with_jitter(schedule, jitter, key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A point in time as it is written, and the instant it means."""

    wall: datetime
    instant: int


def read_moment(fields: Fields, key: str, local: LocalTime) -> Moment | None:
    """A local time; None if absent."""
    if not fields.has(key):
        return None
    moment = parse_moment(fields.get(key), fields.at(key))
    wall = local.zone.read(moment)
    instant = local.one_instant(wall)
    if not FIRST_INSTANT <= instant <= LAST_INSTANT:
        raise fields.wrong(key, f"{fields.get(key)} is out of range; years 1 to 9999 are known")
    return Moment(wall=datetime_of(wall), instant=instant)


def read_end(fields: Fields, local: LocalTime) -> int:
    """The last instant of `endTime`: a whole second, or the whole day if it is a date."""
    if not fields.has("endTime"):
        return LAST_INSTANT
    text = fields.get("endTime")
    if parse_moment(text, fields.at("endTime")).replace(tzinfo=None) >= _FOREVER:
        return LAST_INSTANT
    end = read_moment(fields, "endTime", LocalTime(local.zone, DstPolicy(overlap=Overlap.SECOND)))
    assert end is not None
    is_date = len(text.strip()) == 10 if isinstance(text, str) else not isinstance(text, datetime)
    after = local.start_of_day(wall_of(end.wall) // DAY + 1) if is_date else end.instant + SECOND
    return min(after - 1, LAST_INSTANT)


def read_dst(fields: Fields) -> DstPolicy:
    """The `dst` object."""
    dst = fields.fields("dst")
    return DstPolicy(gap=dst.choice("gap", Gap, Gap.AFTER), overlap=dst.choice("overlap", Overlap, Overlap.FIRST))


def read_resting(
    fields: Fields, rule: Rule, calendar: Calendar | None, *, usual: HolidayPolicy = HolidayPolicy.CYCLE
) -> Resting | None:
    """What `skipHoliday` and `holidayPolicy` ask for; None if nothing."""
    # A single moment has no cycle to move by.
    usual = HolidayPolicy.NEXT if rule.kind is Kind.NORMAL else usual
    policy = fields.choice("holidayPolicy", HolidayPolicy, usual)
    if not fields.flag("skipHoliday"):
        return None
    if rule.kind is Kind.NORMAL and policy is HolidayPolicy.CYCLE:
        policy = HolidayPolicy.NEXT
    if policy is not HolidayPolicy.CYCLE and slots_a_day(rule) > _MOST_MOVED:
        raise fields.wrong("holidayPolicy", f"{policy} cannot move more than {_MOST_MOVED} slots a day; use cycle")
    return Resting(calendar=default_calendar() if calendar is None else calendar, policy=policy)


def with_jitter(schedule: Schedule, jitter: float, key: str) -> Schedule:
    """The same schedule with each slot later by up to `jitter` seconds. Raises InvalidTime at `jitter`."""
    if not 0 <= jitter <= DAY // SECOND:
        raise InvalidTime("jitter", f"expected seconds from 0 to {DAY // SECOND}, got {jitter!r}")
    width = round(jitter * SECOND)
    if width > shortest_distance(schedule.rule):
        raise InvalidTime("jitter", f"{jitter} seconds are more than the shortest distance between two runs")
    if width == 0:
        return schedule
    return replace(schedule, series=Jittered(schedule.series, width, key, schedule.start, schedule.end))


def _span(fields: Fields, start: Moment | None, end: int) -> Span:
    if start is None:
        return Span(start=FIRST_INSTANT, end=end)
    if end < start.instant:
        raise fields.wrong("endTime", f"{fields.get('endTime')} is before startTime {fields.get('startTime')}")
    return Span(start=start.instant, end=end, wall=wall_of(start.wall))


def check_possible(schedule: Schedule, fields: Fields) -> None:
    """Refuse a rule that would never run. Raises InvalidTime at `repeat` or `holidayPolicy`."""
    if schedule.nominal.next_instant(schedule.start - 1) is None:
        raise fields.wrong("repeat", "no date fits this rule; it would never run")
    if schedule.resting is not None and schedule.series.next_instant(schedule.start - 1) is None:
        raise fields.wrong(
            "holidayPolicy",
            f"all runs fall on days off of {schedule.resting.calendar}; use nextWorkday or previousWorkday",
        )
