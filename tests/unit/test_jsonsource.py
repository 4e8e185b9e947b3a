"""JSON files that know where their values stand."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jitai_tasks.jsonscan import scan
from jitai_tasks.jsonsource import MAX_DEPTH, pointer_of, read_json

TEXT = '{\n  "a": 1,\n  "list": [10, {"deep": true}],\n  "x/y": {"~": null},\n  "7": {"8": 9}\n}'


@pytest.mark.parametrize(
    ("pointer", "place"),
    [
        ("", (1, 1)),
        ("a", (2, 8)),
        ("list", (3, 11)),
        ("list/0", (3, 12)),
        ("list/1/deep", (3, 25)),
        ("x~1y/~0", (4, 16)),
        ("7/8", (5, 14)),
        ("list/5", (3, 11)),
        ("missing/far/below", (1, 1)),
    ],
)
def test_a_position_is_that_of_the_value_or_of_what_is_around_it(pointer, place):
    assert read_json(TEXT).position(pointer) == place


def test_the_position_of_a_key_is_that_of_its_quote():
    assert read_json(TEXT).key_position("list/1/deep") == (3, 17)


def test_a_moved_value_keeps_its_place():
    source = read_json(TEXT).with_value({"b": {"deep": 1}}, moved={"b": "list/1"}, notes=())
    assert source.position("b/deep") == (3, 25)
    assert source.key_position("b/deep") == (3, 17)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path):
    path = tmp_path / "e.json"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}')
    source = read_json(path)
    assert (source.value, source.problems, source.position("a")) == ({"a": 1}, (), (1, 7))
    assert read_json('\ufeff{"a": 1}').value == {"a": 1}


def test_comments_are_understood_with_one_warning():
    source = read_json('{"a": 1, // one\n /* two */ "b": 2}')
    assert source.value == {"a": 1, "b": 2}
    assert [problem.severity for problem in source.problems] == ["warning"]
    assert source.readable


def test_a_comment_inside_of_a_text_is_text():
    assert read_json('{"url": "https://x"}').problems == ()


def test_a_file_that_is_not_there_is_a_problem(tmp_path):
    (problem,) = read_json(tmp_path / "e.json").problems
    assert "cannot be read: No such file" in problem.message


def test_a_folder_or_a_pipe_instead_of_a_file_is_a_problem(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        (problem,) = read_json(path).problems
        assert problem.message == "expected a file, found something else"


def test_a_file_in_another_encoding_is_a_problem_at_the_byte(tmp_path):
    path = tmp_path / "e.json"
    path.write_bytes('{\n "title": "Übersicht"}'.encode("latin-1"))
    (problem,) = read_json(path).problems
    assert (problem.line, problem.column) == (2, 12)
    assert problem.message == "expected UTF-8 text, found the byte 0xDC"


def test_a_file_over_the_limit_is_not_read(tmp_path):
    path = tmp_path / "e.json"
    path.write_text('{"a": "' + "x" * 100 + '"}')
    (problem,) = read_json(path, limit_bytes=100).problems
    assert problem.message == "109 bytes are over the limit of 100"
    assert read_json(path, limit_bytes=109).value == {"a": "x" * 100}


def test_as_many_levels_as_allowed_are_read_and_one_more_is_not():
    fits = '{"a":' * MAX_DEPTH + "1" + "}" * MAX_DEPTH
    assert read_json(fits).problems == ()
    assert not read_json('{"a":' + fits + "}").readable


def test_two_faults_are_two_problems():
    source = read_json('{"a": NaN, "b": 99999999999999999999, "a": 1}')
    assert [problem.pointer for problem in source.problems] == ["a", "b", "a"]


# Without NUL and surrogates, which are refused.
clean = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
keys = st.text(clean, max_size=6)
scalars = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
)
values = st.recursive(
    scalars | st.text(clean),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=15,
)
objects = st.dictionaries(keys, values, max_size=5)


@given(objects, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_both_readers_read_the_same(value, indent, ascii_only):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    source = read_json(text)
    assert (source.value, source.problems) == (value, ())
    scanned = scan(text, max_depth=MAX_DEPTH)
    assert (scanned.value, scanned.faults) == (value, [])


@given(objects)
def test_every_value_stands_where_its_position_says(value):
    text = json.dumps(value, indent=2)
    scanned = scan(text, max_depth=MAX_DEPTH)
    source = read_json(text)
    for path, offset in scanned.values.items():
        found = value
        for step in path:
            found = found[step]
        assert json.JSONDecoder().raw_decode(text, offset)[0] == found
        if all(isinstance(step, int) or (step and not step.isdecimal()) for step in path):
            line, column = source.position(pointer_of(path))
            assert offset == sum(len(row) + 1 for row in text.split("\n")[: line - 1]) + column - 1


@given(st.text(max_size=60) | st.text('{}[]":,\\/*aN1-. \n\0', max_size=60))
def test_no_text_makes_reading_raise(text):
    source = read_json(text)
    assert isinstance(source.value, dict)
    for problem in source.problems:
        assert problem.line >= 1
        assert problem.column >= 1
        assert problem.message
        assert problem.advice


@given(objects, st.data())
def test_a_text_cut_anywhere_is_no_object_and_says_why(value, data):
    text = json.dumps(value, indent=1)
    cut = data.draw(st.integers(0, len(text) - 1))
    assert not read_json(text[:cut]).readable
