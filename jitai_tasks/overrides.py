"""The rules that people gave to tasks at run time, over those of their files: kept in the database, and followed by
every process that has the app open."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from .catalog import SCHEMA_FILE
from .daysoff import calendar_of
from .definition import Definition, config_hash, frozen_config
from .errors import InvalidTime
from .jsonsource import read_json
from .normalise import normalised
from .problems import Problem
from .schedule import parse_timer
from .schemas import check_element
from .store import schedules

if TYPE_CHECKING:
    from .app import App
    from .store.records import TaskState

SCHEDULED = "tasks.NormalType"
_TIMER = "timerCfg"


class Rules:
    """The rules over the files that an open app follows at the moment."""

    def __init__(self, app: App) -> None:
        self._app = app
        #: What the files say, of tasks that have or had another rule.
        self._files: dict[str, Definition] = {}
        self._texts: dict[str, str] = {}

    def of_file(self, name: str) -> Definition | None:
        """The definition of a task as its files have it."""
        return self._files.get(name) or self._app.catalog.definitions.get(name)

    def follow(self, name: str, rule: str | None) -> bool:
        """Have a task planned by this rule (JSON), None: by its file. True if that is news."""
        file = self.of_file(name)
        if file is None or self._texts.get(name) == rule:
            return False
        self._files[name] = file
        self._app.redefine(file if rule is None else _with_rule(file, json.loads(rule)))
        if rule is None:
            del self._texts[name]
        else:
            self._texts[name] = rule
        return True


def follow(app: App, states: Iterable[TaskState]) -> bool:
    """Have tasks planned by the rules that the database holds for them; True if one of them is news here."""
    rules = app.part(Rules)
    news = [state.task for state in states if rules.follow(state.task, state.rule)]
    return bool(news)


def follow_one(app: App, name: str) -> bool:
    """Ask the database for the rule of one task."""
    with app.database.read() as connection:
        state = schedules.get(connection, name)
    return follow(app, [state])


def checked(app: App, name: str, timer: object) -> str | None:
    """A `timerCfg` as it is stored, in the current spelling; None if it is what the task's file says.

    InvalidTime names what is wrong with it, by the rules for files, and for a task that does not run by a timer.
    """
    file = app.part(Rules).of_file(name)
    assert file is not None
    if SCHEDULED not in app.catalog.chain_names(file):
        raise InvalidTime("", f"{name} is no scheduled task, so it has no rule to change; edit its e.json")
    config = _normal(app, file, timer)
    rule = cast("Mapping[str, Any]", config[_TIMER])
    _check_times(app, file, rule)
    same = config_hash(dict(rule)) == config_hash(cast("dict[str, object]", file.config.get(_TIMER) or {}))
    return None if same else json.dumps(rule, ensure_ascii=False)


def _normal(app: App, file: Definition, timer: object) -> dict[str, object]:
    if not isinstance(timer, Mapping):
        raise InvalidTime(_TIMER, f'expected an object like {{"repeat": {{…}}}}, got {type(timer).__name__}')
    try:
        source = read_json(json.dumps({**file.config, _TIMER: dict(timer)}))
    except (TypeError, ValueError) as error:
        raise InvalidTime(_TIMER, f"it is no JSON: {error}") from None
    _refuse(source.problems)
    source = normalised(source, family=file.family)
    if moved := sorted(key for key, value in source.value.items() if key != _TIMER and file.config.get(key) != value):
        raise InvalidTime(f"{_TIMER}/{moved[0]}", "it belongs to the task, not to its rule; write it in the e.json")
    chain = app.catalog.chain(file)
    own = [path for link in chain if (path := link.folder / SCHEMA_FILE).is_file()]
    found = check_element(source, type_chain=[link.full_name for link in chain], own_schemas=own)
    _refuse(problem for problem in found if problem.pointer.partition("/")[0] == _TIMER)
    return source.value


def _refuse(problems: Iterable[Problem]) -> None:
    """Nobody reads warnings about what is set at run time: they are refused as well."""
    for problem in problems:
        raise InvalidTime(problem.pointer, f"{problem.message}; {problem.advice}".removesuffix("; "))


def _check_times(app: App, file: Definition, rule: Mapping[str, Any]) -> None:
    zone = str(file.config.get("timezone") or app.timezone)
    schedule = parse_timer(rule, zone=zone, calendar=calendar_of(app, rule), key=file.full_name)
    if schedule.next_instant(schedule.start - 1) is None:
        raise InvalidTime(_TIMER, "the rule has no time between startTime and endTime; move endTime")


def _with_rule(file: Definition, rule: Mapping[str, object]) -> Definition:
    config = frozen_config({**file.config, _TIMER: rule})
    return replace(file, config=config, hash=config_hash(config))
