"""Who is called when: the events of an app, by what they listen to."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy.orm import Session

from ..app import App
from ..definition import Definition, Kind
from ..hookspecs import hookimpl
from ..models.aftermath import create_jobs
from ..models.change import Change, Operate
from ..models.fields import plain
from ..models.kinds import assignable
from ..models.mapping import Model
from ..models.normal import NormalModel
from ..models.rows import JitDict
from ..moments import local_text
from ..store.records import Job, Outcome
from .element import Event, ModelEvent, is_on
from .endings import ENDED, facts_of

if TYPE_CHECKING:
    from ..outlook import Missed

_logger = logging.getLogger(__name__)

CUSTOM = "events.NormalType"
OF_MODEL = "events.ModelType"


class Events:
    """The events of an app, by what they listen to."""

    def __init__(self, app: App) -> None:
        self._app = app
        #: Full names of the custom events, by what they listen to.
        self.custom: dict[str, list[str]] = {}
        self._of_models: dict[tuple[str, str], list[str]] = {}
        for name, definition in app.catalog.definitions.items():
            if definition.kind is Kind.INSTANCE and is_on(definition):
                self._place(name, definition)

    def _place(self, name: str, definition: Definition) -> None:
        chain, sender = self._app.catalog.chain_names(definition), str(definition.config.get("sender", ""))
        if CUSTOM in chain:
            self.custom.setdefault(sender, []).append(name)
        elif OF_MODEL in chain:
            self._of_models.setdefault((sender, str(definition.config.get("operate"))), []).append(name)

    def publish(self, sender: str, args: Any = (), kwargs: Mapping[str, Any] | None = None) -> list[Any]:
        """Call all that listen to `sender`; answers what they answered. A failing one breaks the caller."""
        return [event.call(*_tuple(args), **(kwargs or {})) for event in self._listening(sender)]

    def has_listeners(self, sender: str) -> bool:
        """Whether anybody listens."""
        return sender in self.custom

    def _listening(self, sender: str) -> Iterator[Event]:
        for name in self.custom.get(sender, ()):
            yield cast(Event, self._app.getElement(name))

    def of_model(self, model: str, operate: str) -> list[ModelEvent]:
        """The events about a kind of change of a model."""
        return [cast(ModelEvent, self._app.getElement(name)) for name in self._of_models.get((model, operate), ())]

    # ---- a follower of changes

    def needs(self, model: Model) -> Collection[str]:
        """All fields of a model that events are about: their functions get whole rows."""
        return model.fields if any(sender == model.name for sender, _ in self._of_models) else ()

    def before(self, session: Session, change: Change) -> None:
        """Those that come first: they may alter the row, or refuse the change by raising."""
        if not self._of_models:
            return
        told = cast("set[str]", change.notes.setdefault(Events, set()))
        for event in self.of_model(change.model.name, f"{change.operate}Before"):
            if not event.asyncType and event.fullName not in told and event.wants(change):
                told.add(event.fullName)
                data = event.data(change)
                event.run_now([data], {})
                _take_over(data["postData"], change)

    def after(self, session: Session, change: Change) -> None:
        """Those that come afterwards, in the same transaction; asynchronous ones get their jobs now."""
        if not self._of_models:
            return
        for event in self._following(change):
            if not event.wants(change):
                continue
            data = event.data(change)
            if event.asyncType:
                create_jobs(self._app, session, change, [event.job(event.buildTaskParams(data))])
            else:
                event.run_now([data], {})

    def commit(self, session: Session, changes: list[Change], *, sure: bool) -> None:
        """Nothing: all has been told."""

    def _following(self, change: Change) -> Iterator[ModelEvent]:
        name = change.model.name
        yield from (event for event in self.of_model(name, f"{change.operate}Before") if event.asyncType)
        yield from self.of_model(name, f"{change.operate}After")
        if change.operate is not Operate.DELETE:
            yield from self.of_model(name, "FieldUpdateAfter")


class TaskEvents:
    """Publishes `tasks.<Name>.onStart`, `onSuccess`, `onError`, `onExpired` and `onLate`; a listener's failure is only
    logged."""

    def __init__(self, app: App) -> None:
        self._events = events(app)

    @hookimpl(tryfirst=True)
    def jit_perform(self, app: App, job: Job, call: Callable[[], object]) -> None:
        """A run begins."""
        self._tell(job, "onStart", None)

    @hookimpl
    def jit_run_recorded(self, app: App, job: Job, outcome: Outcome) -> None:
        """A run has ended, and that is committed."""
        if outcome.status in ENDED:
            self._tell(job, ENDED[outcome.status], outcome)

    @hookimpl
    def jit_deadline_missed(self, app: App, task: str, missed: Missed) -> None:
        """An expectation of a task was not met."""
        at = local_text(missed.at, app.timezone)
        self._publish(
            f"{task}.onLate", JitDict(task=task, expectation=missed.expectation, deadline=at, text=missed.text)
        )

    def _tell(self, job: Job, happening: str, outcome: Outcome | None) -> None:
        if job.task:
            self._publish(f"{job.task}.{happening}", JitDict(facts_of(job, outcome)))

    def _publish(self, sender: str, data: JitDict) -> None:
        if not self._events.has_listeners(sender):
            return
        try:
            self._events.publish(sender, (data,))
        except Exception:
            _logger.exception("a listener of %s failed", sender)


def events(app: App) -> Events:
    """The events of an app."""
    return app.part(Events)


def watch_tasks(app: App) -> None:
    """Begin to publish what happens to tasks; once is enough."""
    if not app.plugins.has_plugin("task events"):
        app.plugins.register(TaskEvents(app), "task events")


class Publisher:
    """`app.event`."""

    def __init__(self, app: App) -> None:
        self._app = app

    def publish(self, sender: str, args: Any = (), kwargs: Mapping[str, Any] | None = None) -> list[Any]:
        """Call all that listen to `sender`, like "services.OrderSvc.orderPaid"."""
        return events(self._app).publish(str(plain(sender)), args, kwargs)


class JitEvent:
    """`JitEvent.publish(...)`: the same for the open app."""

    @staticmethod
    def publish(sender: str, args: Any = (), kwargs: Mapping[str, Any] | None = None) -> list[Any]:
        """Call all that listen to `sender`."""
        return Publisher(App.current()).publish(sender, args, kwargs)


def _take_over(row: NormalModel, change: Change) -> None:
    """What a function changed in the row is written."""
    if change.post is None:
        return
    for name, value in row.toDict().items():
        if value != change.post.get(name):
            setattr(change.entity, name, assignable(change.model.field(name), change.model.held(name, value)))


def _tuple(args: Any) -> tuple[Any, ...]:
    """JitAi's examples pass `("x")` for `("x",)`."""
    return tuple(args) if isinstance(args, list | tuple) else (args,)
