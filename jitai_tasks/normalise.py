"""Old and new JitAi spellings become the current form, each with a note that says so. Schemas know only that."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from .jsonsource import Source
from .problems import Problem
from .respelling import Note, Respelling, Steps

Config = dict[str, object]

_TIMER: Steps = ("timerCfg",)
_REPEAT: Steps = ("timerCfg", "repeat")
#: Keys of the rule and keys of the task: found on the other level, they are moved.
_OF_THE_TIMER = frozenset({"dst", "holidayPolicy", "calendar", "skipHoliday"})
_OF_THE_TASK = frozenset({"timezone", "jitter", "misfire", "misfireGrace", "misfireMax", "overlap", "expect", "filter"})
_REPEAT_TYPES = frozenset({"normal", "second", "minute", "hour", "day", "week", "month", "year", "cron"})
_OFFSET_UNITS = frozenset({"second", "minute", "hour", "day"})
_LAST_DAY = frozenset({0, "0", "l", "last", "-1"})
_OFFICIAL_FAMILIES = frozenset({"tasks", "services", "models", "databases", "events", "calendars", "globals"})
_CURRENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.0*)?)?)?")


def normalise(config: Config, *, family: str) -> tuple[Config, list[tuple[str, str]]]:
    """The current form of an e.json, and a note (pointer, message) per old spelling.

    `family` ("tasks", "events", …) counts where the Type's name does not tell it.

    Notes point into the given config. What makes no sense is left as it is: the schema says so.
    """
    form = _respelled(config, family)
    return form.config, [(note.pointer, f"{note.message}; {note.advice}") for note in form.notes]


def normalised(source: Source, *, family: str) -> Source:
    """The source with its value in the current form; old spellings are warnings at their place in the text."""
    form = _respelled(source.value, family)
    return source.with_value(form.config, moved=form.moved, notes=tuple(_warn(source, note) for note in form.notes))


def _warn(source: Source, note: Note) -> Problem:
    return source.problem(note.pointer, note.message, note.advice, severity="warning", at_key=note.at_key)


def _respelled(config: Mapping[str, object], family: str) -> Respelling:
    form = Respelling(config)
    _access(form)
    _load_time(form)
    kind = form.text((), "type")
    family = _family_of(kind) or family
    if family in _FAMILIES and kind and not kind.endswith(".Meta"):
        _FAMILIES[family](form)
    return form


def _family_of(kind: str) -> str:
    """The family that a Type's name tells, wherever the element lies; "" for a Type of the app's own family."""
    first = kind.removeprefix("official.").partition(".")[0]
    return first if first in _OFFICIAL_FAMILIES else ""


def _access(form: Respelling) -> None:
    word = form.text((), "accessModifier")
    current = "protected" if word.lower() == "protect" else word.lower()
    if word and word != current and current in ("public", "protected", "private"):
        form.respell((), "accessModifier", current)


def _load_time(form: Respelling) -> None:
    """JitAi's pages use `loadTime` for both ends; the value says which end is meant."""
    if form.text((), "loadTime") in ("afterAppInit", "beforeHandleRequest"):
        form.rename((), "loadTime", "backendLoadTime")


def _task(form: Respelling) -> None:
    form.rename((), "taskFunc", "func")
    form.rename((), "funcName", "func")
    form.rename((), "filterQ", "filter")
    form.rename(_TIMER, "filterQ", "filter")
    _func_type(form, "Global" if form.get((), "func") else "Inner")
    form.move(_OF_THE_TASK, _TIMER, ())
    if form.mapping(_TIMER) is not None:
        _timer(form)


def _event(form: Respelling) -> None:
    form.rename((), "taskFunc", "func")
    _func_type(form, "Global")


def _func_type(form: Respelling, default: str) -> None:
    word = form.text((), "funcType")
    if word.capitalize() in ("Inner", "Global") and word != word.capitalize():
        form.respell((), "funcType", word.capitalize())
    form.fill((), "funcType", default)


def _timer(form: Respelling) -> None:
    form.move(_OF_THE_TIMER, (), _TIMER)
    form.drop_nothing(_TIMER)
    for key in ("startTime", "endTime"):
        _moment(form, key)
    if form.get(_TIMER, "startField") is not None:
        form.fill(_TIMER, "repeat", {"repeatType": "normal"})
    if form.mapping(_REPEAT) is not None:
        _repeat(form)
    for key in ("startOffset", "endOffset"):
        if form.mapping((*_TIMER, key)) is not None:
            _offset(form, (*_TIMER, key))


def _moment(form: Respelling, key: str) -> None:
    """Other ways to write a local time: slashes, a T, one digit, no seconds, a date alone (as an end: all of it)."""
    text = form.text(_TIMER, key)
    match = None if _CURRENT.fullmatch(text) else _DATE.fullmatch(text.strip())
    if match is None:
        return
    year, *rest = (part or "0" for part in match.groups())
    month, day, hour, minute, second = (part.zfill(2) for part in rest)
    whole_day = key == "endTime" and match[4] is None
    current = f"{year}-{month}-{day} {'23:59:59' if whole_day else f'{hour}:{minute}:{second}'}"
    form.respell(_TIMER, key, current)


def _repeat(form: Respelling) -> None:
    form.drop_nothing(_REPEAT)
    _unit(form, _REPEAT, "repeatType", _REPEAT_TYPES)
    for key in ("day", "weekday", "month"):
        _as_list(form, key)
    _each(form, "week", _last_week)
    _each(form, "day", lambda item: -1 if _word(item) in _LAST_DAY else item)
    _each(form, "weekday", lambda item: 7 if item == 0 and type(item) is int else item)
    if form.text(_REPEAT, "repeatType") != "cron":
        form.fill(_REPEAT, "period", 1)


def _unit(form: Respelling, at: Steps, key: str, known: frozenset[str]) -> None:
    """Plurals and capitals: "Hours" is "hour"."""
    word = form.text(at, key)
    current = word.strip().lower()
    current = current if current in known else current.removesuffix("s")
    if word != current and current in known:
        form.respell(at, key, current)


def _as_list(form: Respelling, key: str) -> None:
    value = form.get(_REPEAT, key)
    if isinstance(value, int | str) and not isinstance(value, bool):
        form.respell(_REPEAT, key, [value])


def _last_week(item: object) -> object:
    return -1 if _word(item) in ("l", "last") else item


def _each(form: Respelling, key: str, current: Callable[[object], object]) -> None:
    """Equal spellings of one value: changed without a note."""
    value = form.get(_REPEAT, key)
    if isinstance(value, list):
        form.put(_REPEAT, key, [current(item) for item in value])
    elif value is not None:
        form.put(_REPEAT, key, current(value))


def _word(item: object) -> object:
    return item.lower() if isinstance(item, str) else item if type(item) is int else None


def _offset(form: Respelling, at: Steps) -> None:
    form.drop_nothing(at)
    _unit(form, at, "offsetUnit", _OFFSET_UNITS)
    form.fill(at, "offsetType", 1)
    amount, direction = form.get(at, "offset"), form.get(at, "offsetType")
    if type(amount) is int and amount < 0 and direction in (-1, 0, 1) and type(direction) is int:
        word = {-1: "before", 0: "on time", 1: "after"}[-direction]
        unit = form.text(at, "offsetUnit") or "hour"
        meaning = (
            f"together with offsetType {direction} it means {-amount} {unit}s {word}" if direction else "it is on time"
        )
        form.put(at, "offset", -amount)
        form.put(at, "offsetType", -direction)
        advice = f'write "offsetType": {-direction}, "offset": {-amount}'
        form.note((*at, "offset"), f"a negative offset is an old spelling: {meaning}", advice)


_FAMILIES: dict[str, Callable[[Respelling], None]] = {"tasks": _task, "events": _event}
