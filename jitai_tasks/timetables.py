"""The planned moments of a task as the task itself decides them: by its timer, or by code of its Type."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from .definition import Definition
from .moments import shown_time
from .schedule import Schedule, Slot
from .schedule.civil import LAST_INSTANT
from .succession import next_due

if TYPE_CHECKING:
    from .app import App

Method = TypeVar("Method", bound=Callable[..., Any])
_MARK = "answers_by_timer"


def by_timer(method: Method) -> Method:
    """Marks a `getNextRunTime` that answers what the task's `timer` does, and nothing else."""
    setattr(method, _MARK, True)
    return method


def schedule_of(app: App, definition: Definition) -> Schedule | None:
    """The schedule of a task's timer; None for a task without one. InvalidTime if its rule makes no sense."""
    timer = getattr(app.getElement(definition.full_name), "timer", None)
    return None if timer is None else timer.schedule


def decides_itself(app: App, definition: Definition) -> bool:
    """Whether something else than the timer says when the task runs: its Type, or a plug-in."""
    task = type(app.getElement(definition.full_name).load())
    return bool(app.hooks.jit_next_time.get_hookimpls()) or not getattr(task.getNextRunTime, _MARK, False)


def slots(app: App, definition: Definition, after: int, until: int) -> Iterator[Slot]:
    """The planned moments in (after, until], in order: as the schedule has them, or as the task's code answers."""
    if decides_itself(app, definition):
        yield from _asked(app, definition, after, until)
    elif (schedule := schedule_of(app, definition)) is not None:
        yield from schedule.slots(after, until)


def next_slots(app: App, definition: Definition, after: int, count: int) -> list[Slot]:
    """The first `count` of them, however far ahead: one after the other, so that no zone is asked for the year 9999."""
    if decides_itself(app, definition):
        return list(islice(_asked(app, definition, after, LAST_INSTANT), count))
    schedule = schedule_of(app, definition)
    found: list[Slot] = []
    while schedule is not None and len(found) < count and (slot := schedule.next_after(after)) is not None:
        found.append(slot)
        after = slot.at
    return found


def count_words(app: App, definition: Definition, first: int, last: int) -> str:
    """ "the run planned for …", or "7 runs planned from … to …": those in [first, last]."""
    schedule = None if decides_itself(app, definition) else schedule_of(app, definition)
    count = schedule.count(first - 1, last) if schedule is not None else 1
    end = schedule.last_until(last) if schedule is not None else None
    zone = schedule.zone.name if schedule is not None else app.timezone
    begin_text = shown_time(first, zone).format("YYYY-MM-DD HH:mm:ss")
    if count <= 1 or end is None:
        return f"the run planned for {begin_text}"
    return f"{count} runs planned from {begin_text} to {shown_time(end, zone).format('YYYY-MM-DD HH:mm:ss')}"


def _asked(app: App, definition: Definition, after: int, until: int) -> Iterator[Slot]:
    found = next_due(app, definition, after=after)
    while found is not None and after < found <= until:
        yield Slot(at=found, planned=found)
        after = found
        found = next_due(app, definition, after=after)
