"""Says in words what is wrong with a document that a schema refuses: expected, found, and the way out.

Importing this costs the time of importing jsonschema, so it is imported only when there is something to complain about.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, cast

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from .errors import nearest
from .jsonscan import KeyPath
from .jsonsource import pointer_of
from .outline import Outline
from .paths import schemas_dir
from .problems import Finding
from .shapes import Schema, matcher, resolve

ELEMENT_SCHEMA = "e.schema.json"
_LONGEST = 60
_KINDS = {
    "integer": "a whole number",
    "number": "a number",
    "string": "a text",
    "object": "an object {…}",
    "array": "a list […]",
    "boolean": "true or false",
    "null": "null",
}


def complaints(validator: Draft202012Validator, outline: Outline, value: object) -> list[Finding]:
    """One finding for each thing that the schema of `validator` refuses in `value`."""
    found = [
        finding
        for error in validator.iter_errors(value)
        for finding in _explain(_Refusal(error, cast("Schema", validator.schema), outline, value))
    ]
    return list(dict.fromkeys(found))


def validator_of(schema: Schema) -> Draft202012Validator:
    """A validator that resolves references to this schema and to the official ones, and fetches nothing."""
    return cast("Draft202012Validator", _Validator(dict(schema), registry=_registry()))


def _check_pattern(_validator: object, pattern: str, found: object, _schema: object) -> Iterator[ValidationError]:
    if isinstance(found, str) and not matcher(pattern)(found):
        yield ValidationError(f"{found!r} does not match {pattern!r}")


_Validator = validators.extend(Draft202012Validator, {"pattern": _check_pattern})  # type: ignore[no-untyped-call]


def flaws(schema: Schema) -> list[Finding]:
    """What is wrong with a schema.json itself."""
    outline = Outline([])
    checker = Draft202012Validator.FORMAT_CHECKER
    meta = Draft202012Validator(Draft202012Validator.META_SCHEMA, format_checker=checker)
    found = complaints(meta, outline, schema)
    return found or _loose_references(schema)


def _loose_references(schema: Schema) -> list[Finding]:
    """References that lead nowhere."""
    resolver = _registry().resolver_with_root(DRAFT202012.create_resource(dict(schema)))
    found = []
    for path, reference in _references(schema, ()):
        try:
            resolver.lookup(reference)
        except Unresolvable:
            message = f"expected a reference to a part of this schema or of {ELEMENT_SCHEMA}, found '{reference}'"
            found.append(Finding(pointer_of(path), message, "correct the path; nothing is fetched from elsewhere"))
    return found


def _references(node: object, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                yield (*path, key), value
            else:
                yield from _references(value, (*path, key))
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from _references(item, (*path, index))


@cache
def _registry() -> Registry[Any]:
    schema = json.loads((schemas_dir() / ELEMENT_SCHEMA).read_text("utf-8"))
    resource = DRAFT202012.create_resource(schema)
    return Registry().with_resources([(ELEMENT_SCHEMA, resource), (schema["$id"], resource)])


class _Refusal:
    """An error of the validator, with what is needed to explain it."""

    def __init__(self, error: ValidationError, root: Schema, outline: Outline, document: object) -> None:
        self.word = str(error.validator)
        self.limit: object = error.validator_value
        self.found: object = error.instance
        self.path: KeyPath = tuple(error.absolute_path)
        self.here = outline.at(self.path)
        self.around = outline.at(self.path[:-1])
        self.schema = error.schema if isinstance(error.schema, Mapping) else {}
        self.said = error.message
        self._error, self._root, self._document = error, root, document

    @property
    def pointer(self) -> str:
        return pointer_of(self.path)

    @property
    def advice(self) -> str:
        """An example of what is right, else the description of the place or of the list around it."""
        example = self.here.example
        if example is not None:
            return f"write it like {json.dumps(example, ensure_ascii=False)}"
        description = self.here.says("description") or self.around.says("description")
        return str(description or "see the schema")

    @property
    def remark(self) -> str:
        """The schema's own words for this refusal."""
        return str(self.schema.get("errorMessage", ""))

    def circumstances(self, owner: KeyPath) -> str:
        """The keys that a condition of the schema looked at, with their values: ", here repeatType is 'day'"."""
        members = _value_at(self._document, owner)
        keys = [key for condition in self._conditions() for key in cast("list[str]", condition.get("required", []))]
        facts = [f"{key} is {show(members[key])}" for key in keys if isinstance(members, dict) and key in members]
        return ", here " + " and ".join(facts) if facts else ""

    def _conditions(self) -> Iterator[Schema]:
        """The `if` of each `then` that led to the error."""
        node: object = self._root
        for step in self._error.absolute_schema_path:
            while isinstance(node, Mapping) and step not in node and "$ref" in node:
                node = resolve(self._root, str(node["$ref"]))
            if step == "then" and isinstance(node, Mapping):
                yield cast("Schema", node["if"])
            node = _value_at(node, (step,))


def _value_at(document: object, path: KeyPath) -> object:
    for step in path:
        if isinstance(document, dict):
            document = document.get(step)
        elif isinstance(document, list) and isinstance(step, int):
            document = document[step]
    return document


def show(value: object) -> str:
    """A value as messages quote it."""
    if isinstance(value, str):
        return f"'{value[:_LONGEST]}{'…' if len(value) > _LONGEST else ''}'"
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= _LONGEST:
        return text
    return "an object" if isinstance(value, dict) else f"{text[:_LONGEST]}…"


def _explain(refusal: _Refusal) -> Iterator[Finding]:
    yield from _EXPLANATIONS.get(refusal.word, _anything_else)(refusal)


def _wrong(refusal: _Refusal, message: str, advice: str) -> Finding:
    return Finding(refusal.pointer, message, advice)


def _type(refusal: _Refusal) -> Iterator[Finding]:
    names = [refusal.limit] if isinstance(refusal.limit, str) else cast("list[str]", refusal.limit)
    expected = " or ".join(_KINDS[str(name)] for name in names)
    yield _wrong(refusal, f"expected {expected}, found {show(refusal.found)}", _conversion(refusal, names))


def _conversion(refusal: _Refusal, names: list[str]) -> str:
    """How the found value is written as one of the types."""
    found = refusal.found
    if isinstance(found, str) and {"integer", "number"} & set(names) and found.strip().lstrip("-").isdecimal():
        return f"write {found.strip()} without quotes"
    if "string" in names and isinstance(found, int | float):
        return f'write "{json.dumps(found)}"'
    if "array" in names and isinstance(found, str) and refusal.here.items.says("type") == "string":
        return f"write [{json.dumps(found, ensure_ascii=False)}]"
    return refusal.advice


def _enum(refusal: _Refusal) -> Iterator[Finding]:
    allowed = cast("list[object]", refusal.limit)
    message = f"{show(refusal.found)} is not one of {', '.join(show(item) for item in allowed)}"
    yield _wrong(refusal, message, _nearest_of(refusal.found, allowed))


def _nearest_of(found: object, allowed: list[object]) -> str:
    if not isinstance(found, str):
        return "use one of them"
    if found in [str(item) for item in allowed if not isinstance(item, str)]:
        return f"write {found} without quotes"
    words = {str(item).lower(): item for item in allowed if isinstance(item, str)}
    guess = nearest(found.strip().lower(), words, cutoff=0.6)
    return f"did you mean {show(words[guess])}?" if guess else "use one of them"


def _const(refusal: _Refusal) -> Iterator[Finding]:
    yield _wrong(
        refusal, f"expected {show(refusal.limit)}, found {show(refusal.found)}", f"write {show(refusal.limit)}"
    )


def _required(refusal: _Refusal) -> Iterator[Finding]:
    members = cast("dict[str, object]", refusal.found)
    for key in cast("list[str]", refusal.limit):
        if key not in members:
            below = refusal.here.at((key,))
            reason = refusal.remark or str(below.says("description") or "it is required").split(". ")[0]
            example = json.dumps(below.example, ensure_ascii=False) if below.example is not None else "…"
            yield _wrong(refusal, f"the key '{key}' is missing: {reason.rstrip('.')}", f'add "{key}": {example}')


def _not(refusal: _Refusal) -> Iterator[Finding]:
    key, owner = refusal.path[-1] if refusal.path else "", refusal.path[:-1]
    reason = refusal.remark or "is not allowed here"
    advice = f"remove '{key}', or change what it does not go with"
    yield Finding(refusal.pointer, f"'{key}' {reason}{refusal.circumstances(owner)}", advice, at_key=True)


def _bound(refusal: _Refusal) -> Iterator[Finding]:
    word = "at least" if refusal.word == "minimum" else "at most"
    circumstances = refusal.circumstances(refusal.path[:-1])
    message = f"expected {word} {refusal.limit}, found {show(refusal.found)}{circumstances}"
    limits = {
        "minimum": refusal.here.says("minimum"),
        "maximum": refusal.here.says("maximum"),
        refusal.word: refusal.limit,
    }
    low, high = limits["minimum"], limits["maximum"]
    advice = (
        f"use a value from {low} to {high}" if low is not None and high is not None else f"use {word} {refusal.limit}"
    )
    yield _wrong(refusal, message, advice)


def _pattern(refusal: _Refusal) -> Iterator[Finding]:
    expected = str(refusal.schema.get("patternErrorMessage", f"expected a text that matches {refusal.limit}"))
    yield _wrong(refusal, f"{expected}, found {show(refusal.found)}", refusal.advice)


def _size(refusal: _Refusal) -> Iterator[Finding]:
    units = {"Length": ("character", "characters"), "Items": ("entry", "entries"), "Properties": ("key", "keys")}
    unit = units[refusal.word.removeprefix("min").removeprefix("max")][refusal.limit != 1]
    word = "at least" if refusal.word.startswith("min") else "at most"
    size = len(cast("list[object]", refusal.found))
    advice = refusal.advice if word == "at least" else "shorten it"
    yield _wrong(refusal, f"expected {word} {refusal.limit} {unit}, found {size}", advice)


def _anything_else(refusal: _Refusal) -> Iterator[Finding]:
    said = refusal.remark or (refusal.said if len(refusal.said) < 300 else f"{refusal.said[:300]}…")
    yield _wrong(refusal, said, refusal.advice)


_EXPLANATIONS: dict[str, Callable[[_Refusal], Iterator[Finding]]] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "required": _required,
    "not": _not,
    "minimum": _bound,
    "maximum": _bound,
    "pattern": _pattern,
    "minLength": _size,
    "maxLength": _size,
    "minItems": _size,
    "maxItems": _size,
    "minProperties": _size,
    "maxProperties": _size,
}
