"""Transitions: changes of a field that create tasks, declared in a model's e.json, in the transaction of the change."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy.orm import Session

from . import newjobs
from .app import App
from .errors import JitaiTasksError, ModelError
from .models.changes import Change, Operate
from .models.kinds import coerce
from .models.mapping import Model
from .models.q.checking import Checked
from .models.q.memory import holds
from .resolve import accepted_arguments, resolve
from .transactions import submit

_logger = logging.getLogger(__name__)

#: Automatic transitions that follow from one change; more than this run in a circle.
LONGEST = 100
_STEPS = "jitai_transitions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One change of one field."""

    name: str
    field: str
    #: Values before; None for any, also of a new row.
    origins: tuple[object, ...] | None
    target: object
    automatic: bool
    condition: Checked
    tasks: tuple[Mapping[str, Any], ...]

    def leaves(self, value: object) -> bool:
        """Whether it begins at this value."""
        return self.origins is None or value in self.origins

    def allows(self, values: Mapping[str, object]) -> bool:
        """Whether the condition holds for a row."""
        return holds(self.condition, values.get)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A transition that a row has made."""

    transition: Transition
    origin: object


class Transitions:
    """Follows changes of rows."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._known: dict[str, tuple[Transition, ...]] = {}

    def of(self, model: Model) -> tuple[Transition, ...]:
        """The transitions of a model. A broken one is logged once and left out."""
        if model.name not in self._known:
            declared = cast("Sequence[Mapping[str, Any]]", model.definition.config.get("transitions") or ())
            self._known[model.name] = tuple(_all_read(model, declared))
        return self._known[model.name]

    def before(self, session: Session, change: Change) -> None:
        """Find the transition that the change is, and make the automatic ones that follow from it."""
        known = self.of(change.model)
        if not known or change.operate is Operate.DELETE:
            return
        steps = _made(known, change)
        values = dict(change.post or {})
        while (step := _automatic(known, values)) is not None:
            steps.append(step)
            if len(steps) > LONGEST:
                raise ModelError(change.model.name, f"over {LONGEST} transitions in a row: {_circle(steps)}")
            setattr(change.entity, step.transition.field, step.transition.target)
            values[step.transition.field] = step.transition.target
        if steps:
            _steps_of(session)[id(change.entity)] = steps

    def after(self, session: Session, change: Change) -> None:
        """Create the tasks, now that the row has its key."""
        for step in _steps_of(session).pop(id(change.entity), ()):
            for task in step.transition.tasks:
                self._create(session, change, step, task)

    def commit(self, session: Session, changes: list[Change], *, sure: bool) -> None:
        """Nothing: all has been created."""
        session.info.pop(_STEPS, None)

    def _create(self, session: Session, change: Change, step: Step, task: Mapping[str, Any]) -> None:
        function = resolve(self._app, str(task["func"]))
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
        submit(self._app, [job], session=session)


def _all_read(model: Model, declared: Sequence[Mapping[str, Any]]) -> list[Transition]:
    found: list[Transition] = []
    for number, given in enumerate(declared):
        try:
            found.append(_read(model, given, str(given.get("name") or number)))
        except (JitaiTasksError, ValueError) as error:
            _logger.error("%s: transitions/%s: %s", model.name, given.get("name") or number, error)
    return found


def _read(model: Model, given: Mapping[str, Any], name: str) -> Transition:
    field = model.field(str(given["field"]))
    origins = given.get("from")
    if origins is not None and not isinstance(origins, list | tuple):
        origins = [origins]
    tasks = [given["task"]] if given.get("task") else []
    return Transition(
        name=name,
        field=field.name,
        origins=None if origins is None else tuple(coerce(field, origin) for origin in origins),
        target=coerce(field, given["to"]),
        automatic=given.get("type") == "automatic",
        condition=model.checked(given.get("condition")),
        tasks=(*tasks, *(given.get("tasks") or ())),
    )


def _made(known: Sequence[Transition], change: Change) -> list[Step]:
    """The declared transitions that somebody has made: the first that fits, for each field."""
    steps: dict[str, Step] = {}
    before, after = change.prev or {}, change.post or {}
    for transition in known:
        origin = before.get(transition.field)
        changed = transition.field in change.changed and after.get(transition.field) == transition.target
        if changed and transition.field not in steps and transition.leaves(origin) and transition.allows(after):
            steps[transition.field] = Step(transition=transition, origin=origin)
    return list(steps.values())


def _automatic(known: Sequence[Transition], values: Mapping[str, object]) -> Step | None:
    """The first automatic transition that the row is ready for."""
    for transition in known:
        origin = values.get(transition.field)
        begins = transition.automatic and origin != transition.target and transition.leaves(origin)
        if begins and transition.allows(values):
            return Step(transition=transition, origin=origin)
    return None


def _steps_of(session: Session) -> dict[int, list[Step]]:
    return cast("dict[int, list[Step]]", session.info.setdefault(_STEPS, {}))


def _key(change: Change) -> object:
    """The primary key of the row; several values as a list."""
    values = [(change.post or {}).get(name) for name in change.model.primary]
    return values[0] if len(values) == 1 else values


def _circle(steps: Sequence[Step]) -> str:
    return " → ".join(str(step.transition.target) for step in steps[-5:])
