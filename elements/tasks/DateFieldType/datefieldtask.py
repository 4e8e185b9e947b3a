"""The class of date-field tasks."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import arrow
from tasks.Meta import BaseTask, Refusal

from jitai_tasks import datefields
from jitai_tasks.datefields import running
from jitai_tasks.datefields.rules import USUAL, Rule
from jitai_tasks.errors import BadArguments, NoFunction
from jitai_tasks.models.normal import NormalModel
from jitai_tasks.models.rows import plain_member
from jitai_tasks.moments import shown_time
from jitai_tasks.resolve import bind
from jitai_tasks.store.trouble import before_the_call

__all__ = ["DateFieldTask"]


class DateFieldTask(BaseTask):
    """Runs once for every row that passes `filter`, when the date in `startField`, moved by `startOffset`, comes.

    Its function gets the row as it is when the run begins: `customFunc(rowData)`, a service function with one
    parameter, or `main(app, taskInstance, rowData)`.
    """

    @property
    def modelPath(self) -> str:
        """Full name of the model."""
        return self.options.modelPath

    @property
    def rule(self) -> Rule:
        """What the e.json says, checked against the model. Raises what is wrong with it."""
        return datefields.rules(self.app).of_task(self.fullName) or datefields.rule_of(
            self.app, self.element.definition
        )

    def triggerTime(self, row: Any) -> arrow.Arrow | None:
        """When a row is due next, whatever has run already; None if it is not.

        A Type of an app may override this and answer another moment, or None for never. Such rows fire once per moment.
        """
        usual = replace(self.rule, own_time=None)
        found = running.next_of(usual, row, self.app.database.now() - usual.grace - 1)
        return None if found is None else shown_time(found, self.app.timezone)

    setattr(triggerTime, USUAL, True)

    def getRows(self, limit: int = 50) -> list[Any]:
        """The rows that the task waits for, the next one first."""
        return datefields.coming(self.app, self.fullName, limit=limit)

    def saveRow(self, row: Any, prev: Any = None) -> Any:
        """Bring the job of a row in step with the row."""
        return datefields.save_row(self.app, {"model": self.modelPath, "postData": row, "prevData": prev})

    def deleteRow(self, row: Any) -> Any:
        """Take the job of a row away."""
        return datefields.delete_row(self.app, {"model": self.modelPath, "prevData": row})

    def handle(self, task: Any) -> Any:
        """Read the row, and call the function with it."""
        func = self.getFunc(task)
        if func is None:
            raise NoFunction(self.fullName)
        with before_the_call:
            row = self.rowOf(task)
        running.report(self, row)
        arguments = self.argumentsFor(func, row)
        return func(*arguments)

    def rowOf(self, task: Any) -> NormalModel:
        """The row that a job is about, as it is now; a run by hand names it as `rowId` in `argDict`."""
        subject = plain_member(task, "rowId") or (plain_member(task, "argDict") or {}).get("rowId")
        if subject in (None, ""):
            raise BadArguments(self.fullName, "a run by hand needs the row: give its key as rowId in argDict")
        return running.row_of(self.rule, str(subject))

    def argumentsFor(self, func: Callable[..., Any], row: NormalModel) -> tuple[Any, ...]:
        """What the function is called with: the row; or app, task and row if it names them; or nothing."""
        parameters = list(inspect.signature(func).parameters)
        if parameters == ["app", "taskInstance", "rowData"]:
            return (self.app, self, row)
        if not parameters:
            return ()
        bind(func, {parameters[0]: row}, path=self.fullName)
        return (row,)

    def admit(self, task: Any, now: int) -> Refusal | None:
        """Look at the row again: it may be gone, moved, or pass the filter no more."""
        if plain_member(task, "isManual"):
            return None
        return running.admit(self.rule, task, now)

    def getNextRunTime(self, task: Any = None, now: Any = None) -> arrow.Arrow | None:
        """When the row of this job, or of `{"rowId": …}`, is due next; None without a row."""
        subject = plain_member(task, "rowId")
        if not subject:
            return None
        after = self.app.database.now() if now is None else running.instant(self.rule, now)
        found = running.next_after(self.rule, str(subject), after)
        return None if found is None else shown_time(found, self.app.timezone)

    def afterReturn(self, task: Any) -> None:
        """Plan the next run of the row, if the task repeats."""
        if plain_member(task, "rowId") and not plain_member(task, "isManual"):
            running.follow(self.rule, task)
