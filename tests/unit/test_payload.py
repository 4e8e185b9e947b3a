"""Arguments and results survive the database exactly, and what cannot is refused by name."""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jitai_tasks import payload
from jitai_tasks.errors import PayloadError

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 63) - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
    | st.datetimes()
    | st.dates()
    | st.times()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.uuids()
    | st.binary(max_size=20)
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner)
)


@given(values)
def test_what_is_stored_comes_back_equal_and_of_the_same_type(value: object) -> None:
    found = payload.loads(payload.dumps(value, where="result"))
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("value", [0, False, "", [], {}, None])
def test_a_falsy_result_is_kept_exactly(value: object) -> None:
    found = payload.loads(payload.dumps(value, where="result"))
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 10, 25, 2, 30, tzinfo=UTC),
        date(2024, 2, 29),
        time(23, 59, 59, 999999),
        timedelta(days=-3, microseconds=1),
        Decimal("0.10"),
        UUID(int=7),
        b"\x00\xff",
    ],
)
def test_the_common_types_are_tagged_and_come_back(value: object) -> None:
    assert payload.loads(payload.dumps({"at": [value]}, where="argDict")) == {"at": [value]}


@pytest.mark.parametrize(
    ("value", "where", "part"),
    [
        ({"order": {"lines": [1, object()]}}, "argDict.order.lines[1]", "object"),
        ({"f": print}, "argDict.f", "builtin_function_or_method"),
        ({"n": float("nan")}, "argDict.n", "nan"),
        ({"n": 1 << 63}, "argDict.n", "64 bits"),
        ({"s": "a\0b"}, "argDict.s", "NUL"),
        ({"s": "\ud800"}, "argDict.s", "surrogate"),
        ({1: "x"}, "argDict", "the key 1 is of type int"),
        ({"$type": "date"}, "argDict", "reserved"),
    ],
)
def test_what_cannot_be_stored_is_named(value: object, where: str, part: str) -> None:
    with pytest.raises(PayloadError, match=part) as caught:
        payload.dumps(value, where="argDict")
    assert caught.value.where == where


def test_nesting_beyond_the_limit_is_refused_and_a_cycle_ends() -> None:
    cycle: list[object] = []
    cycle.append(cycle)
    with pytest.raises(PayloadError, match="deeper than 32"):
        payload.dumps(cycle, where="argDict")


def test_a_payload_over_its_limit_is_refused_with_the_limit() -> None:
    with pytest.raises(PayloadError, match="65536"):
        payload.dumps({"text": "x" * 70_000}, where="argDict")


def test_any_mapping_and_tuple_are_stored_as_json_knows_them() -> None:
    assert payload.loads(payload.dumps(OrderedDict(a=(1, 2)), where="argDict")) == {"a": [1, 2]}


def test_shared_references_that_would_multiply_are_refused_at_once() -> None:
    bomb: object = 1
    for _ in range(30):
        bomb = [bomb, bomb]
    with pytest.raises(PayloadError, match="limit of 65536"):
        payload.dumps(bomb, where="argDict")
