"""Rules that mean nothing or never fire."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..errors import InvalidTime
from ..problems import Problem
from .sheet import Sheet

if TYPE_CHECKING:
    from ..schedule import Schedule

#: Whose timerCfg is read like that of a scheduled task, and like that of a date-field task.
SCHEDULED, OF_ROWS = "tasks.NormalType", "tasks.DateFieldType"


def check_times(sheet: Sheet, *, zone: str, now: int) -> Iterator[Problem]:
    """What is wrong with the times of a task, at the instant `now` in an app whose zone is `zone`."""
    timer = sheet.config.get("timerCfg")
    if not timer or sheet.base not in (SCHEDULED, OF_ROWS):
        return
    try:
        schedule = _schedule(sheet, zone)
    except InvalidTime as error:
        pointer = _pointer(sheet, error.pointer)
        yield sheet.problem("time", pointer, error.reason, _advice(pointer))
        return
    if schedule is not None and sheet.config.get("enable"):
        yield from _ended(sheet, schedule, now)


def _schedule(sheet: Sheet, zone: str) -> Schedule | None:
    # The calendar arithmetic is only loaded when there is something to calculate.
    from ..schedule import parse_date_timer, parse_timer  # noqa: PLC0415

    config = sheet.config
    zone, jitter = str(config.get("timezone") or zone), float(config.get("jitter") or 0)
    if sheet.base == OF_ROWS:
        parse_date_timer(config["timerCfg"], zone=zone, key=sheet.name, jitter=jitter)
        return None
    return parse_timer(config["timerCfg"], zone=zone, key=sheet.name, jitter=jitter)


def _ended(sheet: Sheet, schedule: Schedule, now: int) -> Iterator[Problem]:
    """A series without any run ahead. A one-off whose time has passed is due at once when it is new."""
    if schedule.next_instant(now) is not None:
        return
    timer = sheet.config["timerCfg"]
    if (timer.get("repeat") or {}).get("repeatType") == "normal":
        message = f"its only time, {timer.get('startTime')}, has passed"
        advice = "set a later one, or switch it off"
        yield sheet.problem("never", "timerCfg/startTime", message, advice, severity="information")
    elif schedule.next_instant(schedule.start - 1) is None:
        message = "the rule has no time between startTime and endTime"
        yield sheet.problem("never", "timerCfg/endTime", message, "move endTime, or change the rule")
    else:
        message = "all of its times have passed; it will not run again"
        yield sheet.problem("never", "timerCfg/endTime", message, "move endTime, or switch it off", severity="warning")


def _pointer(sheet: Sheet, pointer: str) -> str:
    """Where the mistake is: a cron rule is one text; the zone of a task is a key of the task."""
    repeat = sheet.config["timerCfg"].get("repeat") or {}
    if pointer == "timerCfg/repeat" and "cron" in repeat:
        return f"{pointer}/cron"
    known = pointer.startswith("timerCfg") or pointer in sheet.config
    return pointer if known else "timerCfg"


def _advice(pointer: str) -> str:
    if pointer.endswith("cron"):
        return 'write it like "30 2 * * 1-5": minute, hour, day, month, weekday'
    if pointer.endswith("repeat"):
        return "choose days that exist in the months it names"
    return "correct it; `jitai-tasks next APP TASK` shows what a rule means"
