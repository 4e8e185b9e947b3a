"""`GlobalVar` and the names that can be imported from beside it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from jit_utils import time

from jitai_tasks.models.fields import Field
from jitai_tasks.models.rows import RowData
from jitai_tasks.tasks import current_task

__all__ = ["GlobalVar", "currentTask", "currentTime", "currentUser"]

_LAST_DAYS = re.compile(r"last(\d{1,4})Days")
_FRAMED = re.compile(r"(last|this|next)(Week|Month|Quarter|Year)")
_SHIFTS = {"last": -1, "this": 0, "next": 1}


class LiveField(Field):
    """A field that reads its value anew each time: fit to be imported once and used for ever."""

    __slots__ = ("_read",)

    def __init__(self, read: Callable[[], object]) -> None:
        self._read = read

    @property
    def value(self) -> Any:  # type: ignore[override]  # read, not stored
        return self._read()


class RunningTask:
    """Stands for the row of the task that runs here and now; it is false where none runs."""

    def __bool__(self) -> bool:
        return current_task.get() is not None

    def __getattr__(self, name: str) -> Any:
        row = current_task.get()
        if row is None:
            raise AttributeError(f"no task runs here, so currentTask has no {name}")
        return getattr(row, name)

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)


class GlobalVariables:
    """The values by name. Moments are fields of naive datetimes in the application's zone, frames of their two ends."""

    @property
    def currentTask(self) -> RowData | None:
        """The row of the task that runs here and now; None where none runs. Its `argDict.value` is a dict."""
        return current_task.get()

    @property
    def currentUser(self) -> Field:
        """Who asked for the running task, as text; empty for schedules."""
        return currentUser

    @property
    def currentTime(self) -> Field:
        """The time it is, to the second."""
        return Field(time.nowNoMicrosecond())

    @property
    def now(self) -> Field:
        """The time it is, to the second."""
        return self.currentTime

    @property
    def today(self) -> Field:
        """00:00 of this day."""
        return Field(time.today())

    @property
    def yesterday(self) -> Field:
        """00:00 of the day before."""
        return Field(time.dayShift(-1))

    @property
    def tomorrow(self) -> Field:
        """00:00 of the day after."""
        return Field(time.dayShift(1))

    @property
    def last24Hours(self) -> Field:
        """From this time yesterday until now."""
        end = time.nowNoMicrosecond()
        return Field([end.shift(hours=-24), end])

    def __getattr__(self, name: str) -> Field:
        if found := _LAST_DAYS.fullmatch(name):
            return Field([time.dayShift(1 - int(found[1])), time.nowNoMicrosecond()])
        if found := _FRAMED.fullmatch(name):
            return Field(_frame(_SHIFTS[found[1]], found[2].lower()))
        raise AttributeError(f"GlobalVar has no {name}")


def _frame(shift: int, unit: str) -> list[time.JitNow]:
    step = {"quarter": {"months": 3 * shift}}.get(unit, {f"{unit}s": shift})
    return list(time.today().shift(**step).span(unit))


def _creator() -> str:
    row = current_task.get()
    return "" if row is None else str(row.creator)


GlobalVar = GlobalVariables()
currentTask = RunningTask()
currentTime = LiveField(time.nowNoMicrosecond)
currentUser = LiveField(_creator)
