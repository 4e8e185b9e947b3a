"""A config that is being respelled: small edits, each noted, and where every moved value came from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

from .jsonsource import pointer_of

#: Keys that lead to an object.
Steps = tuple[str, ...]
_SCALARS = frozenset({str, int, float, bool, type(None)})
_EMPTY: tuple[object, ...] = (None, "", [], {})


class Note(NamedTuple):
    """One old spelling: where it stands in the text, what it is, and the current spelling."""

    pointer: str
    message: str
    advice: str
    #: The key is what is old, not its value.
    at_key: bool


class Respelling:
    """A copy of a config, with the verbs that bring it into its current form.

    `at` are the keys that lead to an object; verbs do nothing where there is no such object.
    """

    def __init__(self, config: Mapping[str, object]) -> None:
        self.config: dict[str, object] = {key: _copied(value) for key, value in config.items()}
        self.notes: list[Note] = []
        #: New pointer to old pointer.
        self.moved: dict[str, str] = {}

    def mapping(self, at: Steps) -> dict[str, object] | None:
        """The object at `at`, if there is one."""
        found = self.config
        for key in at:
            below = found.get(key)
            if type(below) is not dict:  # copies are plain dicts, and this is asked thirty times a file
                return None
            found = below
        return found

    def get(self, at: Steps, key: str) -> object:
        """The value of a key, None without one."""
        return (self.mapping(at) or {}).get(key)

    def text(self, at: Steps, key: str) -> str:
        """The value of a key if it is a text, else ""."""
        value = self.get(at, key)
        return value if isinstance(value, str) else ""

    def put(self, at: Steps, key: str, value: object) -> None:
        """Set a value, without a note."""
        members = self.mapping(at)
        if members is not None:
            members[key] = value

    def fill(self, at: Steps, key: str, default: object) -> None:
        """Set the default of a key that is absent, without a note."""
        members = self.mapping(at)
        if members is not None:
            members.setdefault(key, default)

    def respell(self, at: Steps, key: str, value: object) -> None:
        """Set the current spelling of a value."""
        old = json.dumps(self.get(at, key), ensure_ascii=False)
        self.put(at, key, value)
        current = json.dumps(value, ensure_ascii=False)
        self.note((*at, key), f"{old} is an old spelling", f"the current spelling is {current}")

    def rename(self, at: Steps, old: str, new: str) -> None:
        """Give a key its current name; where both stand, the current one wins."""
        members = self.mapping(at)
        if members is None or old not in members:
            return
        value = members.pop(old)
        if new not in members:
            members[new] = value
            self.moved[pointer_of((*at, new))] = self._origin((*at, old))
            self.note((*at, old), f"'{old}' is an old spelling", f"the current spelling is '{new}'", at_key=True)
        elif members[new] != value:
            self.note(
                (*at, old), f"'{old}' says something else than '{new}', which counts", f"remove '{old}'", at_key=True
            )
        else:
            self.note((*at, old), f"'{old}' is an old spelling of '{new}'", f"remove '{old}'", at_key=True)

    def move(self, keys: frozenset[str], source: Steps, target: Steps) -> None:
        """Put keys where they belong; one that already stands there wins."""
        members, goal = self.mapping(source), self.mapping(target)
        if members is not None and goal is not None and not keys.isdisjoint(members):
            for key in [key for key in members if key in keys]:
                self._move(key, source, target)

    def _move(self, key: str, source: Steps, target: Steps) -> None:
        members, goal = self.mapping(source) or {}, self.mapping(target) or {}
        place = f"'{'/'.join(target)}'" if target else "the top level of the e.json"
        value = members.pop(key)
        self.note((*source, key), f"'{key}' stands in the wrong place", f"it belongs into {place}", at_key=True)
        if key not in goal:
            goal[key] = value
            self.moved[pointer_of((*target, key))] = self._origin((*source, key))

    def drop_nothing(self, at: Steps) -> None:
        """Remove the keys that say nothing (null, "", [] or {}), as builders write them."""
        members = self.mapping(at) or {}
        for key in [key for key, value in members.items() if value in _EMPTY]:
            value = json.dumps(members.pop(key))
            self.note((*at, key), f"{value} says nothing here", f"remove '{key}'", at_key=True)

    def note(self, path: Steps, message: str, advice: str, *, at_key: bool = False) -> None:
        """Add a note; the pointer is the one in the text."""
        self.notes.append(Note(self._origin(path), message, advice, at_key))

    def _origin(self, path: Steps) -> str:
        """Where a value at `path` stands in the text."""
        for length in range(len(path), 0, -1):
            known = self.moved.get(pointer_of(path[:length]))
            if known is not None:
                return "/".join((known, *(pointer_of((part,)) for part in path[length:])))
        return pointer_of(path)


def _copied(value: object) -> object:
    if type(value) in _SCALARS:
        return value
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value
