"""All zones, and their transitions 2000 to 2037, found by asking `zoneinfo`."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta

FIRST = datetime(2000, 1, 1, tzinfo=UTC)
LAST = datetime(2038, 1, 1, tzinfo=UTC)
_STEP = timedelta(days=2)
_MINUTE = timedelta(minutes=1)


def all_zones() -> list[str]:
    """The names of all zones."""
    return sorted(zoneinfo.available_timezones() - {"localtime", "Factory"})


def distinct_zones() -> list[str]:
    """One name for each history: the first of those that mean the same."""
    known: dict[object, str] = {}
    for name in all_zones():
        info = zoneinfo.ZoneInfo(name)
        history = tuple((moment, _offset(moment, info)) for moment in [FIRST, *transitions(name)])
        known.setdefault(history, name)
    return sorted(known.values())


def transitions(zone: str) -> list[datetime]:
    """The moments (UTC, whole minutes) at which the zone's offset changes."""
    info = zoneinfo.ZoneInfo(zone)
    found, before = [], FIRST
    while before < LAST:
        after = before + _STEP
        if _offset(before, info) != _offset(after, info):
            found.append(_between(before, after, info))
        before = after
    return found


def _between(before: datetime, after: datetime, info: zoneinfo.ZoneInfo) -> datetime:
    while after - before > _MINUTE:
        middle = before + (after - before) // _MINUTE // 2 * _MINUTE
        if _offset(middle, info) == _offset(before, info):
            before = middle
        else:
            after = middle
    return after


def _offset(moment: datetime, info: zoneinfo.ZoneInfo) -> timedelta | None:
    return moment.astimezone(info).utcoffset()
