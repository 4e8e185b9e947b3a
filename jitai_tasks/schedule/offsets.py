"""From the value of a date field to the moment a task is due: offsets before and after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC

from jitai_tasks.errors import InvalidTime
from jitai_tasks.schedule.civil import (
    DAY,
    FIRST_INSTANT,
    HOUR,
    LAST_INSTANT,
    MINUTE,
    SECOND,
    parse_moment,
    parse_time_of_day,
    wall_of,
)
from jitai_tasks.schedule.fields import Fields, not_one_of
from jitai_tasks.schedule.local import LocalTime
from jitai_tasks.schedule.zones import Zone
from jitai_tasks.schedule.zones import zone as zone_of

_UNITS = {"second": SECOND, "minute": MINUTE, "hour": HOUR, "day": DAY}
_LONGEST = 36_525 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Offset:
    """How far from a value: some days on the calendar, or an elapsed time; and perhaps a time of day."""

    days: int = 0
    #: Microseconds; 0 if `time` is given.
    elapsed: int = 0
    #: Microseconds after midnight that replace the value's own time of day.
    time: int | None = None


ON_TIME = Offset()


def parse_offset(
    config: Mapping[str, object] | None, pointer: str = "startOffset", *, time_ignores_offset: bool = False
) -> Offset:
    """An offset object in either spelling: units with or without `s`, the sign in `offsetType` or in `offset`.

    `time` goes with whole days; smaller units are ignored beside it (all are with `time_ignores_offset`, the literal
    reading of the documentation). Raises InvalidTime with the pointer of the mistake."""
    if config is None:
        return ON_TIME
    fields = Fields(config, pointer)
    unit = _unit(fields)
    sign = fields.integer("offsetType", -1, 1, default=1)
    most = _LONGEST // _UNITS[unit]
    amount = sign * fields.integer("offset", -most, most, default=0)
    time = parse_time_of_day(fields.get("time"), fields.at("time")) if fields.has("time") else None
    if time is not None and time_ignores_offset:
        return Offset(time=time)
    if unit == "day":
        return Offset(days=amount, time=time)
    return Offset(elapsed=0 if time is not None else amount * _UNITS[unit], time=time)


def trigger_time(value: object, offset: Offset, zone: str | Zone | LocalTime, *, pointer: str = "") -> int:
    """When a task is due for a value of a date field, as an instant.

    A date means its midnight; a naive datetime or a text is wall time of `zone`, an aware one is the moment it is; a
    whole number is an instant. Raises InvalidTime at `pointer` if the value is no date, or the result out of range."""
    local = _local(zone)
    instant = _instant(value, local, pointer)
    if offset.days or offset.time is not None:
        target = shifted(local.zone.wall(instant), offset)
        instant = local.one_instant(target) if FIRST_INSTANT <= target <= LAST_INSTANT else LAST_INSTANT + 1
    due = instant + offset.elapsed
    if not FIRST_INSTANT <= due <= LAST_INSTANT:
        raise InvalidTime(pointer, f"{value} moved by the offset is out of range; years 1 to 9999 are known")
    return due


def shifted(wall: int, offset: Offset) -> int:
    """A wall time moved by the days and the time of day of an offset."""
    day, time = divmod(wall, DAY)
    return (day + offset.days) * DAY + (time if offset.time is None else offset.time)


def _unit(fields: Fields) -> str:
    text = (fields.text("offsetUnit") or "hour").lower()
    unit = text.removesuffix("s")
    if unit not in _UNITS:
        raise fields.wrong("offsetUnit", not_one_of(text, list(_UNITS)))
    return unit


def _local(zone: str | Zone | LocalTime) -> LocalTime:
    if isinstance(zone, LocalTime):
        return zone
    return LocalTime(zone_of(zone) if isinstance(zone, str) else zone)


def _instant(value: object, local: LocalTime, pointer: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    moment = parse_moment(value, pointer)
    if moment.tzinfo is not None:
        return wall_of(moment.astimezone(UTC).replace(tzinfo=None))
    return local.one_instant(wall_of(moment))
