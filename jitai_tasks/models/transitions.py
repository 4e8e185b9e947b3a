"""Transitions as a model's e.json declares them, and making one of them by its name."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from ..app import App
from ..errors import JitaiTasksError, ModelError, TransitionRefused, did_you_mean, nearest
from . import writing
from .kinds import FieldInfo, coerce
from .mapping import Model
from .q.checking import Checked
from .q.memory import holds

if TYPE_CHECKING:
    from .normal import NormalModel

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Transition:
    """One change of one field."""

    name: str
    info: FieldInfo
    #: Values before; None for any, also of a new row.
    origins: tuple[object, ...] | None
    target: object
    automatic: bool
    condition: Checked
    tasks: tuple[Mapping[str, Any], ...]

    @property
    def field(self) -> str:
        """Name of the field."""
        return self.info.name

    def value(self, values: Mapping[str, object]) -> object:
        """The value of its field among those of a row, in the form of `origins` and `target`; None if not known."""
        try:
            return coerce(self.info, values.get(self.field))
        except ValueError:  # an expression that only the database can calculate, or what it will refuse
            return None

    def leaves(self, value: object) -> bool:
        """Whether it begins at this value."""
        return self.origins is None or value in self.origins

    def allows(self, values: Mapping[str, object]) -> bool:
        """Whether the condition holds for a row."""
        return holds(self.condition, values.get)


#: The transition that code asked for by its name: it is the one that the change is, whatever else fits.
asked_for: ContextVar[Transition | None] = ContextVar("jitai_transition", default=None)


class Declared:
    """The transitions of an app's models, read when they are first needed."""

    def __init__(self, app: App) -> None:
        self._known: dict[str, tuple[Transition, ...]] = {}

    def of(self, model: Model) -> tuple[Transition, ...]:
        """The transitions of a model. A broken one is logged once and left out."""
        if model.name not in self._known:
            given = cast("Sequence[Mapping[str, Any]]", model.definition.config.get("transitions") or ())
            self._known[model.name] = tuple(_all_read(model, given))
        return self._known[model.name]


def declared(model: Model) -> tuple[Transition, ...]:
    """The transitions of a model, in their order."""
    return model.app.part(Declared).of(model)


def make(row: NormalModel, name: str, values: Mapping[str, object]) -> None:
    """Make the first transition of this name that the row, as it is stored, is ready for; write `values` with it.

    TransitionRefused says what is in the way; the row is then unchanged.
    """
    model = row.model()
    named = _named(model, name)
    with model.app.transaction():
        stored = writing.locked(model, row.pkData)
        if stored is None:
            raise ModelError(model.name, f"row {row.pkData} is gone, or was never saved")
        changes = {
            **writing.assigned(row, row.before()),
            **{key: model.held(key, value) for key, value in values.items()},
        }
        chosen = _ready(model, named, stored, {**stored, **changes})
        fresh = model.row(stored)
        fresh.update({**changes, chosen.field: chosen.target})
        with _asking_for(chosen):
            fresh.save()
    row.reset(fresh.toDict())


@contextmanager
def _asking_for(transition: Transition) -> Iterator[None]:
    token = asked_for.set(transition)
    try:
        yield
    finally:
        asked_for.reset(token)


def _named(model: Model, name: str) -> list[Transition]:
    known = [transition for transition in declared(model) if not transition.automatic]
    named = [transition for transition in known if transition.name == name]
    if not named:
        names = list(dict.fromkeys(transition.name for transition in known))
        hint = did_you_mean(nearest(name, names)) or f"; there are {', '.join(names) or 'none'}"
        raise ModelError(model.name, f"no manual transition {name!r}{hint}")
    return named


def _ready(
    model: Model, named: Sequence[Transition], stored: Mapping[str, object], wanted: Mapping[str, object]
) -> Transition:
    """The first that begins where the row is and allows what it will be."""
    reasons = []
    for transition in named:
        reason = _in_the_way(transition, transition.value(stored), {**wanted, transition.field: transition.target})
        if reason is None:
            return transition
        reasons.append(reason)
    raise TransitionRefused(model.name, named[0].name, "; ".join(dict.fromkeys(reasons)))


def _in_the_way(transition: Transition, origin: object, wanted: Mapping[str, object]) -> str | None:
    if origin == transition.target:
        return f"{transition.field} is {origin!r} already"
    if not transition.leaves(origin):
        begins = " or ".join(repr(value) for value in transition.origins or ())
        return f"{transition.field} is {origin!r}, and it begins at {begins}"
    return None if transition.allows(wanted) else "its condition does not hold"


def _all_read(model: Model, given: Sequence[Mapping[str, Any]]) -> list[Transition]:
    found: list[Transition] = []
    for number, each in enumerate(given):
        name = str(each.get("name") or number)
        try:
            found.append(_read(model, each, name))
        except (JitaiTasksError, ValueError) as error:
            _logger.error("%s: transitions/%s: %s", model.name, name, error)
    return found


def _read(model: Model, given: Mapping[str, Any], name: str) -> Transition:
    field = model.field(str(given["field"]))
    origins = given.get("from")
    if origins is not None and not isinstance(origins, list | tuple):
        origins = [origins]
    tasks = [given["task"]] if given.get("task") else []
    return Transition(
        name=name,
        info=field,
        origins=None if origins is None else tuple(coerce(field, origin) for origin in origins),
        target=coerce(field, given["to"]),
        automatic=given.get("type") == "automatic",
        condition=model.checked(given.get("condition")),
        tasks=(*tasks, *(given.get("tasks") or ())),
    )
