"""How the tests of schedules write moments: wall time in a zone, as text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from jitai_tasks.clock import instant, moment
from jitai_tasks.schedule import Calendar, Schedule, parse_timer


def at(text: str, zone: str = "UTC", *, fold: int = 0) -> int:
    """The instant of a wall time."""
    return instant(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC))


def shown(when: int | None, zone: str = "UTC") -> str | None:
    """The wall time of an instant, with its offset unless the zone is UTC."""
    if when is None:
        return None
    local = moment(when).astimezone(ZoneInfo(zone))
    return local.replace(tzinfo=None).isoformat(" ") if zone == "UTC" else local.isoformat(" ")


def timer(
    repeat: Mapping[str, object],
    start: str | None = "2024-01-01 09:00:00",
    *,
    zone: str = "UTC",
    calendar: Calendar | None = None,
    **more: object,
) -> Schedule:
    """A schedule from its parts."""
    return parse_timer({"startTime": start, "repeat": repeat, **more}, zone=zone, calendar=calendar)


def following(schedule: Schedule, after: str, count: int = 1, *, zone: str = "UTC") -> list[str | None]:
    """The next `count` slots after a wall time."""
    found: list[str | None] = []
    when: int | None = at(after, zone)
    while when is not None and len(found) < count:
        when = schedule.next_instant(when)
        found.append(shown(when, zone))
    return found
