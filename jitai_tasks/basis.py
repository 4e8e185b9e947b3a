"""What a plan rests on: the definition, its zone and its days off. When one changes, jobs are planned anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from . import daysoff
from .definition import Definition
from .errors import InvalidTime
from .schedule import zone as zone_of

if TYPE_CHECKING:
    from .app import App

_PARTS = ("the definition", "the time zone", "the rules of the time zone (tzdata)", "the calendar of days off")


def zone_name(app: App, definition: Definition) -> str:
    """The IANA zone that a task's local times are meant in: its own, else the app's."""
    return str(_timer(definition).get("timezone") or definition.config.get("timezone") or app.timezone)


def basis(app: App, definition: Definition) -> str:
    """A short text that differs whenever jobs planned so far may be wrong; `differences` reads two of them."""
    zone = zone_name(app, definition)
    try:
        rules = zone_of(zone).fingerprint[:12]
    except InvalidTime:
        rules = "unknown"
    return " ".join((definition.hash, zone, rules, daysoff.fingerprint(app, _timer(definition)) or "-"))


def differences(before: str, now: str) -> list[str]:
    """In words, what of a basis has changed; empty for a task that was never planned."""
    old, new = before.split(), now.split()
    if len(old) != len(new):
        return [_PARTS[0]] if old else []
    found = [part for part, was, becomes in zip(_PARTS, old, new, strict=True) if was != becomes]
    # Another zone has other rules.
    return [part for part in found if part != _PARTS[2] or _PARTS[1] not in found]


def is_same_definition(before: str, now: str) -> bool:
    """Whether the files of the task are what they were, so that only the world around it has changed."""
    return before.split()[:1] == now.split()[:1]


def _timer(definition: Definition) -> Mapping[str, Any]:
    timer = definition.config.get("timerCfg")
    return cast("Mapping[str, Any]", timer) if isinstance(timer, Mapping) else {}
