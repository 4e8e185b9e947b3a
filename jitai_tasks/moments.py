"""Moments as users write them, and the instants they mean."""

from __future__ import annotations

from datetime import datetime

import arrow

from .clock import instant, moment
from .errors import InvalidTime
from .models.fields import plain
from .schedule.civil import FIRST_INSTANT, LAST_INSTANT, parse_moment
from .schedule.local import LocalTime
from .schedule.zones import zone as zone_of


def instant_of(value: object, *, zone: str, where: str) -> int:
    """The instant meant by text like "2026-03-01 09:00:00", a datetime, an Arrow object or a field that holds one.

    A moment without offset is meant in `zone`; one that daylight saving skips is the first instant after the gap.
    Raises InvalidTime at `where` for anything that is no moment, or none between the years 1 and 9999.
    """
    read = _datetime(plain(value), where)
    if read.tzinfo is not None:
        found = instant(read)
    else:
        local = LocalTime(zone_of(zone))
        found = local.one_instant(local.zone.read(read))
    if not FIRST_INSTANT <= found <= LAST_INSTANT:
        raise InvalidTime(where, f"{value} is out of range: from 0001-01-02 to before 9999-12-30 24:00 (UTC)")
    return found


def shown_time(at: int, zone: str) -> arrow.Arrow:
    """The Arrow object of an instant in a zone."""
    return arrow.get(moment(at)).to(zone)


def local_text(at: int, zone: str) -> str:
    """The instant as "YYYY-MM-DD HH:mm:ss" on the clocks of a zone."""
    return shown_time(at, zone).format("YYYY-MM-DD HH:mm:ss")


def _datetime(value: object, where: str) -> datetime:
    return value.datetime if isinstance(value, arrow.Arrow) else parse_moment(value, where)
