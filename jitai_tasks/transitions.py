"""Transitions: changes of a field that create tasks, declared in a model's e.json, in the transaction of the change."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy.orm import Session

from . import newjobs
from .app import App
from .errors import FunctionNotFound, ModelError
from .models.aftermath import create_jobs
from .models.change import Change, Operate
from .models.kinds import assignable
from .models.mapping import Model
from .models.transitions import Transition, asked_for, declared
from .resolve import accepted_arguments, resolve

#: Automatic transitions that follow from one change; more than this run in a circle.
LONGEST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A transition that a row has made."""

    transition: Transition
    origin: object


class Transitions:
    """Follows changes of rows."""

    def __init__(self, app: App) -> None:
        self._app = app

    def needs(self, model: Model) -> Collection[str]:
        """All fields of a model with transitions: conditions may be about any."""
        return model.fields if declared(model) else ()

    def before(self, session: Session, change: Change) -> None:
        """Find the transition that the change is, and make the automatic ones that follow from it."""
        known = declared(change.model)
        if not known or change.operate is Operate.DELETE:
            return
        change.renew()  # an event that comes before may have set fields
        steps = cast("list[Step]", change.notes.setdefault(Transitions, []))
        steps += _made(known, change, besides={step.transition.field for step in steps})
        values = dict(change.post or {})
        while (step := _automatic(known, values)) is not None:
            setattr(change.entity, step.transition.field, assignable(step.transition.info, step.transition.target))
            if change.late:
                break  # what was set is a change of its own, and is looked at by itself
            steps.append(step)
            if len(steps) > LONGEST:
                raise ModelError(change.model.name, f"over {LONGEST} transitions in a row: {_circle(steps)}")
            values[step.transition.field] = step.transition.target

    def after(self, session: Session, change: Change) -> None:
        """Create the tasks, now that the row has its key."""
        for step in cast("list[Step]", change.notes.get(Transitions, ())):
            for task in step.transition.tasks:
                self._create(session, change, step, task)

    def commit(self, session: Session, changes: list[Change], *, sure: bool) -> None:
        """Nothing: all has been created."""

    def _create(self, session: Session, change: Change, step: Step, task: Mapping[str, Any]) -> None:
        function = self._function(change.model, step.transition, str(task["func"]))
        added = {
            "model": change.model.name,
            "rowId": _key(change),
            "transition": step.transition.name,
            "fromValue": step.origin,
            "toValue": step.transition.target,
        }
        arguments = {**dict(task.get("data") or {}), **accepted_arguments(function, added)}
        options: dict[str, Any] = {name: task[name] for name in ("priority", "queue", "tags", "delay") if name in task}
        job = newjobs.new_temporary(self._app, str(task["func"]), arguments, **options)
        create_jobs(self._app, session, change, [job])

    def _function(self, model: Model, transition: Transition, func: str) -> Callable[..., Any]:
        try:
            return resolve(self._app, func)
        except FunctionNotFound as error:
            reason = f"{error.reason}; transition {transition.name!r} of {model.name} creates its job"
            raise FunctionNotFound(func, reason) from error


def _made(known: Sequence[Transition], change: Change, *, besides: Collection[str]) -> list[Step]:
    """The declared transitions that somebody has made, one of a field: that asked for by name, else the first that
    fits. `besides`: fields whose transitions are known."""
    steps: dict[str, Step] = {}
    asked = asked_for.get()
    before, after = change.prev or {}, change.post or {}
    for transition in sorted(known, key=lambda each: each is not asked):
        origin = transition.value(before)
        changed = transition.value(after) == transition.target != origin
        first = transition.field not in steps and transition.field not in besides
        if changed and first and transition.leaves(origin) and transition.allows(after):
            steps[transition.field] = Step(transition=transition, origin=origin)
    return list(steps.values())


def _automatic(known: Sequence[Transition], values: Mapping[str, object]) -> Step | None:
    """The first automatic transition that the row is ready for."""
    for transition in known:
        origin = transition.value(values)
        begins = transition.automatic and origin != transition.target and transition.leaves(origin)
        if begins and transition.allows(values):
            return Step(transition=transition, origin=origin)
    return None


def _key(change: Change) -> object:
    """The primary key of the row; several values as a list."""
    values = [(change.post or {}).get(name) for name in change.model.primary]
    return values[0] if len(values) == 1 else values


def _circle(steps: Sequence[Step]) -> str:
    return " → ".join(str(step.transition.target) for step in steps[-5:])
