"""Days off: which calendar a task keeps, and where the app has it from: a plug-in, an element, or the default."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from .definition import Definition, Kind
from .errors import InvalidTime, JitaiTasksError, did_you_mean, nearest
from .schedule import Calendar, DaysOff, default_calendar, parse_calendar
from .schedule.workdays import Workdays

if TYPE_CHECKING:
    from .app import App

META = "calendars.Meta"
_POINTER = "timerCfg/calendar"


@dataclass(frozen=True, slots=True)
class _OfElement:
    """A calendar element, as schedules ask it."""

    app: App
    name: str

    def is_workday(self, day: date) -> bool:
        return bool(self.app.getElement(self.name).isWorkday(day))

    def covers(self, year: int) -> bool:
        return bool(self.app.getElement(self.name).covers(year))

    def __str__(self) -> str:
        return self.name


class Calendars:
    """The calendars of one app by name, each made when it is first asked for."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._known: dict[str, Workdays] = {}

    def named(self, name: str) -> Workdays:
        """The calendar of this name; "" is the app's default. InvalidTime if there is none, or if it is broken."""
        if name not in self._known:
            self._known[name] = Workdays(self._made(name))
        return self._known[name]

    def _made(self, name: str) -> Calendar:
        plugged: Calendar | None = self._app.hooks.jit_calendar(app=self._app, name=name)
        if plugged is not None:
            return plugged
        return self._of_element(name) if name else default_calendar()

    def _of_element(self, name: str) -> Calendar:
        definition = self._app.catalog.find(name)
        if definition is None or META not in self._app.catalog.chain_names(definition):
            raise InvalidTime(_POINTER, f"there is no calendar {name}{self._advice(name)}")
        calendar = _OfElement(self._app, name)
        try:
            calendar.covers(2000)
        except JitaiTasksError as error:
            raise InvalidTime(_POINTER, f"{name}: {error}") from error
        return calendar

    def _advice(self, name: str) -> str:
        if broken := self._app.catalog.broken(name):
            return f": {broken[0].sentence}"
        catalog = self._app.catalog
        instances = [each for each in catalog.definitions.values() if each.kind is Kind.INSTANCE]
        known = [each.full_name for each in instances if META in catalog.chain_names(each)]
        return did_you_mean(nearest(name, known))


def calendar_of(app: App, timer: Mapping[str, object]) -> Workdays | None:
    """The calendar that a `timerCfg` keeps; None if holidays make no difference to it.

    Its own `calendar` goes before that of app.json. InvalidTime at `timerCfg/calendar` if there is none of that name.
    """
    return app.part(Calendars).named(name_of(app, timer)) if timer.get("skipHoliday") else None


def name_of(app: App, timer: Mapping[str, object]) -> str:
    """The name of the calendar that a `timerCfg` keeps; "" for the default."""
    return str(timer.get("calendar") or app.config.calendar or "")


def described_calendar(definition: Definition) -> DaysOff:
    """The calendar that a definition of a calendar element describes, read without importing anything.

    Raises InvalidTime with the pointer of a mistake, like `country`.
    """
    return parse_calendar(definition.config, _files(definition), name=definition.full_name)


def fingerprint(app: App, timer: Mapping[str, object]) -> str:
    """Changes when the days off that a `timerCfg` keeps may have changed; "" if they make no difference."""
    if not timer.get("skipHoliday"):
        return ""
    definition = app.catalog.find(name_of(app, timer))
    facts = [name_of(app, timer), _version_of_legal_holidays()]
    if definition is not None:
        facts += [definition.hash, *_files(definition).values()]
    return hashlib.sha256("\0".join(facts).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _files(definition: Definition) -> dict[str, str]:
    """The file of dates beside an e.json, by its name; empty if it names none, or one that cannot be read."""
    name = definition.config.get("file")
    folder = definition.folder.resolve()
    path = (folder / str(name)).resolve()
    if not name or not path.is_relative_to(folder):
        return {}
    try:
        return {str(name): path.read_text(encoding="utf-8-sig")}
    except (OSError, UnicodeDecodeError):
        return {}


def _version_of_legal_holidays() -> str:
    try:
        return importlib.metadata.version("holidays")
    except importlib.metadata.PackageNotFoundError:
        return ""
