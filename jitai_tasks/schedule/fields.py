"""Reading values out of a timer configuration: each wrong one is an InvalidTime with its pointer and the reason."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from jitai_tasks.errors import InvalidTime, did_you_mean, nearest

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Fields:
    """A JSON object and its pointer, like `timerCfg/repeat`."""

    values: Mapping[str, object]
    pointer: str

    def at(self, key: str) -> str:
        """The pointer of one key."""
        return f"{self.pointer}/{key}" if self.pointer else key

    def has(self, key: str) -> bool:
        """Whether the key is there with a value; null counts as absent."""
        return self.values.get(key) is not None

    def get(self, key: str) -> object:
        """The value, or None."""
        return self.values.get(key)

    def wrong(self, key: str, reason: str) -> InvalidTime:
        """The error to raise about a key."""
        return InvalidTime(self.at(key), reason)

    def fields(self, key: str) -> Fields:
        """The object under `key`; an empty one if absent."""
        value = self.values.get(key)
        if value is None:
            value = {}
        if not isinstance(value, Mapping):
            raise self.wrong(key, f"expected an object, got {value!r}")
        return Fields(value, self.at(key))

    def integer(self, key: str, low: int, high: int, *, default: int) -> int:
        """A whole number in [low, high]."""
        value = self.values.get(key)
        return default if value is None else self._within(value, key, low, high)

    def integers(self, key: str, low: int, high: int, *, words: Mapping[str, int] | None = None) -> tuple[int, ...]:
        """One whole number or a list of them, each in [low, high] or one of `words`; sorted, () if absent."""
        value = self.values.get(key)
        if value is None:
            return ()
        several = value if isinstance(value, list | tuple) else [value]
        if not several:
            raise self.wrong(key, "the list is empty; leave the key out for the default")
        known = words or {}
        numbers = {
            known[each.lower()]
            if isinstance(each, str) and each.lower() in known
            else self._within(each, key, low, high)
            for each in several
        }
        return tuple(sorted(numbers))

    def text(self, key: str) -> str:
        """A text; "" if absent."""
        value = self.values.get(key)
        if value is not None and not isinstance(value, str):
            raise self.wrong(key, f"expected a text, got {value!r}")
        return value or ""

    def choice(self, key: str, kinds: type[E], default: E) -> E:
        """One of the words of an enum, in any case."""
        value = self.values.get(key)
        if value is None:
            return default
        for kind in kinds:
            if isinstance(value, str) and value.lower() == kind.lower():
                return kind
        raise self.wrong(key, not_one_of(value, [kind.value for kind in kinds]))

    def flag(self, key: str) -> bool:
        """0, 1, true or false; absent is false."""
        value = self.values.get(key)
        if value not in (None, 0, 1):
            raise self.wrong(key, f"expected 0 or 1, got {value!r}")
        return bool(value)

    def _within(self, value: object, key: str, low: int, high: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.wrong(key, f"expected a whole number, got {value!r}")
        if not low <= value <= high:
            raise self.wrong(key, f"{value} is not between {low} and {high}")
        return value


def not_one_of(value: object, known: Collection[str]) -> str:
    """The sentence about a word that is none of the known ones."""
    suggestion = nearest(value, known, cutoff=0.6) if isinstance(value, str) else None
    return f"{value!r} is not one of {', '.join(known)}{did_you_mean(suggestion and repr(suggestion))}"
