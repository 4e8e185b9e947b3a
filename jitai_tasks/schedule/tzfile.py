"""The compiled files of the IANA time zone database (RFC 9636): their transitions, and the rule for the years after."""

from __future__ import annotations

import re
import struct
from calendar import isleap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from jitai_tasks.schedule.civil import EPOCH_ORDINAL

_DAY = 86_400
_HEADER = struct.Struct(">4sc15x6l")
_RULE = re.compile(
    r"(?:<[^>]+>|[A-Za-z]+)(?P<std>[+-]?[\d:]+)"
    r"(?:(?:<[^>]+>|[A-Za-z]+)(?P<dst>[+-]?[\d:]+)?,(?P<start>[^,]+),(?P<end>[^,]+))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class YearlyChange:
    """One of the two changes of a yearly rule: a day in the POSIX forms `Mm.w.d`, `Jn` or `n`, and seconds after it."""

    form: str
    numbers: tuple[int, ...]
    seconds: int

    def at(self, year: int) -> int:
        """Seconds since 1970 on the wall clock that was valid before the change."""
        return (self._ordinal(year) - EPOCH_ORDINAL) * _DAY + self.seconds

    def _ordinal(self, year: int) -> int:
        if self.form == "M":
            return _nth_weekday(year, *self.numbers)
        first = date(year, 1, 1).toordinal()
        if self.form == "J":
            return first + self.numbers[0] - 1 + (isleap(year) and self.numbers[0] >= 60)
        return first + self.numbers[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class YearlyRule:
    """The rule after the last listed transition: an offset, and for zones with daylight saving its two changes."""

    standard: int
    daylight: int = 0
    starts: YearlyChange | None = None
    ends: YearlyChange | None = None

    def transitions(self, year: int) -> list[tuple[int, int]]:
        """(seconds since 1970 UTC, offset from then on), in order."""
        if self.starts is None or self.ends is None:
            return []
        return sorted(
            [
                (self.starts.at(year) - self.standard, self.daylight),
                (self.ends.at(year) - self.daylight, self.standard),
            ]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneFile:
    """What a compiled file says. All in seconds."""

    first_offset: int
    #: (seconds since 1970 UTC, offset from then on), in order.
    transitions: tuple[tuple[int, int], ...]
    rule: YearlyRule | None


def parse(data: bytes) -> ZoneFile:
    """Read a compiled file of version 1, 2, 3 or 4. Raises ValueError if it is none."""
    version, counts = _header(data, 0)
    start, width = _HEADER.size, 4
    if version >= 2:
        start += _block_size(counts, 4)
        _, counts = _header(data, start)
        start, width = start + _HEADER.size, 8
    footer = data[start + _block_size(counts, width) :] if version >= 2 else b""
    return _body(data[start:], counts, width, footer.strip().decode("ascii"))


def parse_rule(text: str) -> YearlyRule | None:
    """The footer of a file, like `CET-1CEST,M3.5.0,M10.5.0/3`; None for an empty one."""
    if not text:
        return None
    found = _RULE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no POSIX time zone rule")
    standard = -_seconds(found["std"])
    if found["start"] is None:
        return YearlyRule(standard=standard)
    daylight = -_seconds(found["dst"]) if found["dst"] else standard + 3600
    return YearlyRule(standard=standard, daylight=daylight, starts=_change(found["start"]), ends=_change(found["end"]))


def _header(data: bytes, start: int) -> tuple[int, tuple[int, ...]]:
    magic, version, *counts = _HEADER.unpack_from(data, start)
    if magic != b"TZif":
        raise ValueError("not a compiled time zone file")
    return int(version) if version.isdigit() else 1, tuple(counts)


def _block_size(counts: tuple[int, ...], width: int) -> int:
    isut, isstd, leaps, times, types, chars = counts
    return times * (width + 1) + types * 6 + chars + leaps * (width + 4) + isstd + isut


def _body(block: bytes, counts: tuple[int, ...], width: int, footer: str) -> ZoneFile:
    times, types = counts[3], counts[4]
    moments = struct.unpack_from(f">{times}{'q' if width == 8 else 'l'}", block, 0)
    indexes = struct.unpack_from(f">{times}B", block, times * width)
    begin = times * (width + 1)
    kinds = list(struct.iter_unpack(">lBB", block[begin : begin + types * 6]))
    first = next((offset for offset, is_dst, _ in kinds if not is_dst), kinds[0][0])
    changes = zip(moments, (kinds[index][0] for index in indexes), strict=True)
    return ZoneFile(first_offset=first, transitions=tuple(_real_changes(first, changes)), rule=parse_rule(footer))


def _real_changes(first: int, changes: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for (_, before), (at, after) in pairwise([(0, first), *changes]):
        if before != after:
            yield at, after


def _change(text: str) -> YearlyChange:
    day, _, clock = text.partition("/")
    form = day[0] if day[0] in "MJ" else ""
    numbers = tuple(int(number) for number in day[len(form) :].split("."))
    return YearlyChange(form=form, numbers=numbers, seconds=_seconds(clock) if clock else 7200)


def _seconds(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    hours, minutes, seconds = ([int(part) for part in text.lstrip("+-").split(":")] + [0, 0])[:3]
    return sign * (hours * 3600 + minutes * 60 + seconds)


def _nth_weekday(year: int, month: int, week: int, weekday: int) -> int:
    """The ordinal of the n-th weekday (0 = Sunday) of a month; the fifth is the last."""
    first = date(year, month, 1).toordinal()
    found = first + (weekday - first) % 7 + 7 * (week - 1)
    if week < 5:
        return found
    following = date(year + month // 12, month % 12 + 1, 1).toordinal()
    return found if found < following else found - 7
