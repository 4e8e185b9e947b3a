"""Rules that mean nothing or never fire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import InvalidTime
from ..problems import Problem
from .calendars import known_calendar
from .sheet import Sheet

if TYPE_CHECKING:
    from ..schedule import Schedule

#: Whose timerCfg names the times themselves.
SCHEDULED = "tasks.NormalType"


def check_times(sheet: Sheet, *, zone: str, default: str, now: int) -> Iterator[Problem]:
    """What is wrong with the times of a task, at the instant `now` in an app of that zone and default calendar.

    Times that mean nothing whatever days are off were refused when the file was read.
    """
    if not sheet.config.get("timerCfg") or sheet.base != SCHEDULED:
        return
    try:
        schedule = _schedule(sheet, zone, default, sheet.config["timerCfg"])
    except InvalidTime as error:
        pointer = error.pointer if error.pointer.startswith("timerCfg") else "timerCfg"
        yield sheet.problem("time", pointer, error.reason, "choose another policy, or another calendar")
        return
    yield from _ignored(sheet, schedule, zone, default)
    if sheet.config.get("enable"):
        yield from _ended(sheet, schedule, now)


def _schedule(sheet: Sheet, zone: str, default: str, timer: Mapping[str, Any]) -> Schedule:
    # The calendar arithmetic is only loaded when there is something to calculate.
    from ..schedule import parse_timer  # noqa: PLC0415

    config = sheet.config
    zone, jitter = str(config.get("timezone") or zone), float(config.get("jitter") or 0)
    calendar = known_calendar(sheet, default)
    return parse_timer(timer, zone=zone, key=sheet.name, jitter=jitter, calendar=calendar)


def _ignored(sheet: Sheet, schedule: Schedule, zone: str, default: str) -> Iterator[Problem]:
    """What is written and makes no difference."""
    timer = sheet.config["timerCfg"]
    for key in ("holidayPolicy", "calendar"):
        if timer.get(key) and not timer.get("skipHoliday"):
            message, advice = f"{key} means nothing without skipHoliday", "set skipHoliday to 1, or take it out"
            yield sheet.problem("time", f"timerCfg/{key}", message, advice, severity="warning")
    if timer.get("dst") and not schedule.minds_dst:
        without = _schedule(sheet, zone, default, {key: given for key, given in timer.items() if key != "dst"})
        if (without.start, without.end, without.anchor) != (schedule.start, schedule.end, schedule.anchor):
            return  # its start or end is an hour that a change of the clocks skips or repeats
        message = "dst means nothing to a rule that follows elapsed time, or the clock as it is (cron with a wildcard)"
        yield sheet.problem("time", "timerCfg/dst", message, "take it out", severity="warning")


def _ended(sheet: Sheet, schedule: Schedule, now: int) -> Iterator[Problem]:
    """A series without any run ahead. A one-off whose time has passed is due at once when it is new."""
    if schedule.next_instant(now) is not None:
        return
    timer = sheet.config["timerCfg"]
    if (timer.get("repeat") or {}).get("repeatType") == "normal":
        message = f"its only time, {timer.get('startTime')}, has passed"
        advice = "set a later one, or switch it off"
        yield sheet.problem("never", "timerCfg/startTime", message, advice, severity="information")
    else:
        message = "all of its times have passed; it will not run again"
        yield sheet.problem("never", "timerCfg/endTime", message, "move endTime, or switch it off", severity="warning")
