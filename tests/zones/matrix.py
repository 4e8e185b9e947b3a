"""One cell of the matrix: a transition of a zone, every kind of rule at the awkward times, against the oracle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from zoneinfo import ZoneInfo

from jitai_tasks.schedule import parse_timer
from jitai_tasks.schedule.series import walk
from tests.zones import oracle

HALF = timedelta(hours=28)
#: For the few transitions that move the date.
LONG_HALF = timedelta(hours=60)
SECOND = 1_000_000
ANCHOR = datetime(1999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True)
class Cell:
    """A zone around one of its transitions (UTC)."""

    zone: str
    transition: datetime

    @cached_property
    def time(self) -> oracle.Stretch:
        return oracle.stretch(self.zone, self.transition, LONG_HALF if self._moves_the_date else HALF)

    @cached_property
    def _moves_the_date(self) -> bool:
        walls = oracle.stretch(self.zone, self.transition, timedelta(hours=1)).walls
        return abs(walls[-1] - walls[0]) > timedelta(hours=6)

    def differences(self) -> Iterator[str]:
        """One line per rule that does not do what the oracle says."""
        for repeat, names, start in self._calendar_rules():
            named = oracle.named(self.time, names)
            for gap, overlap in (("after", "first"), ("before", "second"), ("skip", "both")):
                expected = oracle.fires(self.time, named, gap, overlap)
                yield from self._compare(repeat, start, expected, {"gap": gap, "overlap": overlap})
        for expression in self._cron_texts():
            wild = expression.startswith("*") or expression.split()[1].startswith("*")
            policy = ("skip", "both") if wild else ("after", "first")
            named = oracle.named(self.time, oracle.cron(expression))
            expected = oracle.fires(self.time, named, *policy)
            yield from self._compare({"repeatType": "cron", "cron": expression}, None, expected, {})
        for kind, unit, period in (("minute", 60, 7), ("hour", 3600, 5), ("second", 1, 2460)):
            expected = oracle.elapsed(self.time, ANCHOR, timedelta(seconds=unit * period))
            repeat = {"repeatType": kind, "period": period}
            yield from self._compare(repeat, ANCHOR.astimezone(self._info), expected, {})

    @property
    def _info(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def _times(self) -> list[datetime]:
        """Awkward wall times: the edges of the gap or overlap, one in it, midnight, noon."""
        middle = len(self.time.walls) // 2
        before, after = self.time.walls[middle - 1] + oracle.MINUTE, self.time.walls[middle]
        low, high = min(before, after), max(before, after)
        inside = low + (high - low) / oracle.MINUTE // 2 * oracle.MINUTE
        noon = low.replace(hour=12, minute=0)
        return sorted({low - oracle.MINUTE, low, inside, high - oracle.MINUTE, high, noon, noon.replace(hour=0)})

    def _calendar_rules(self) -> Iterator[tuple[dict[str, object], oracle.Names, datetime]]:
        for wall in self._times():
            start = wall.replace(year=1999, month=8, day=1) + timedelta(days=wall.day)
            near = sorted({(wall + timedelta(days=n)).day for n in (-1, 0, 1)})
            months = sorted({(wall + timedelta(days=n)).month for n in (-1, 0, 1)})
            week, weekday = (wall.day - 1) // 7 + 1, wall.isoweekday()
            rules: list[dict[str, object]] = [
                {"repeatType": "day", "period": 1},
                {"repeatType": "week", "period": 1, "weekday": [weekday, weekday % 7 + 1]},
                {"repeatType": "month", "period": 1, "day": near},
                {"repeatType": "month", "period": 1, "week": week, "weekday": [weekday]},
                {"repeatType": "year", "period": 1, "month": months, "day": near},
            ]
            for repeat in rules:
                yield repeat, oracle.rule(repeat, start), start

    def _cron_texts(self) -> Iterator[str]:
        for wall in self._times():
            yield f"{wall.minute} {wall.hour} * * *"
            yield f"{wall.minute} {wall.hour} {wall.day} {wall.month} *"
        first, last = self._times()[0], self._times()[-1]
        yield f"0,20,{first.minute} {first.hour},{last.hour},3 * * *"
        yield f"*/30 {first.hour} * * *"
        yield f"{first.minute} * * * *"
        yield "*/15 * * * *"

    def _compare(
        self, repeat: dict[str, object], start: datetime | None, expected: list[int], dst: dict[str, str]
    ) -> Iterator[str]:
        timer = {"startTime": start, "repeat": repeat, "dst": dst}
        schedule = parse_timer(timer, zone=self.zone)
        first, last = self.time.instant(0) * SECOND, self.time.instant(len(self.time.walls) - 1) * SECOND
        edge = (26 if self._moves_the_date else 3) * 3600 * SECOND
        # Near the edges the stretch does not show both minutes of an overlap, or the gap that moves a slot.
        inner = [each for each in expected if first + edge <= each * SECOND <= last - edge]
        begin, end = first + edge - 1, last - edge
        got = [at // SECOND for at in walk(schedule.series, begin, end)]
        if got != inner:
            yield f"{self.zone} {self.transition:%Y-%m-%d} {timer}: {_first_difference(got, inner)}"
        if any(a >= b for a, b in pairwise(got)) or schedule.count(begin, end) != len(got):
            yield f"{self.zone} {self.transition:%Y-%m-%d} {timer}: not increasing, or counted wrongly"
        if [at // SECOND for at in schedule.instants(begin, end)] != got:
            yield f"{self.zone} {self.transition:%Y-%m-%d} {timer}: listed and walked are not the same"
        middle = int(self.transition.timestamp())
        for asked in range(middle - 5400, middle + 5400, 420):
            answer = next((at for at in got if at > asked), None)
            if answer is not None and schedule.next_instant(asked * SECOND) != answer * SECOND:
                yield f"{self.zone} {self.transition:%Y-%m-%d} {timer}: after {oracle.utc(asked)}"


def _first_difference(got: list[int], expected: list[int]) -> str:
    odd = sorted(set(got) ^ set(expected))[:4]
    return ", ".join(f"{oracle.utc(at)} {'unexpected' if at in got else 'missing'}" for at in odd)
