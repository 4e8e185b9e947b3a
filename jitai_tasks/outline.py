"""Which keys a schema knows at each place of a document: for did-you-mean, examples and descriptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple, cast

from .jsonscan import KeyPath
from .shapes import Schema, resolve

#: Remarks of people and marks of tools: never unknown.
_FREE_PREFIXES = ("x-", "_", "$", "//")


class Part(NamedTuple):
    """A schema, and the document that its references are resolved in."""

    schema: Schema
    root: Schema


class Outline:
    """Everything that any of some schemas says about one place."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = [found for part in parts for found in _spread(part)]

    @cached_property
    def known(self) -> Mapping[str, Outline]:
        """The keys that may stand here, and what is known about their values."""
        members: dict[str, list[Part]] = {}
        for schema, root in self._parts:
            for key, below in cast("Mapping[str, object]", schema.get("properties", {})).items():
                members.setdefault(key, []).extend(_parts(below, root))
        return {key: Outline(parts) for key, parts in members.items()}

    @cached_property
    def items(self) -> Outline:
        """What is known about the entries of a list here."""
        return Outline([part for schema, root in self._parts for part in _parts(schema.get("items"), root)])

    @cached_property
    def is_open(self) -> bool:
        """True where any key may stand, or where the schema itself refuses others."""
        return not self.known or any(
            word in schema for schema, _ in self._parts for word in ("additionalProperties", "patternProperties")
        )

    def says(self, keyword: str) -> object:
        """The first value of a keyword here; None if nobody says it."""
        return next((schema[keyword] for schema, _ in self._parts if keyword in schema), None)

    @property
    def example(self) -> object:
        """An example of the value; None if there is none."""
        examples = self.says("examples")
        return examples[0] if isinstance(examples, list) and examples else self.says("default")

    def at(self, path: KeyPath) -> Outline:
        """The outline of a place further down."""
        place = self
        for step in path:
            place = place.items if isinstance(step, int) else place.known.get(step, _NOTHING)
        return place

    def unknown_keys(self, value: object, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
        """The keys that nobody knows, each with the path of the object it stands in."""
        if isinstance(value, dict):
            yield from self._unknown_in(value, path)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, dict | list):
                    yield from self.items.unknown_keys(item, (*path, index))

    def _unknown_in(self, members: dict[str, object], path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
        known = self.known
        for key, item in members.items():
            below = known.get(key)
            if below is None:
                if not self.is_open and not key.startswith(_FREE_PREFIXES):
                    yield path, key
            elif isinstance(item, dict | list):
                yield from below.unknown_keys(item, (*path, key))


def _parts(schema: object, root: Schema) -> list[Part]:
    return [Part(schema, root)] if isinstance(schema, Mapping) else []


def _spread(part: Part, depth: int = 0) -> Iterator[Part]:
    """The schema itself and all that apply, or may apply, at the same place."""
    yield part
    schema, root = part
    if depth > _DEEPEST:
        return
    target = resolve(root, str(schema["$ref"])) if "$ref" in schema else None
    beside = [target, schema.get("then"), schema.get("else")]
    for word in ("allOf", "anyOf", "oneOf"):
        beside += cast("list[object]", schema.get(word, []))
    for other in beside:
        if isinstance(other, Mapping):
            yield from _spread(Part(other, root), depth + 1)


#: References that go round in circles end here.
_DEEPEST = 8
_NOTHING = Outline([])
