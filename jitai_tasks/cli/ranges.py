"""Ranges of time as people type them: `--from`, `--to`, `--outage A..B`. A date alone means the whole day."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

import click

from ..clock import SECOND
from .moments import local, typed_instant

Command = TypeVar("Command", bound=Callable[..., object])

DAY = 86_400 * SECOND
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def range_options(command: Command) -> Command:
    """`--from` and `--to`, passed as `since: str` and `until: str`."""
    to = click.option("--to", "until", metavar="TIME", required=True, help="The last moment; a date is a whole day.")
    since = click.option("--from", "since", metavar="TIME", required=True, help='Like "2026-12-24" or an ISO moment.')
    return since(to(command))


def range_of(since: str, until: str, *, now: int, zone: str) -> tuple[int, int]:
    """The instants of the first and the last moment of a range."""
    start, end = typed_instant(since, now=now, zone=zone), last_instant(until, now=now, zone=zone)
    if end < start:
        raise click.UsageError(f"--to {until} is before --from {since}")
    return start, end


def last_instant(text: str, *, now: int, zone: str) -> int:
    """The last instant that a moment means: of the whole day, if it is a date."""
    if not _DATE.fullmatch(text.strip()):
        return typed_instant(text, now=now, zone=zone)
    # The next midnight on the clock: a day has 23, 24 or 25 hours.
    begin = typed_instant(text, now=now, zone=zone)
    return _midnight_after(begin, now=now, zone=zone) - 1


def outage_of(text: str, *, now: int, zone: str) -> tuple[int, int]:
    """ "2026-01-05 08:00..2026-01-05 18:00" as instants."""
    begin, dots, end = text.partition("..")
    if not dots:
        raise click.BadParameter(f"{text!r}: say it like 2026-01-05..2026-01-06", param_hint="--outage")
    return range_of(begin, end, now=now, zone=zone)


def _midnight_after(begin: int, *, now: int, zone: str) -> int:
    return typed_instant(local(begin + DAY + DAY // 8, zone)[:10], now=now, zone=zone)
