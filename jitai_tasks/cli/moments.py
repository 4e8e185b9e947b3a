"""Moments as people read and type them. Inside they are microseconds since 1970 UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import click

from ..clock import SECOND, instant, moment

LATER = re.compile(r"\+?\s*(\d{1,9})\s*(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?)")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
STEPS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def local(at: int | None, zone: str) -> str:
    """ "2026-11-21 09:00:00" in the app's zone; "" for None."""
    return "" if at is None else f"{moment(at).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}"


def iso(at: int | None) -> str | None:
    """ "2026-11-21T08:00:00.000000Z": what `--json` shows."""
    return None if at is None else moment(at).isoformat(timespec="microseconds").replace("+00:00", "Z")


def away(at: int, now: int) -> str:
    """ "in 5 s", "2 min ago", "now"."""
    if abs(at - now) < SECOND // 2:
        return "now"
    return f"in {span(at - now)}" if at > now else f"{span(now - at)} ago"


def span(microseconds: int) -> str:
    """A length of time with one unit: "850 ms", "12.3 s", "5 min", "3 h", "12 d"."""
    seconds = microseconds / SECOND
    if seconds < 1:
        return f"{max(round(seconds * 1000), 0)} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    size, unit = next(step for step in STEPS if seconds >= step[0])
    return f"{round(seconds / size)} {unit}"


def typed(text: str, *, now: int, zone: str) -> datetime:
    """The moment behind "2026-12-24 18:00", "18:00" (the next one), "+30 min" or an ISO moment with an offset."""
    try:
        found = _typed(text, now=now, zone=zone)
        found.astimezone(UTC)
    except OverflowError:
        raise click.BadParameter(f"{text!r} is beyond the dates there are") from None
    return found


def _typed(text: str, *, now: int, zone: str) -> datetime:
    later = LATER.fullmatch(text.strip().lower())
    if later:
        return moment(now) + timedelta(**{UNITS[later[2][0]]: int(later[1])})
    here = ZoneInfo(zone)
    if re.fullmatch(r"\d{1,2}:\d\d(:\d\d)?", text.strip()):
        return _next_time_of_day(text.strip().rjust(5, "0"), moment(now).astimezone(here))
    try:
        parsed = datetime.fromisoformat(text.strip())
    except ValueError:
        raise click.BadParameter(f'{text!r}: say it like "2026-12-24 18:00", "18:00" or "+30 min"') from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=here)


def typed_instant(text: str, *, now: int, zone: str) -> int:
    """What `typed` answers, in microseconds since 1970 UTC."""
    return instant(typed(text, now=now, zone=zone).astimezone(UTC))


def _next_time_of_day(text: str, now: datetime) -> datetime:
    try:
        today = datetime.combine(now.date(), time.fromisoformat(text), now.tzinfo)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no time of day") from None
    return today if today > now else today + timedelta(days=1)
