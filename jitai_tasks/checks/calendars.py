"""Calendars that mean nothing, are not there, or know nothing of the present."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..clock import SECOND, moment
from ..definition import Definition, Kind
from ..errors import InvalidTime, did_you_mean, nearest
from ..problems import Problem
from .sheet import Sheet

if TYPE_CHECKING:
    from ..schedule import Calendar

TYPE, META = "calendars.NormalType", "calendars.Meta"
#: How far ahead a year without data is told.
AHEAD = 60 * 86_400 * SECOND


def check_calendars(sheet: Sheet, *, default: str, now: int) -> Iterator[Problem]:
    """What is wrong with a calendar, or with the one that a task keeps; `default` is the calendar of app.json."""
    if sheet.definition.kind is Kind.INSTANCE and any(link.full_name == TYPE for link in sheet.types):
        yield from _described(sheet)
    timer = sheet.config.get("timerCfg") or {}
    if timer.get("skipHoliday"):
        yield from _kept(sheet, str(timer.get("calendar") or default), now)


def _described(sheet: Sheet) -> Iterator[Problem]:
    try:
        _days_off(sheet.definition)
    except InvalidTime as error:
        yield sheet.problem("time", error.pointer, error.reason, "correct it, or take it out")


def _kept(sheet: Sheet, name: str, now: int) -> Iterator[Problem]:
    """A plug-in may know calendars by any other name than those of elements."""
    catalog = sheet.catalog
    pointer = "timerCfg/calendar" if "calendar" in sheet.config["timerCfg"] else "timerCfg/skipHoliday"
    definition = catalog.find(name) if name else None
    if name.startswith("calendars.") and (definition is None or definition.kind is not Kind.INSTANCE):
        instances = [each for each in catalog.definitions.values() if each.kind is Kind.INSTANCE]
        known = [each.full_name for each in instances if META in catalog.chain_names(each)]
        said = f"{name} is a {definition.kind}, no calendar" if definition else f"there is no calendar {name}"
        message = f"{said}{did_you_mean(nearest(name, known))}"
        yield sheet.problem("time", pointer, message, "name a calendar that exists")
    elif not name or (definition is not None and definition.type == TYPE):
        yield from _unknown_years(sheet, definition, pointer, now)


def known_calendar(sheet: Sheet, default: str) -> Calendar | None:
    """The calendar that a task keeps; one without days off if only running code would tell; None for the default."""
    # The calendars are only loaded when there is one to look at.
    from ..schedule import parse_calendar  # noqa: PLC0415

    timer = sheet.config["timerCfg"]
    name = str(timer.get("calendar") or default)
    if not name or not timer.get("skipHoliday"):
        return None
    definition = sheet.catalog.find(name)
    try:
        if definition is not None and definition.type == TYPE:
            return _days_off(definition)
    except InvalidTime:
        pass  # told where it is written
    return parse_calendar({"weekend": []})


def _unknown_years(sheet: Sheet, definition: Definition | None, pointer: str, now: int) -> Iterator[Problem]:
    try:
        calendar = _days_off(definition)
    except InvalidTime:
        return  # told where it is written
    for year in dict.fromkeys((moment(now).year, moment(now + AHEAD).year)):
        if not calendar.covers(year):
            message = f"{calendar} has no data for {year}: days off of that year are a guess"
            advice = "update the package `holidays`, or add the dates to the calendar"
            yield sheet.problem("time", pointer, message, advice, severity="warning")


def _days_off(definition: Definition | None) -> Calendar:
    # The calendars are only loaded when there is one to look at.
    from ..daysoff import described_calendar  # noqa: PLC0415
    from ..schedule import default_calendar  # noqa: PLC0415

    return default_calendar() if definition is None else described_calendar(definition)
