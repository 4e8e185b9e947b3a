"""The hooks of plug-ins: what each is called with, when, and what raising does. `docs/hooks.md` shows them in use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from .app import App
    from .definition import Definition
    from .element import Element
    from .models.change import Change as RowChange
    from .outlook import Missed
    from .schedule import Calendar
    from .store.records import Job, Outcome

PROJECT = "jitai_tasks"

hookspec = pluggy.HookspecMarker(PROJECT)
#: Marks a function or method of a plug-in as the implementation of the hook of its name.
hookimpl = pluggy.HookimplMarker(PROJECT)


class Change(StrEnum):
    """What became of an instance since the application last ran."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"


class Hooks:
    """The specifications. All arguments are passed by name; an implementation takes those it needs."""

    @hookspec
    def jit_layers(self, app_root: Path) -> list[Path]:  # type: ignore[empty-body]
        """Folders of elements to lie between the app's own layers and the official one.

        Called before anything is read, so plug-ins named in app.json come too late for it. Raising stops the opening.
        """

    @hookspec
    def jit_names(self, app: App) -> Mapping[str, object]:  # type: ignore[empty-body]
        """Names that every module of the app finds in its namespace: objects, or References to import at first use.

        Called once, while the app opens. Raising stops the opening.
        """

    @hookspec
    def jit_app_opened(self, app: App) -> None:
        """The app is open: elements can be had. Raising stops the opening."""

    @hookspec
    def jit_app_closing(self, app: App) -> None:
        """The app is about to close, everything still works. Raising is logged."""

    @hookspec
    def jit_element_loaded(self, app: App, element: Element) -> None:
        """An element has just become an object, in this process. Raising makes the element broken."""

    @hookspec
    def jit_element_called(self, app: App, element: Element) -> None:
        """An element was obtained by `app.getElement`. Raising reaches the caller."""

    @hookspec
    def jit_element_changed(self, app: App, full_name: str, type_name: str, change: Change) -> None:
        """An instance of a Type is new, differs from what ran before, or is gone. Raising is logged."""

    @hookspec(firstresult=True)
    def jit_perform(self, app: App, job: Job, call: Callable[[], object]) -> object:
        """A job is about to run: `call()` runs it. Meant for wrappers (`@hookimpl(wrapper=True)`) that `yield` once.

        Raising, in a wrapper as in the function, is the job's failure.
        """

    @hookspec
    def jit_run_recorded(self, app: App, job: Job, outcome: Outcome) -> None:
        """What came of a job has been committed. Raising is logged."""

    @hookspec
    def jit_task_failed(self, app: App, job: Job, error: BaseException) -> None:
        """A task's function raised, before that is recorded. Raising is logged."""

    @hookspec
    def jit_deadline_missed(self, app: App, task: str, missed: Missed) -> None:
        """No run of a task has succeeded by the time its `expect` names, or one takes too long. Raising is logged."""

    @hookspec
    def jit_row_changed(self, app: App, session: Session, change: RowChange) -> None:
        """A row has been added, changed or deleted; written, and not committed: what the session does belongs to it.

        Called once for every change that a session flushes, after transitions, events and date-field tasks. Bulk
        statements and `triggerEvent=0` go past it. Raising undoes the transaction and reaches who saved.
        """

    @hookspec(firstresult=True)
    def jit_next_time(self, app: App, definition: Definition, after: int) -> int | None:
        """The next due instant of a task after the instant `after` (microseconds since 1970 UTC).

        The first answer that is not None wins; without one, the task's `timerCfg` decides. Raising holds the task.
        """

    @hookspec(firstresult=True)
    def jit_calendar(self, app: App, name: str) -> Calendar | None:
        """The calendar of a name, before the elements are looked through; "" is the app's default.

        Called once per name; the first answer that is not None wins. Raising keeps the tasks with that calendar from
        being planned.
        """
