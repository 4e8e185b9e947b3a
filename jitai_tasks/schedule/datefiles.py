"""Dates in files: iCalendar (.ics) and JSON. Text in, dates out; nothing is read or fetched here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from jitai_tasks.errors import InvalidTime

#: An event that lasts longer than this is a mistake.
LONGEST_EVENT = 366
_UNDERSTOOD = {"INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "WKST"}
LONGEST_TEXT = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Dates:
    """A set of dates, and of (month, day) pairs that mean every year."""

    days: frozenset[date] = frozenset()
    yearly: frozenset[tuple[int, int]] = frozenset()

    @staticmethod
    def of(values: Iterable[date | tuple[int, int]]) -> Dates:
        """Collect single days and yearly ones."""
        both = list(values)
        return Dates(
            frozenset(value for value in both if isinstance(value, date)),
            frozenset(value for value in both if isinstance(value, tuple)),
        )

    def __contains__(self, day: date) -> bool:
        return day in self.days or (day.month, day.day) in self.yearly

    def __or__(self, other: Dates) -> Dates:
        return Dates(self.days | other.days, self.yearly | other.yearly)

    def years(self) -> set[int]:
        """The years of the single days."""
        return {day.year for day in self.days}


NO_DATES = Dates()


def parse_date(value: object, pointer: str) -> date | tuple[int, int]:
    """`2026-05-01`, or `12-24` for every year. Raises InvalidTime at `pointer`."""
    text = value.strip() if isinstance(value, str) else ""
    try:
        if len(text) == 5:
            leap = date.fromisoformat(f"2000-{text}")
            return leap.month, leap.day
        if len(text) != 10:
            raise ValueError("wrong length")
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidTime(pointer, f"{value!r} is no date like '2026-05-01' or '12-24' ({error})") from None


def parse_file(name: str, text: str) -> tuple[Dates, Dates]:
    """The days off and the workdays that a file lists. Raises InvalidTime with the line or the place as pointer."""
    if len(text) > LONGEST_TEXT:
        raise InvalidTime("", f"is larger than {LONGEST_TEXT} characters")
    if name.lower().endswith(".ics"):
        return parse_ics(text), Dates()
    return parse_json(text)


def parse_json(text: str) -> tuple[Dates, Dates]:
    """A list of dates, an object from dates to names, or `{"add": […], "remove": […]}`."""
    try:
        value: object = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise InvalidTime("", f"is no JSON: {error}") from None
    if isinstance(value, dict) and value.keys() <= {"add", "remove"}:
        return _json_dates(value.get("add", []), "add"), _json_dates(value.get("remove", []), "remove")
    return _json_dates(value, ""), Dates()


def parse_ics(text: str) -> Dates:
    """The days of the events of an iCalendar text (RFC 5545): all-day ones, with their length and a yearly RRULE."""
    if "BEGIN:VCALENDAR" not in text[:4096].upper():
        raise InvalidTime("line 1", "is no iCalendar text: BEGIN:VCALENDAR is missing")
    return Dates.of(day for line, event in _events(text) for day in _event_days(line, event))


def _json_dates(value: object, place: str) -> Dates:
    if not isinstance(value, list | dict):
        raise InvalidTime(place, f"expected a list of dates, got {value!r}")
    return Dates.of(parse_date(each, f"{place}/{index}" if place else str(index)) for index, each in enumerate(value))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Content lines with their number; a line that starts with a blank continues the one before it."""
    first, content = 0, ""
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        if line[:1] in (" ", "\t"):
            content += line[1:]
            continue
        if content:
            yield first, content
        first, content = number, line
    if content:
        yield first, content


def _events(text: str) -> Iterator[tuple[int, dict[str, list[str]]]]:
    """Each VEVENT with the line it starts on: property name -> values."""
    event: dict[str, list[str]] | None = None
    inner, start = 0, 0
    for number, content in _lines(text):
        head, _, value = content.partition(":")
        name = head.partition(";")[0].upper()
        if name == "BEGIN" and event is not None:
            inner += 1
        elif name == "BEGIN" and value.strip().upper() == "VEVENT":
            event, start = {}, number
        elif name == "END" and event is not None and inner:
            inner -= 1
        elif name == "END" and event is not None:
            yield start, event
            event = None
        elif event is not None and not inner:
            event.setdefault(name, []).append(value.strip())
    if event is not None:
        raise InvalidTime(f"line {start}", "the event has no END:VEVENT")


def _event_days(line: int, event: dict[str, list[str]]) -> Iterator[date | tuple[int, int]]:
    if event.get("STATUS", [""])[0].upper() == "CANCELLED":
        return
    first = _ics_date(line, event.get("DTSTART", [""])[0])
    days = [first + timedelta(days=n) for n in range(_length(line, event, first))]
    rule = event.get("RRULE", [""])[0].upper()
    left_out = {_ics_date(line, text) for value in event.get("EXDATE", []) for text in value.split(",")}
    if rule:
        yield from (day for each in days for day in _yearly(line, rule, each) if day not in left_out)
    else:
        yield from (day for day in days if day not in left_out)
    yield from (_ics_date(line, text) for value in event.get("RDATE", []) for text in value.split(","))


def _length(line: int, event: dict[str, list[str]], first: date) -> int:
    if "DTEND" not in event:
        return 1
    text = event["DTEND"][0]
    days = (_ics_date(line, text) - first).days + ("T" in text and not text[9:].startswith("000000"))
    if not 0 <= days <= LONGEST_EVENT:
        raise InvalidTime(f"line {line}", f"the event lasts {days} days")
    return max(days, 1)


def _yearly(line: int, rule: str, first: date) -> Iterator[date | tuple[int, int]]:
    parts = dict(part.partition("=")[::2] for part in rule.split(";"))
    if parts.pop("FREQ", "") != "YEARLY" or parts.keys() - {
        "INTERVAL",
        "COUNT",
        "UNTIL",
        "BYMONTH",
        "BYMONTHDAY",
        "WKST",
    }:
        raise InvalidTime(f"line {line}", f"the rule {rule} is not understood; list its dates instead")
    if int(parts.get("BYMONTH", first.month)) != first.month or int(parts.get("BYMONTHDAY", first.day)) != first.day:
        raise InvalidTime(f"line {line}", f"the rule {rule} names another day than DTSTART; list its dates instead")
    if not parts.keys() & {"INTERVAL", "COUNT", "UNTIL"}:
        yield first.month, first.day
        return
    last = _ics_date(line, parts["UNTIL"]) if "UNTIL" in parts else date.max
    for n in range(min(int(parts.get("COUNT", 400)), 400)):
        year = first.year + n * int(parts.get("INTERVAL", 1))
        if year > last.year:
            return
        day = _same_day(first, year)
        if day is not None and day <= last:
            yield day


def _same_day(day: date, year: int) -> date | None:
    try:
        return day.replace(year=year)
    except ValueError:
        return None


def _ics_date(line: int, text: str) -> date:
    try:
        if len(text) < 8 or not (text[:8].isascii() and text[:8].isdigit()):
            raise ValueError("expected a date like 20260501")
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError as error:
        raise InvalidTime(f"line {line}", f"{text!r} is no date ({error})") from None
