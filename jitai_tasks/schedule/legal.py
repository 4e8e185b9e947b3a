"""Legal holidays of all countries, from the package `holidays`: China's make-up workdays included."""

from __future__ import annotations

import importlib
from calendar import isleap
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol, cast

from jitai_tasks.errors import InvalidTime, did_you_mean, nearest

MISSING = "needs the package `holidays`: pip install 'jitai-tasks[holidays]'"


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalYear:
    """One year of a country."""

    #: Days off by law, whatever their weekday.
    holidays: frozenset[date]
    #: Days of the weekend.
    weekend: frozenset[date]
    #: Days of the weekend that are worked to make up for a longer holiday.
    made_up: frozenset[date]


class _Country(Protocol):
    """What is used of `holidays.HolidayBase`."""

    start_year: int
    end_year: int
    weekend_workdays: Collection[date]

    def is_weekend(self, key: date) -> bool: ...

    def __contains__(self, key: date) -> bool: ...

    def get(self, key: date) -> str | None: ...


class _Package(Protocol):
    def list_supported_countries(self) -> Mapping[str, list[str]]: ...

    def country_holidays(self, country: str, *, subdiv: str | None) -> _Country: ...


class LegalHolidays:
    """The legal holidays of one country or of one of its subdivisions."""

    def __init__(self, package: _Package, country: str, subdivision: str) -> None:
        self.country = country
        self.subdivision = subdivision
        # One object for all years: it works each of them out once, when it is first asked.
        self._known = package.country_holidays(country, subdiv=subdivision or None)
        self._first, self._last = _announced(self._known)

    def covers(self, year: int) -> bool:
        """Whether the package knows this year. Where weekends are made up for, that takes a yearly announcement."""
        return self._first <= year <= self._last

    def year(self, year: int) -> LegalYear:
        """The days of one year."""
        # Make-up days at the end of December belong to the announcement of the year after.
        for each in (year, min(year + 1, 9999)):
            self._known.get(date(each, 1, 1))
        days = [date(year, 1, 1) + timedelta(days=n) for n in range(366 if isleap(year) else 365)]
        return LegalYear(
            holidays=frozenset(day for day in days if day in self._known),
            weekend=frozenset(day for day in days if self._known.is_weekend(day)),
            made_up=frozenset(day for day in self._known.weekend_workdays if day.year == year),
        )


def legal_holidays(country: str, subdivision: str = "", *, pointer: str = "") -> LegalHolidays:
    """The legal holidays of a country by its ISO code. Raises InvalidTime at `pointer`/country or /subdivision."""
    prefix = f"{pointer}/" if pointer else ""
    package = _package()
    if package is None:
        raise InvalidTime(f"{prefix}country", MISSING)
    known = package.list_supported_countries()
    if country not in known:
        hint = did_you_mean(nearest(country, known))
        raise InvalidTime(f"{prefix}country", f"no legal holidays are known for {country!r}{hint}")
    if subdivision and subdivision not in known[country]:
        names = ", ".join(known[country]) or "none"
        raise InvalidTime(f"{prefix}subdivision", f"{subdivision!r} is no subdivision of {country}; known are: {names}")
    return LegalHolidays(package, country, subdivision)


def is_installed() -> bool:
    """Whether the package is there."""
    return _package() is not None


def _package() -> _Package | None:
    # Imported when asked for: it is optional, and takes longer than all of this program's own start.
    try:
        return cast(_Package, importlib.import_module("holidays"))
    except ModuleNotFoundError:
        return None


def _announced(country: _Country) -> tuple[int, int]:
    """The first and last year that are known."""
    tables: list[Mapping[int, tuple[object, ...]]] = [
        table for name in ("special_public_holidays",) if isinstance(table := getattr(country, name, None), Mapping)
    ]
    years = [year for table in tables for year, entries in table.items() if _has_substitution(entries)]
    if not years:
        return country.start_year, country.end_year
    return max(min(years), country.start_year), min(max(years), country.end_year)


def _has_substitution(entries: tuple[object, ...]) -> bool:
    several = entries if entries and isinstance(entries[0], tuple) else (entries,)
    return any(isinstance(entry, tuple) and len(entry) >= 4 for entry in several)
