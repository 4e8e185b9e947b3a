"""A zone as a table of intervals with a constant offset, complete and exact, from the files that `zoneinfo` uses."""

from __future__ import annotations

import hashlib
import zoneinfo
from bisect import bisect_right
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from jitai_tasks.errors import InvalidTime, did_you_mean, nearest
from jitai_tasks.schedule import tzfile
from jitai_tasks.schedule.civil import DAY, EPOCH_ORDINAL, LAST_DAY, LAST_INSTANT, SECOND, datetime_of, wall_of

#: No interval of a table ends later than this.
FAR = (LAST_DAY + 10) * DAY
#: A new table reaches this year; it grows when a later one is asked for.
_FIRST_REACH = 2100
_EARLY = -(1 << 62)


class _Offsets(NamedTuple):
    starts: list[int]
    offsets: list[int]
    #: The year up to whose end the lists are complete.
    year: int


class Zone:
    """Offsets of one IANA zone: interval i starts at instant `starts[i]` and has `offsets[i]`; all microseconds."""

    __slots__ = ("_rule", "_table", "fingerprint", "name")

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        #: Changes when the zone's rules change: what was planned with another one is to be planned again.
        self.fingerprint = hashlib.sha256(data).hexdigest()[:16]
        file = tzfile.parse(data)
        self._rule = file.rule if file.rule is not None and file.rule.starts is not None else None
        starts = [_EARLY, *(at * SECOND for at, _ in file.transitions)]
        offsets = [file.first_offset * SECOND, *(offset * SECOND for _, offset in file.transitions)]
        listed = datetime_of(starts[-1]).year if len(starts) > 1 else 1970
        self._table = _Offsets(starts, offsets, listed if self._rule else 9999)
        self.reach(_FIRST_REACH)

    @property
    def horizon(self) -> int:
        """The instant up to which the table is complete."""
        return _end_of(self._table.year)

    def table(self) -> tuple[list[int], list[int], int]:
        """`starts`, `offsets` and the instant up to which they are complete. Not to be changed."""
        return self._table.starts, self._table.offsets, _end_of(self._table.year)

    def reach(self, year: int) -> None:
        """Make the table complete up to the end of `year`."""
        old = self._table
        if self._rule is None or year <= old.year:
            return
        starts, offsets = list(old.starts), list(old.offsets)
        for each in range(old.year, min(year, 9999) + 1):
            for at, offset in self._rule.transitions(each):
                _append(starts, offsets, at * SECOND, offset * SECOND)
        # A new table in one assignment: other threads keep reading the old one, which is right as far as it goes.
        self._table = _Offsets(starts, offsets, min(year, 9999))

    def offset(self, at: int) -> int:
        """What the wall clock is ahead of UTC at this instant."""
        table = self._cover(at)
        return table.offsets[bisect_right(table.starts, at) - 1]

    def wall(self, at: int) -> int:
        """What the wall clock shows at this instant."""
        return at + self.offset(at)

    def transitions(self, after: int, until: int) -> list[tuple[int, int, int]]:
        """(instant, offset before, offset after) of every change in (after, until]."""
        starts, offsets, _ = self._cover(until)
        first, last = bisect_right(starts, after), bisect_right(starts, until)
        return [(starts[i], offsets[i - 1], offsets[i]) for i in range(max(first, 1), last)]

    def local(self, at: int) -> datetime:
        """The naive datetime on the wall at this instant."""
        return datetime_of(self.wall(at))

    def read(self, moment: datetime) -> int:
        """The wall time of a naive datetime (as it stands) or of an aware one (as this zone shows it)."""
        if moment.tzinfo is None:
            return wall_of(moment)
        return self.wall(wall_of(moment.astimezone(UTC).replace(tzinfo=None)))

    def _cover(self, at: int) -> _Offsets:
        if at >= self.horizon:
            self.reach(min(datetime_of(min(at, LAST_INSTANT)).year + 50, 9999))
        return self._table


@lru_cache(maxsize=1024)
def zone(name: object, pointer: str = "timezone") -> Zone:
    """The zone of an IANA name like `Europe/Berlin`. Raises InvalidTime at `pointer` for any other."""
    data = _read(name) if isinstance(name, str) else None
    if data is None or not isinstance(name, str):
        suggestion = nearest(str(name), zoneinfo.available_timezones()) if len(str(name)) < 60 else None
        raise InvalidTime(pointer, f"unknown time zone {name!r}{did_you_mean(suggestion)}")
    return Zone(name, data)


def _read(name: str) -> bytes | None:
    parts = name.split("/")
    if not name.isascii() or not all(part.strip(".") == part and part.isprintable() and part for part in parts):
        return None
    for folder in zoneinfo.TZPATH:
        data = _compiled(Path(folder, *parts))
        if data is not None:
            return data
    return _packaged(parts)


def _compiled(path: Path) -> bytes | None:
    try:
        data = path.read_bytes()
    except OSError:
        return None
    return data if data.startswith(b"TZif") else None


def _packaged(parts: list[str]) -> bytes | None:
    try:
        data = resources.files("tzdata").joinpath("zoneinfo", *parts).read_bytes()
    except (ModuleNotFoundError, OSError):
        return None
    return data if data.startswith(b"TZif") else None


def _append(starts: list[int], offsets: list[int], at: int, offset: int) -> None:
    if at == starts[-1]:
        # One year's end of daylight saving is the next one's begin: it is never off.
        starts.pop()
        offsets.pop()
    if at > starts[-1] and offset != offsets[-1]:
        starts.append(at)
        offsets.append(offset)


def _end_of(year: int) -> int:
    # Two days less than the year: its last changes may belong to a rule that is written for the year after.
    return FAR if year >= 9999 else (date(year + 1, 1, 1).toordinal() - EPOCH_ORDINAL - 2) * DAY
