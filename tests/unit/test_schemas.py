"""What the schemas say, to programs and to people in editors."""

from __future__ import annotations

import json

import pytest

from jitai_tasks.complaints import validator_of
from jitai_tasks.jsonsource import read_json
from jitai_tasks.normalise import normalised
from jitai_tasks.paths import elements_dir, schemas_dir
from jitai_tasks.schemas import check_app_json, check_element, schema_for
from tests.counting import at_most

FILES = sorted(schemas_dir().glob("*.schema.json"))
BUNDLE = json.loads((schemas_dir() / "e.schema.json").read_text())
TYPES = sorted(name for name in BUNDLE["$defs"] if "." in name)
TASK = {
    "type": "tasks.NormalType",
    "title": "Report",
    "enable": 1,
    "timerCfg": {"startTime": "2026-01-05 09:00:00", "repeat": {"repeatType": "day", "period": 1}},
}


def checked(value, *, chain=None, own=(), instance=True):
    source = normalised(read_json(json.dumps(value, indent=1)), family="tasks")
    chain = [value["type"]] if chain is None else chain
    return [*source.problems, *check_element(source, type_chain=chain, own_schemas=own, instance=instance)]


def walk(schema, place=""):
    """Each part of a schema that describes a value, with its place."""
    yield place, schema
    for word in ("properties", "$defs"):
        for key, below in schema.get(word, {}).items():
            yield from walk(below, f"{place}/{word}/{key}")
    if isinstance(schema.get("items"), dict):
        yield from walk(schema["items"], f"{place}/items")


def nodes(value):
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from nodes(item)
    elif isinstance(value, list):
        for item in value:
            yield from nodes(item)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_key_has_a_title_a_description_and_an_example_for_editors(path):
    for place, schema in walk(json.loads(path.read_text())):
        if "$ref" in schema or "/items" in place:
            continue
        if "/properties/" in place:
            assert schema.get("title"), place
            assert str(schema.get("description", "")).endswith((".", '"')), place
            assert schema.get("examples"), place
        elif "/$defs/" in place:
            assert schema.get("title"), place
            assert schema.get("description"), place


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_defaults_and_examples_are_allowed_themselves(path):
    root = json.loads(path.read_text())
    for place, schema in walk(root):
        examples = [*schema.get("examples", []), *([schema["default"]] if "default" in schema else [])]
        validator = validator_of({"$schema": root["$schema"], "$defs": root.get("$defs", {}), "allOf": [schema]})
        for example in examples:
            assert validator.is_valid(example), (place, example)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_only_what_editors_of_draft_07_understand_is_used(path):
    newer = {"unevaluatedProperties", "dependentRequired", "dependentSchemas", "prefixItems", "$dynamicRef", "oneOf"}
    root = json.loads(path.read_text())
    for node in nodes({key: value for key, value in root.items() if key != "examples"}):
        assert not newer & set(node)
        # In draft-07 whatever stands beside a $ref is ignored.
        assert "$ref" not in node or set(node) == {"$ref"}


def test_the_official_elements_have_no_problem():
    for path in sorted(elements_dir().rglob("e.json")):
        source = normalised(read_json(path), family=path.relative_to(elements_dir()).parts[0])
        kind = source.value["type"]
        problems = [*source.problems, *check_element(source, type_chain=[kind] if kind else [])]
        assert problems == []


@pytest.mark.parametrize("type_name", TYPES)
def test_the_schema_of_one_type_is_complete_in_itself(type_name):
    schema = schema_for(type_name)
    assert type_name == "tasks.TemporaryType" or schema["title"] != schema_for("")["title"]
    validator_of(schema).is_valid({"type": type_name})


def test_a_type_without_official_rules_has_the_common_keys():
    assert "functionList" in schema_for("robots.DingTalk")["properties"]


def test_an_instance_of_an_own_type_is_held_against_the_rules_of_the_official_one():
    broken = {**TASK, "type": "tasks.AuditedType", "timeout": "long"}
    (problem,) = checked(broken, chain=["tasks.AuditedType", "tasks.NormalType", "tasks.Meta"])
    assert problem.pointer == "timeout"


def test_an_own_type_may_have_keys_that_nobody_has_described():
    chain = ["tasks.AuditedType", "tasks.NormalType"]
    assert checked({**TASK, "type": "tasks.AuditedType", "auditor": "Ada"}, chain=chain) == []
    (problem,) = checked({**TASK, "type": "tasks.AuditedType", "tiemout": 1}, chain=chain)
    assert problem.advice == "did you mean 'timeout'?"


@pytest.fixture
def own(tmp_path):
    """Writes the schema.json of an own Type."""

    def write(schema):
        path = tmp_path / "schema.json"
        path.write_text(schema if isinstance(schema, str) else json.dumps(schema))
        return [path]

    return write


AUDITED = {
    "type": "object",
    "required": ["auditor"],
    "properties": {"auditor": {"type": "string", "examples": ["Ada"]}},
}


def audited(own_schemas, **keys):
    chain = ["tasks.AuditedType", "tasks.NormalType"]
    return checked({**TASK, "type": "tasks.AuditedType", **keys}, chain=chain, own=own_schemas)


def test_the_schema_of_an_own_type_is_applied_in_addition(own):
    own_schemas = own(AUDITED)
    assert audited(own_schemas, auditor="Ada") == []
    (missing,) = audited(own_schemas)
    assert missing.message == "the key 'auditor' is missing: it is required"
    assert missing.advice == 'add "auditor": "Ada"'
    (wrong,) = audited(own_schemas, auditor=5)
    assert (wrong.pointer, wrong.message) == ("auditor", "expected a text, found 5")


def test_with_a_schema_of_its_own_a_type_knows_all_its_keys(own):
    (problem,) = audited(own(AUDITED), auditor="Ada", zebra=1)
    assert (problem.severity, problem.pointer) == ("warning", "zebra")


def test_an_own_schema_may_use_every_keyword_and_the_official_definitions(own):
    schema = {"properties": {"extra": {"oneOf": [{"$ref": "e.schema.json#/$defs/repeat"}, {"const": "never"}]}}}
    own_schemas = own(schema)
    assert audited(own_schemas, extra="never") == []
    assert audited(own_schemas, extra={"repeatType": "day"}) == []
    (problem,) = audited(own_schemas, extra={"repeatType": "dya"})
    assert problem.pointer == "extra"


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ("{", "expected a key in double quotes"),
        ({"type": "txet"}, "'txet' is not"),
        ({"properties": {"a": {"$ref": "https://example.org/x.json"}}}, "found 'https://example.org/x.json'"),
        ({"properties": {"a": {"$ref": "#/$defs/nothing"}}}, "found '#/$defs/nothing'"),
        ({"properties": {"a": {"pattern": "("}}}, "'(' is not a 'regex'"),
    ],
)
def test_a_broken_own_schema_is_a_problem_of_that_file(own, schema, said):
    own_schemas = own(schema)
    (problem,) = audited(own_schemas)
    assert problem.path == own_schemas[0]
    assert said in problem.message


def test_an_own_schema_is_read_again_when_it_changes(own):
    assert len(audited(own(AUDITED))) == 1
    assert audited(own({"properties": {"auditor": {"type": "string"}}, "title": "longer than before"})) == []


def test_a_type_needs_neither_times_nor_a_switch():
    assert checked({"type": "tasks.NormalType", "title": "Audited"}, instance=False) == []
    assert len(checked({"type": "tasks.NormalType", "title": "Audited"})) == 2


def test_marks_of_people_and_tools_are_never_unknown():
    marks = {"$schema": "../e.schema.json", "$comment": "x", "x-owner": "Ada", "_note": 1, "//": "remark"}
    assert checked({**TASK, **marks}) == []
    assert check_app_json(read_json('{"appId": "a.B", "x-owner": "Ada", "settings": {"anything": 1}}')) == []


def test_a_selector_and_its_repeat_type_go_together():
    rules = [
        {"repeatType": "week", "weekday": [1, 7]},
        {"repeatType": "month", "day": [15, -1]},
        {"repeatType": "month", "week": -1, "weekday": [5]},
        {"repeatType": "year", "month": [6], "week": [1, 3], "weekday": [1]},
        {"repeatType": "year", "month": [2], "day": [29], "monthOverflow": "skip"},
        {"repeatType": "cron", "cron": "0 9 L * MON-FRI"},
        {"repeatType": "second", "period": 30},
        {"repeatType": "normal"},
    ]
    for rule in rules:
        timer = {"startTime": "2026-01-05 09:00:00", "repeat": rule}
        assert checked({**TASK, "timerCfg": timer}) == [], rule


def test_cron_needs_no_start():
    assert checked({**TASK, "timerCfg": {"repeat": {"repeatType": "cron", "cron": "0 9 * * *"}}}) == []


def test_several_mistakes_are_reported_together_in_reading_order():
    value = {**TASK, "enable": 7, "timeout": -1, "zebra": 1}
    assert [problem.pointer for problem in checked(value)] == ["enable", "timeout", "zebra"]


def test_a_right_file_is_checked_in_few_steps():
    text = json.dumps(TASK)
    checked(TASK)
    with at_most(1_000):  # jsonschema alone takes several thousand
        source = normalised(read_json(text), family="tasks")
        problems = check_element(source, type_chain=["tasks.NormalType"])
    assert problems == []


@pytest.mark.parametrize("enable", [0, 1])
def test_times_that_are_missing_are_told_once(enable):
    (problem,) = checked({key: value for key, value in {**TASK, "enable": enable}.items() if key != "timerCfg"})
    assert "the key 'timerCfg' is missing" in problem.message
    assert problem.is_error == bool(enable)
