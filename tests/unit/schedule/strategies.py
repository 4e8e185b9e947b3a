"""Hypothesis strategies: rules, starts, zones, calendars, whole schedules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hypothesis import reject
from hypothesis import strategies as st

from jitai_tasks.errors import InvalidTime
from jitai_tasks.schedule import Schedule, parse_timer

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Shanghai",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
)
FIRST, LAST = (datetime.fromisoformat(text) for text in ("1999-01-01", "2030-12-31"))
starts = st.datetimes(FIRST, LAST).map(lambda moment: moment.replace(microsecond=0))
_days = st.lists(st.integers(-31, 31).filter(bool), min_size=1, max_size=4, unique=True)
_weekdays = st.lists(st.integers(1, 7), min_size=1, max_size=4, unique=True)
_months = st.lists(st.integers(1, 12), min_size=1, max_size=4, unique=True)
_weeks = st.sampled_from([1, 2, 3, 4, 5, -1])
_overflow = st.sampled_from(["clamp", "skip"])


def _slower(rule: dict[str, object]) -> dict[str, object]:
    return rule | {"period": int(str(rule["period"])) + 600}


def _by(kind: str, most: int, **more: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries({"repeatType": st.just(kind), "period": st.integers(1, most), **more})


calendar_rules = st.one_of(
    _by("day", 40),
    _by("week", 6, weekday=_weekdays),
    _by("month", 14, day=_days, monthOverflow=_overflow),
    _by("month", 14, week=_weeks, weekday=_weekdays),
    _by("year", 5, month=_months, day=_days, monthOverflow=_overflow),
    _by("year", 5, month=_months, week=_weeks, weekday=_weekdays),
)
elapsed_rules = st.one_of(_by("hour", 100), _by("minute", 3000), _by("second", 200_000).map(_slower))
cron_rules = st.builds(
    lambda minute, hour, day, weekday: {"repeatType": "cron", "cron": f"{minute} {hour} {day} * {weekday}"},
    st.sampled_from(["0", "30", "5,35", "*/20", "59"]),
    st.sampled_from(["2", "0", "1-3", "23", "*/6", "2,14"]),
    st.sampled_from(["*", "1", "L", "15W", "LW", "10-20/3", "*/9"]),
    st.sampled_from(["*", "1-5", "FRI", "6,0", "1#2", "5L"]),
)
rules = st.one_of(calendar_rules, elapsed_rules, cron_rules)


@dataclass(frozen=True)
class RandomCalendar:
    """Days off by the weekday and by a pattern that no rule has."""

    weekend: frozenset[int]
    every: int

    def is_workday(self, day: date) -> bool:
        return day.isoweekday() not in self.weekend and day.toordinal() * 7919 % 1000 >= self.every

    def covers(self, year: int) -> bool:
        return True


calendars = st.builds(
    RandomCalendar, st.sampled_from([frozenset({6, 7}), frozenset({5}), frozenset()]), st.integers(0, 300)
)


@st.composite
def schedules(draw: st.DrawFn, *, resting: bool = True, jitter: bool = True) -> Schedule:
    """Any schedule that `parse_timer` accepts."""
    start = draw(starts)
    timer: dict[str, object] = {
        "startTime": start,
        "repeat": draw(rules),
        "dst": {
            "gap": draw(st.sampled_from(["after", "before", "skip"])),
            "overlap": draw(st.sampled_from(["first", "second", "both"])),
        },
    }
    if draw(st.booleans()):
        timer["endTime"] = start + timedelta(days=draw(st.integers(1, 2000)))
    if resting and draw(st.booleans()):
        timer["skipHoliday"] = 1
        timer["holidayPolicy"] = draw(st.sampled_from(["cycle", "nextWorkday", "previousWorkday"]))
    try:
        return parse_timer(
            timer,
            zone=draw(st.sampled_from(ZONES)),
            calendar=draw(calendars),
            key="tasks.Any",
            jitter=draw(st.sampled_from([0, 0, 45])) if jitter else 0,
        )
    except InvalidTime:
        # Rules that never fall on a date or a workday are refused: that is tested elsewhere.
        reject()
