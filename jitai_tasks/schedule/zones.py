"""A zone as a table of intervals with a constant offset, complete and exact, from the files that `zoneinfo` uses."""

from __future__ import annotations

import hashlib
import zoneinfo
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib import resources
from pathlib import Path

from jitai_tasks.clock import NO_ZONES
from jitai_tasks.errors import InvalidTime, did_you_mean, nearest
from jitai_tasks.schedule import tzfile
from jitai_tasks.schedule.civil import DAY, EPOCH_ORDINAL, LAST_DAY, SECOND, datetime_of, wall_of

#: No interval of a table ends later than this.
FAR = (LAST_DAY + 10) * DAY
#: Calendar, weekdays and clock changes repeat after 400 years.
CYCLE = 146_097 * DAY
#: So many years after the last listed change every change of a yearly rule has been seen, with some room.
_REACH = 404
_EARLY = -(1 << 62)


class Zone:
    """Offsets of one IANA zone: interval i starts at instant `starts[i]` and has `offsets[i]`; all microseconds.

    The table ends at `horizon`. What lies beyond is as it was some whole cycles before."""

    __slots__ = ("fingerprint", "horizon", "name", "offsets", "starts")

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        #: Changes when the zone's rules change: what was planned with another one is to be planned again.
        self.fingerprint = hashlib.sha256(data).hexdigest()[:16]
        file = tzfile.parse(data)
        self.starts = [_EARLY, *(at * SECOND for at, _ in file.transitions)]
        self.offsets = [file.first_offset * SECOND, *(offset * SECOND for _, offset in file.transitions)]
        #: The instant up to which the table is complete.
        self.horizon = FAR
        if file.rule is not None and file.rule.starts is not None:
            self._go_on(file.rule)

    def _go_on(self, rule: tzfile.YearlyRule) -> None:
        """Add the changes of the yearly rule to the listed ones."""
        listed = datetime_of(self.starts[-1]).year if len(self.starts) > 1 else 1970
        for year in range(listed, listed + _REACH):
            for at, offset in rule.transitions(year):
                _append(self.starts, self.offsets, at * SECOND, offset * SECOND)
        # Two days less than the last year: its last changes may belong to a rule that is written for the year after.
        self.horizon = (date(listed + _REACH, 1, 1).toordinal() - EPOCH_ORDINAL - 2) * DAY

    def offset(self, at: int) -> int:
        """What the wall clock is ahead of UTC at this instant."""
        if at >= self.horizon:
            at -= self.ahead(at)
        return self.offsets[bisect_right(self.starts, at) - 1]

    def wall(self, at: int) -> int:
        """What the wall clock shows at this instant."""
        near = at if at < self.horizon else at - self.ahead(at)
        return at + self.offsets[bisect_right(self.starts, near) - 1]

    def ahead(self, at: int) -> int:
        """How far an instant or a wall time beyond the table is ahead of the one in it that is like it: whole cycles.

        Two days before the horizon already count as beyond it: a wall time there may be an instant after it."""
        return max((at - self.horizon + 2 * DAY) // CYCLE + 1, 0) * CYCLE

    def pieces(self, after: int, until: int) -> Iterator[tuple[int, int, int]]:
        """(after, until] cut where the table ends and each whole cycle later.

        Each piece as (ahead, after, until): what it is ahead of the table, and where it lies in the table."""
        ahead = 0
        while after < until:
            border = self.horizon - 1 + ahead
            if after < border:
                yield ahead, after - ahead, min(until, border) - ahead
                after = border
            ahead += CYCLE

    def transitions(self, after: int, until: int) -> list[tuple[int, int, int]]:
        """(instant, offset before, offset after) of every change in (after, until]."""
        return [
            (self.starts[i] + ahead, self.offsets[i - 1], self.offsets[i])
            for ahead, begin, end in self.pieces(after, until)
            for i in range(max(bisect_right(self.starts, begin), 1), bisect_right(self.starts, end))
        ]

    def local(self, at: int) -> datetime:
        """The naive datetime on the wall at this instant."""
        return datetime_of(self.wall(at))

    def read(self, moment: datetime) -> int:
        """The wall time of a naive datetime (as it stands) or of an aware one (as this zone shows it)."""
        if moment.tzinfo is None:
            return wall_of(moment)
        return self.wall(wall_of(moment.astimezone(UTC).replace(tzinfo=None)))


@lru_cache(maxsize=1024)
def zone(name: object, pointer: str = "timezone") -> Zone:
    """The zone of an IANA name like `Europe/Berlin`. Raises InvalidTime at `pointer` for any other."""
    data = _read(name) if isinstance(name, str) else None
    if data is None or not isinstance(name, str):
        suggestion = nearest(str(name), zoneinfo.available_timezones() - NO_ZONES) if len(str(name)) < 60 else None
        raise InvalidTime(pointer, f"unknown time zone {name!r}{did_you_mean(suggestion)}")
    return Zone(name, data)


def _read(name: str) -> bytes | None:
    parts = name.split("/")
    if not name.isascii() or not all(part.strip(".") == part and part.isprintable() and part for part in parts):
        return None
    if parts[0] in NO_ZONES:
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
