"""Calendars from their configuration: weekend, legal holidays, dates to add and to remove, a file of dates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from jitai_tasks.errors import InvalidTime
from jitai_tasks.schedule.datefiles import NO_DATES, Dates, parse_date, parse_file
from jitai_tasks.schedule.fields import Fields
from jitai_tasks.schedule.legal import LegalHolidays, LegalYear, is_installed, legal_holidays
from jitai_tasks.schedule.workdays import Workdays

SATURDAY_SUNDAY = frozenset({6, 7})


@dataclass(frozen=True, slots=True)
class DaysOff:
    """A calendar: `add` and `remove` decide first, then make-up workdays, legal holidays, the weekend."""

    name: str
    #: Weekdays off, 1 = Monday; None for those of the country.
    weekend: frozenset[int] | None = SATURDAY_SUNDAY
    legal: LegalHolidays | None = None
    #: Days off besides: from the configuration and from a file.
    add: Dates = NO_DATES
    #: Workdays after all.
    remove: Dates = NO_DATES
    #: Whether years without a date in `add` are years without data.
    dated: bool = False
    _years: dict[int, LegalYear] = field(default_factory=dict, repr=False, compare=False)

    def is_workday(self, day: date) -> bool:
        if day in self.remove:
            return True
        if day in self.add:
            return False
        return self._is_usual_workday(day)

    def covers(self, year: int) -> bool:
        if self.legal is not None:
            return self.legal.covers(year)
        return not self.dated or year in self.add.years()

    def __str__(self) -> str:
        return self.name

    def _is_usual_workday(self, day: date) -> bool:
        if self.legal is None:
            return day.isoweekday() not in (self.weekend or ())
        if day.year not in self._years:
            self._years[day.year] = self.legal.year(day.year)
        year = self._years[day.year]
        if day in year.made_up:
            return True
        weekend = day in year.weekend if self.weekend is None else day.isoweekday() in self.weekend
        return not weekend and day not in year.holidays


def parse_calendar(
    config: Mapping[str, object], files: Mapping[str, str] | None = None, *, name: str = "", pointer: str = ""
) -> DaysOff:
    """The calendar of a `calendars/<Name>/e.json`; `files` are the texts of the files beside it, by file name.

    Raises InvalidTime with the pointer of the mistake, like `add/3` or `country`."""
    fields = Fields(config, pointer)
    country = fields.text("country")
    legal = legal_holidays(country, fields.text("subdivision"), pointer=pointer) if country else None
    if fields.has("subdivision") and not country:
        raise fields.wrong("subdivision", "needs `country`")
    listed = _file(fields, files or {})
    return DaysOff(
        name=name or fields.text("title") or country or "weekends",
        weekend=_weekend(fields, legal),
        legal=legal,
        add=_dates(fields, "add") | listed.off,
        remove=_dates(fields, "remove") | listed.work,
        dated=legal is None and bool(listed.off.days) and not listed.off.yearly,
    )


def default_calendar() -> Workdays:
    """What `skipHoliday` means where no calendar is named: China's legal holidays and make-up workdays."""
    return _default(is_installed())


def weekends_only() -> DaysOff:
    """Saturday and Sunday are off, nothing else."""
    return DaysOff("weekends")


@lru_cache(maxsize=2)
def _default(installed: bool) -> Workdays:
    if installed:
        return Workdays(DaysOff("China (default)", None, legal_holidays("CN")))
    return Workdays(DaysOff("Saturday and Sunday (China's legal holidays need jitai-tasks[holidays])", dated=True))


def _weekend(fields: Fields, legal: LegalHolidays | None) -> frozenset[int] | None:
    if fields.get("weekend") == []:
        return frozenset()
    days = frozenset(day or 7 for day in fields.integers("weekend", 0, 7))
    if len(days) == 7:
        raise fields.wrong("weekend", "every day is off; nothing would ever run")
    if days:
        return days
    return SATURDAY_SUNDAY if legal is None else None


def _dates(fields: Fields, key: str) -> Dates:
    values = fields.get(key)
    if values is None:
        return NO_DATES
    if not isinstance(values, list | tuple):
        raise fields.wrong(key, f"expected a list of dates like '2026-05-01' or '12-24', got {values!r}")
    return Dates.of(_each_date(values, fields.at(key)))


def _each_date(values: Iterable[object], pointer: str) -> Iterable[date | tuple[int, int]]:
    for index, value in enumerate(values):
        yield parse_date(value, f"{pointer}/{index}")


@dataclass(frozen=True, slots=True)
class _Listed:
    off: Dates = NO_DATES
    work: Dates = NO_DATES


def _file(fields: Fields, files: Mapping[str, str]) -> _Listed:
    name = fields.text("file")
    if not name:
        return _Listed()
    if name not in files:
        raise fields.wrong("file", f"there is no file {name!r} beside the e.json")
    try:
        off, work = parse_file(name, files[name])
    except InvalidTime as error:
        raise fields.wrong("file", f"{name}: {error}") from error
    return _Listed(off, work)
