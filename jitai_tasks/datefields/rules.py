"""The rules of date-field tasks: what their e.json says, checked against the model they watch."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from ..app import App
from ..clock import SECOND
from ..config import TaskConfig
from ..daysoff import calendar_of
from ..definition import Definition
from ..errors import InvalidTime, JitaiTasksError, ModelError
from ..models.catalog import models
from ..models.fields import plain
from ..models.kinds import Kind
from ..models.mapping import Model
from ..models.q.checking import Checked, Every
from ..models.q.memory import holds
from ..moments import instant_of
from ..newjobs import config_of, planned_job
from ..schedule import Schedule
from ..schedule.datefields import DateTimer, parse_date_timer
from ..store.records import NewJob, TaskState
from .instants import Instants

_logger = logging.getLogger(__name__)

DATE_FIELD = "tasks.DateFieldType"
#: Marks the official `triggerTime`.
USUAL = "usual"
#: Series that are told by the day or by longer units: a Date counts on its whole day.
_BY_DAY = frozenset({"normal", "day", "week", "month", "year"})

Values = Mapping[str, object]


class Slots(Protocol):
    """The moments of one row, as instants."""

    def next_instant(self, at: int) -> int | None:
        """The first moment later than `at`; None if there is none."""


class OneSlot:
    """A row's only moment: what most rules come to, and quick to make."""

    __slots__ = ("_slot",)

    def __init__(self, slot: int) -> None:
        self._slot = slot

    def next_instant(self, at: int) -> int | None:
        """The moment, if it is later."""
        return self._slot if at < self._slot else None


@dataclass(frozen=True, kw_only=True, eq=False)
class Rule:
    """One date-field task, ready to say when a row is due."""

    app: App
    definition: Definition
    config: TaskConfig
    timer: DateTimer
    model: Model
    filter: Checked
    #: A Type of the app that decides itself when a row is due; None for the usual rule.
    own_time: Callable[[object], object] | None = None

    @property
    def task(self) -> str:
        """Full name of the task."""
        return self.definition.full_name

    def is_enabled(self, state: TaskState) -> bool:
        """Whether the task is to run by itself: switched on, and not paused."""
        return (self.config.enable if state.enabled is None else state.enabled) and not state.paused

    @cached_property
    def repeat(self) -> str:
        """The kind of its series: "normal" for one run per value."""
        return str(self.timer.repeat.get("repeatType") or "normal")

    @cached_property
    def grace(self) -> int:
        """How late a run may be, in microseconds."""
        return round(self.config.misfireGrace * SECOND)

    @cached_property
    def usual_job(self) -> NewJob:
        """What all jobs of the task have in common; moment, row and id are not its own."""
        return planned_job(self.definition, 0)

    @cached_property
    def by_date(self) -> bool:
        """Whether a value stands for a whole day."""
        return self.model.fields[self.timer.start_field].kind is Kind.DATE and self.repeat in _BY_DAY

    @cached_property
    def plainly(self) -> bool:
        """Whether a row's only slot is simply its date moved by the offset."""
        timer = self.timer
        return self.repeat == "normal" and timer.resting is None and not timer.jitter and self.own_time is None

    @cached_property
    def instants(self) -> Instants:
        """The moment of a date, days off aside: as `timer.trigger`, and quicker."""
        return Instants(self.timer)

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The fields that decide when and whether a row is due."""
        named = [*self.model.primary, self.timer.start_field, self.timer.end_field, *_mentioned(self.filter)]
        return tuple(dict.fromkeys(name for name in named if name))

    @cached_property
    def needed(self) -> frozenset[str]:
        """The same as a set."""
        return frozenset(self.fields)

    @cached_property
    def filters(self) -> bool:
        """Whether there is a filter at all."""
        return self.filter != Every(())

    def passes(self, values: Values) -> bool:
        """Whether the filter lets a row through. ValueError if a value makes no sense."""
        return not self.filters or holds(self.filter, lambda name: plain(values.get(name)))

    def slots(self, values: Values) -> Slots | None:
        """The moments of a row that passes; None if it has none. InvalidTime or ValueError for values without sense."""
        if plain(values.get(self.timer.start_field)) is None or not self.passes(values):
            return None
        if self.own_time is not None:
            return self._own_slot(values)
        if not self.plainly:
            return self._schedule(values)
        slot = self.slot(values)
        return None if slot is None else OneSlot(slot)

    def slot(self, values: Values) -> int | None:
        """The one moment of a row that passed the filter, for rules that are `plainly`; None if it has none."""
        start = plain(values[self.timer.start_field])
        if start is None:
            return None
        found = self.instants(start)
        if self.timer.end_field or found > self.timer.end:
            schedule = self._schedule(values)
            return None if schedule is None else schedule.next_instant(found - 1)
        return found

    def _own_slot(self, values: Values) -> Slots | None:
        assert self.own_time is not None
        try:
            found = plain(self.own_time(self.model.row(dict(values))))
        except Exception as error:
            raise ValueError(f"triggerTime raised {type(error).__name__}: {error}") from error
        zone = self.timer.local.zone.name
        return None if found is None else OneSlot(instant_of(found, zone=zone, where=f"{self.task}.triggerTime"))

    def _schedule(self, values: Values) -> Schedule | None:
        start = plain(values.get(self.timer.start_field))
        end = plain(values.get(self.timer.end_field)) if self.timer.end_field else None
        return self.timer.schedule(start, end, subject=self.model.subject(values))


class Rules:
    """The rules of an app. A broken one is logged once, with its element, and is not in the way of others."""

    def __init__(self, app: App) -> None:
        self._app = app
        #: Why a task has no rule, by task.
        self.broken: dict[str, str] = {}
        self._rules: dict[str, Rule | None] = {}
        self._definitions = {
            item.full_name: item for item in app.tasks() if DATE_FIELD in app.catalog.chain_names(item)
        }
        self._by_model: dict[str, list[str]] = {}
        for name, definition in self._definitions.items():
            self._by_model.setdefault(str(definition.config.get("modelPath", "")), []).append(name)

    def tasks(self) -> list[str]:
        """All date-field tasks."""
        return list(self._definitions)

    def of_model(self, model: str) -> list[Rule]:
        """The rules that watch a model."""
        return [rule for name in self._by_model.get(model, ()) if (rule := self.of_task(name)) is not None]

    def of_task(self, task: str) -> Rule | None:
        """The rule of a task; None if it is broken or no date-field task."""
        if task not in self._rules:
            self._rules[task] = self._made(task) if task in self._definitions else None
        return self._rules[task]

    def _made(self, task: str) -> Rule | None:
        try:
            return rule_of(self._app, self._definitions[task])
        except (JitaiTasksError, ValueError) as error:
            self.broken[task] = str(error)
            _logger.error("%s cannot follow its rows: %s", task, error)
            return None


def rules(app: App) -> Rules:
    """The rules of an app."""
    return app.part(Rules)


def rule_of(app: App, definition: Definition) -> Rule:
    """The rule of a definition. ElementNotFound, ModelError, FilterError or InvalidTime says what is wrong with it."""
    config = config_of(definition)
    if not config.modelPath:
        raise ModelError(definition.full_name, "modelPath is missing; the full name of the model to watch")
    model = models(app).get(config.modelPath)
    timer = parse_date_timer(
        config.timerCfg,
        zone=config.timezone or app.timezone,
        calendar=calendar_of(app, config.timerCfg),
        key=definition.full_name,
        jitter=config.jitter,
    )
    _check_date(model, timer.start_field, "startField")
    if timer.end_field:
        _check_date(model, timer.end_field, "endField")
    return Rule(
        app=app,
        definition=definition,
        config=config,
        timer=timer,
        model=model,
        filter=model.checked(config.filter),
        own_time=_own_time(app, definition),
    )


def _check_date(model: Model, name: str, key: str) -> None:
    kind = model.field(name).kind
    if kind not in (Kind.DATE, Kind.DATETIME):
        raise InvalidTime(
            f"timerCfg/{key}", f"{name} of {model.name} holds {kind}; a Date or a Datetime field is needed"
        )


def _own_time(app: App, definition: Definition) -> Callable[[object], object] | None:
    """`triggerTime` of the task's class, if the app's own Type has replaced it."""
    if app.catalog.definitions[DATE_FIELD].layer is app.catalog.layers[-1] and definition.type == DATE_FIELD:
        return None
    task: Any = app.getElement(definition.full_name).load()
    own: Callable[[object], object] = task.triggerTime
    return None if getattr(own, USUAL, False) else own


def _mentioned(filter_: Checked) -> list[str]:
    """The names of the fields that a filter looks at."""
    found: list[str] = []
    nested = getattr(filter_, "members", None) or ((filter_.member,) if hasattr(filter_, "member") else ())
    for member in nested:
        found += _mentioned(member)
    for part in (getattr(filter_, "field", None), getattr(filter_, "value", None)):
        if part is not None and hasattr(part, "kind"):
            found.append(part.name)
    return found
