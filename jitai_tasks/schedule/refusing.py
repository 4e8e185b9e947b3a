"""What is wrong with the times of a task as far as its configuration alone tells: before anything is loaded or run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from jitai_tasks.errors import InvalidTime
from jitai_tasks.schedule.datefields import parse_date_timer
from jitai_tasks.schedule.parsing import parse_timer
from jitai_tasks.schedule.workdays import Workdays


class Refusal(NamedTuple):
    """Where the mistake is written, what it is, and what to do about it."""

    pointer: str
    reason: str
    advice: str


class _NoDaysOff:
    """Stands in for calendars, which are elements of their own and not known yet."""

    def is_workday(self, day: date, /) -> bool:
        return True

    def covers(self, year: int, /) -> bool:
        return True


_NO_DAYS_OFF = Workdays(_NoDaysOff())


def refusal(config: Mapping[str, object], *, zone: str, of_rows: bool = False) -> Refusal | None:
    """Why the `timerCfg` of a task makes no sense or never fires; None if it is all right.

    `zone` is the zone of the app; `of_rows` reads it as that of a date-field task. Days off are left aside.
    """
    timer = config.get("timerCfg")
    if not isinstance(timer, Mapping):
        return None
    facts = (timer, config.get("timezone") or zone, config.get("jitter") or 0)
    found = _mistake(json.dumps(facts, default=dict), of_rows)
    return None if found is None else _told(found, config, timer)


@lru_cache(maxsize=20_000)
def _mistake(facts: str, of_rows: bool) -> tuple[str, str] | None:
    """The pointer and the reason. The same timer is looked at once, however often its app is discovered."""
    timer, zone, jitter = json.loads(facts)
    try:
        if of_rows:
            parse_date_timer(timer, zone=zone, jitter=float(jitter), calendar=_NO_DAYS_OFF)
            return None
        schedule = parse_timer(timer, zone=zone, jitter=float(jitter), calendar=_NO_DAYS_OFF)
    except InvalidTime as error:
        return error.pointer, error.reason
    if schedule.next_instant(schedule.start - 1) is None:
        return "timerCfg/endTime", "the rule has no time between startTime and endTime"
    return None


def _told(found: tuple[str, str], config: Mapping[str, object], timer: Mapping[str, object]) -> Refusal:
    """A cron rule is one text; the zone of a task is a key of the task."""
    pointer, reason = found
    repeat = timer.get("repeat")
    if pointer == "timerCfg/repeat" and isinstance(repeat, Mapping) and "cron" in repeat:
        pointer = f"{pointer}/cron"
    elif not pointer.startswith("timerCfg") and pointer not in config:
        pointer = "timerCfg"
    return Refusal(pointer, reason, _advice(pointer, reason))


def _advice(pointer: str, reason: str) -> str:
    if pointer.endswith("cron") and "never run" not in reason:
        return 'write it like "30 2 * * 1-5": minute, hour, day, month, weekday'
    if pointer.endswith(("repeat", "cron")):
        return "choose days that exist in the months it names"
    if pointer.endswith("period"):
        return "write a whole number like 1"
    if pointer == "timerCfg/endTime":
        return "move endTime, or change the rule"
    return "correct it; `jitai-tasks explain APP TASK` shows what a rule means"
