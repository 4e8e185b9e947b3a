"""Holds e.json and app.json against the schemas in `schemas/`, the contract that editors and people read too.

Most files are right, so whether a file is right is asked first, of compiled functions; only one that is not is put
before jsonschema, which can say why.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from .errors import nearest
from .jsonsource import Source, pointer_of, read_json
from .outline import Outline, Part
from .paths import schemas_dir
from .problems import Finding, Problem, in_reading_order
from .sense import app_sense, element_sense
from .shapes import Schema, compile_shape

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

ELEMENT_SCHEMA = "e.schema.json"
APP_SCHEMA = "app.schema.json"
#: An own schema may be as large as this.
_LIMIT_BYTES = 256 * 1024


def check_element(
    source: Source, *, type_chain: Sequence[str], own_schemas: Sequence[Path] = (), instance: bool = True
) -> list[Problem]:
    """What is wrong with a normalised e.json.

    `type_chain` holds the full names from its Type up to the Meta: the first with official rules decides. `own_schemas`
    are the schema.json files of its Types, applied in addition. `instance` is False for a Meta and a Type, which need
    less.
    """
    rules = next((name for name in type_chain if name in _official_types()), "")
    own = [_own_form(path, path.stat().st_mtime_ns) for path in own_schemas]
    forms = [_element_form(rules), *(form for form in own if isinstance(form, Form))]
    # An own Type without a schema may have keys that nobody has described.
    strict = bool(rules) and instance and (len(forms) > 1 or type_chain[0] == rules)
    findings = [*_refusals(forms, source.value), *_unknown_keys(forms, source.value, strict=strict)]
    findings += element_sense(source.value, rules, instance=instance)
    broken = [problem for form in own if not isinstance(form, Form) for problem in form]
    return broken + in_reading_order(map(source.place, findings))


def check_app_json(source: Source) -> list[Problem]:
    """What is wrong with an app.json."""
    forms = [_app_form()]
    findings = [*_refusals(forms, source.value), *_unknown_keys(forms, source.value, strict=True)]
    return in_reading_order(map(source.place, [*findings, *app_sense(source.value)]))


def schema_for(type_name: str) -> dict[str, object]:
    """A schema for the e.json of one Type, complete in itself; for a Type without official rules, the common part."""
    bundle = _bundle(ELEMENT_SCHEMA)
    view = {key: value for key, value in bundle.items() if key not in ("$id", "allOf")}
    type_name = type_name.removeprefix("official.")
    if type_name not in _official_types():
        return view
    own = cast("dict[str, dict[str, object]]", bundle["$defs"])[type_name]
    return view | {
        "title": f"e.json: {own['title']}",
        "description": own["description"],
        "allOf": [{"$ref": f"#/$defs/{type_name}"}],
    }


def app_schema() -> dict[str, object]:
    """The schema of app.json."""
    return _bundle(APP_SCHEMA)


def official_types() -> list[str]:
    """The Types that the bundle has rules for, by name."""
    return sorted(_official_types())


def has_schema(type_name: str) -> bool:
    """Whether the bundle has rules for a Type."""
    return type_name.removeprefix("official.") in _official_types()


def description_in(schema: str, pointer: str) -> str:
    """What a schema says about the place of a pointer: `schema` is the name of a Type, or `app.schema.json`."""
    form = _app_form() if schema == APP_SCHEMA else _element_form(schema.removeprefix("official."))
    steps = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")] if pointer else []
    place = form.outline.at(tuple(int(step) if step.isdecimal() else step for step in steps))
    return str(place.says("description") or "")


class Form:
    """One schema, ready to be asked."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._fits = compile_shape(schema)

    @cached_property
    def outline(self) -> Outline:
        """The keys it knows."""
        return Outline([Part(self.schema, self.schema)])

    @cached_property
    def validator(self) -> Draft202012Validator:
        """The one that can explain."""
        # Imported here: jsonschema costs 75 ms, and an app without mistakes does not need it.
        from .complaints import validator_of  # noqa: PLC0415

        return validator_of(self.schema)

    def refusals(self, value: object) -> list[Finding]:
        """What the schema refuses in `value`."""
        if self._fits is not None and self._fits(value):
            return []
        from .complaints import complaints  # noqa: PLC0415 - as above

        return complaints(self.validator, self.outline, value)


def _refusals(forms: Sequence[Form], value: object) -> Iterator[Finding]:
    for form in forms:
        yield from form.refusals(value)


def _unknown_keys(forms: Sequence[Form], value: object, *, strict: bool) -> Iterator[Finding]:
    """Keys that no form knows; not `strict`: only those at the top that look like slips of the keyboard."""
    outline = _common_outline(tuple(forms))
    for path, key in outline.unknown_keys(value):
        known = outline.at(path).known
        guess = nearest(key, known) or nearest(key.lower(), known)
        if guess or strict or path:
            advice = f"did you mean '{guess}'?" if guess else f"it is ignored; known here: {', '.join(_worth(known))}"
            yield Finding(pointer_of((*path, key)), f"unknown key '{key}'", advice, "warning", at_key=True)


def _worth(known: Iterable[str]) -> list[str]:
    """Those keys that a person may want to know about."""
    return sorted(key for key in known if not key.startswith("$"))


@cache
def _bundle(name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((schemas_dir() / name).read_text("utf-8"))
    return found


@cache
def _official_types() -> frozenset[str]:
    """The Types that the bundle has rules for: those of its definitions that are full names."""
    return frozenset(name for name in cast("dict[str, object]", _bundle(ELEMENT_SCHEMA)["$defs"]) if "." in name)


@cache
def _element_form(type_name: str) -> Form:
    return Form(schema_for(type_name))


@cache
def _app_form() -> Form:
    return Form(_bundle(APP_SCHEMA))


@cache
def _common_outline(forms: tuple[Form, ...]) -> Outline:
    return Outline([Part(form.schema, form.schema) for form in forms])


@cache
def _own_form(path: Path, _version: int) -> Form | tuple[Problem, ...]:
    """The schema that a Type brings along, or what is wrong with it."""
    source = read_json(path, limit_bytes=_LIMIT_BYTES)
    if not source.readable:
        return source.problems
    from .complaints import flaws  # noqa: PLC0415 - as above

    return tuple(map(source.place, flaws(source.value))) or Form(source.value)
