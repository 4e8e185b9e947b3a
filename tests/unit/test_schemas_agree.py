"""The schemas, the compiled shapes and the typed configurations say the same about the same document."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from jitai_tasks.complaints import validator_of
from jitai_tasks.config import AppConfig, TaskConfig
from jitai_tasks.paths import schemas_dir
from jitai_tasks.schemas import schema_for
from jitai_tasks.shapes import compile_shape, resolve

BUNDLE = json.loads((schemas_dir() / "e.schema.json").read_text())
APP = json.loads((schemas_dir() / "app.schema.json").read_text())
TYPES = sorted(name for name in BUNDLE["$defs"] if "." in name)
VALUES = [None, True, False, 0, 1, -1, 2.0, 1.5, 0.0001, 10**12, "", "x", "a\n", "a b", "a.b", "x" * 600, "Global", "1"]
VALUES += [[], ["a"], [1], [""], ["a"] * 30, [None], [{}], [{"appId": "a.b"}], [{"appId": "a.b", "version": "x"}]]
VALUES += [{}, {"max": 1}, {"max": True}, {"max": 1001}, {"max": 1, "delay": -1}, {"max": 2.0, "delay": None}]
VALUES += [{"by": "06:30"}, {"by": "6:30"}, {"maxDuration": 0}, {"maxDuration": 5}, {"zebra": 1}, "1.0.0", "06:30"]
JUNK = st.sampled_from(VALUES)
TIMER = {"startTime": "2026-01-05 09:00:00", "repeat": {"repeatType": "day"}}
quick = settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)


def parts(schema, root):
    """The schema and those beside it that always apply."""
    yield schema
    if "$ref" in schema:
        yield from parts(resolve(root, schema["$ref"]), root)
    for part in schema.get("allOf", []):
        yield from parts(part, root)


@st.composite
def documents(draw, schema, root, junk=0):
    """A value that the schema allows as far as its plain keywords go; each part is junk once in `junk` times."""
    if junk and draw(st.integers(1, junk)) == 1:
        return draw(JUNK)
    merged = {key: value for part in reversed(list(parts(schema, root))) for key, value in part.items()}
    if "enum" in merged:
        return draw(st.sampled_from(merged["enum"]))
    names = merged.get("type", "string")
    kind = draw(st.sampled_from(names)) if isinstance(names, list) else names
    return draw(_KINDS[kind](merged, schema, root, junk))


@st.composite
def _objects(draw, merged, schema, root, junk):
    known = {key: below for part in parts(schema, root) for key, below in part.get("properties", {}).items()}
    required = {key for part in parts(schema, root) for key in part.get("required", [])}
    keys = [key for key in known if key in required or draw(st.integers(0, 3)) == 0]
    if merged.get("minProperties") and not keys:
        keys = [draw(st.sampled_from(sorted(known)))]
    return {key: draw(documents(known[key], root, junk)) for key in keys}


def _lists(merged, _schema, root, junk):
    items = documents(merged.get("items", {}), root, junk)
    return st.lists(items, min_size=merged.get("minItems", 0), max_size=min(merged.get("maxItems", 3), 3))


def _texts(merged, *_):
    if "pattern" in merged:
        pattern = merged["pattern"].replace("$", r"\Z")
        return st.from_regex(
            pattern, alphabet=st.characters(max_codepoint=0x2FF, exclude_categories=["C", "Z"]) | st.just(" ")
        )
    return st.text(st.characters(exclude_categories=["C"]), min_size=merged.get("minLength", 0), max_size=20)


def _integers(merged, *_):
    return st.integers(merged.get("minimum", -9), merged.get("maximum", 9))


def _numbers(merged, *_):
    return _integers({"minimum": 1}) | st.floats(merged.get("minimum", 0.5), merged.get("maximum", 9))


_KINDS = {
    "object": _objects,
    "array": _lists,
    "string": _texts,
    "integer": _integers,
    "number": _numbers,
    "boolean": lambda *_: st.booleans(),
}


def accepts(model, value):
    # In code None stands for an absent key; in a file null is refused, but in a key that nobody knows.
    if any(value[key] is None for key in value.keys() & model.model_fields.keys()):
        return False
    try:
        model.model_validate(value)
    except ValidationError:
        return False
    return True


def allows(schema, value):
    return validator_of(schema).is_valid(value)


def fields_of(model, schema):
    """The part of a schema that a typed configuration has fields for, and that is one value there too."""
    return {key: below for key, below in schema["properties"].items() if key in model.model_fields}


def limits(schema):
    """Values on both sides of each limit."""
    for word in ("minimum", "maximum"):
        if word in schema:
            yield from (schema[word] - 1, schema[word], schema[word] + 1)
    for word in ("minLength", "maxLength"):
        if word in schema:
            yield from ("x" * size for size in (schema[word] - 1, schema[word], schema[word] + 1) if size >= 0)
    yield from schema.get("enum", [])


TASK_FIELDS = fields_of(TaskConfig, BUNDLE["$defs"]["task"])
APP_FIELDS = {key: below for key, below in fields_of(AppConfig, APP).items() if key not in ("appId", "settings")}


@pytest.mark.parametrize("key", TASK_FIELDS)
def test_a_typed_task_refuses_for_each_key_what_the_schema_refuses(key):
    schema = schema_for("tasks.NormalType")
    for value in [*VALUES, *limits(TASK_FIELDS[key])]:
        element = {"type": "tasks.NormalType", "timerCfg": TIMER, key: value}
        assert accepts(TaskConfig, element) == allows(schema, element), value


@pytest.mark.parametrize("key", APP_FIELDS)
def test_a_typed_app_refuses_for_each_key_what_the_schema_refuses(key):
    for value in [*VALUES, *limits(APP_FIELDS[key])]:
        config = {"appId": "a.B", key: value}
        assert accepts(AppConfig, config) == allows(APP, config), value


@quick
@given(st.data(), st.sampled_from([0, 4]))
def test_a_typed_task_accepts_exactly_what_the_schema_allows(data, junk):
    schema = {"type": "object", "properties": TASK_FIELDS}
    config = data.draw(documents(schema, BUNDLE, junk).filter(lambda value: isinstance(value, dict)))
    element = {"type": "tasks.NormalType", "timerCfg": TIMER, **config}
    assert accepts(TaskConfig, element) == allows(schema_for("tasks.NormalType"), element)


@quick
@given(st.data(), st.sampled_from([0, 4]))
def test_a_typed_app_accepts_exactly_what_the_schema_allows(data, junk):
    schema = {"type": "object", "properties": APP_FIELDS}
    config = data.draw(documents(schema, APP, junk).filter(lambda value: isinstance(value, dict)))
    assert accepts(AppConfig, {"appId": "a.B", **config}) == allows(APP, {"appId": "a.B", **config})


@pytest.mark.parametrize("type_name", [*TYPES, ""])
@settings(quick, max_examples=25)
@given(st.data(), st.sampled_from([0, 12]))
def test_a_compiled_shape_allows_exactly_what_the_validator_allows(type_name, data, junk):
    schema = schema_for(type_name)
    fits = compile_shape(schema)
    value = data.draw(documents(schema, schema, junk))
    assert fits(value) == allows(schema, value)


@quick
@given(st.data(), st.sampled_from([0, 12]))
def test_the_bundle_says_the_same_as_the_view_of_one_type(data, junk):
    type_name = data.draw(st.sampled_from(TYPES))
    schema = schema_for(type_name)
    value = data.draw(documents(schema, schema, junk).filter(lambda value: isinstance(value, dict)))
    value["type"] = type_name
    assert allows(BUNDLE, value) == allows(schema, value)
