"""How a broken document is told: the text with a § right before the place where the problem must be reported."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jitai_tasks.jsonsource import read_json
from jitai_tasks.normalise import normalised
from jitai_tasks.problems import Problem
from jitai_tasks.schemas import check_app_json, check_element

Expectation = tuple[str, str, str, str]


def problems_of(text: str) -> list[Problem]:
    """Everything that reading, normalising and checking say about an e.json."""
    source = read_json(text)
    kind = source.value.get("type")
    chain = [kind, f"{kind.partition('.')[0]}.Meta"] if isinstance(kind, str) and kind else []
    family = kind.partition(".")[0] if isinstance(kind, str) else ""
    source = normalised(source, family=family)
    return [*source.problems, *(check_element(source, type_chain=chain) if source.readable else [])]


def problems_of_app(text: str) -> list[Problem]:
    """Everything that reading and checking say about an app.json."""
    source = read_json(text)
    return [*source.problems, *(check_app_json(source) if source.readable else [])]


def _assert_found(problems: list[Problem], marked: str, expected: Expectation) -> None:
    severity, pointer, message, advice = expected
    offset = marked.index("§")
    place = (marked.count("\n", 0, offset) + 1, offset - marked.rfind("\n", 0, offset))
    said = "\n".join(f"{problem.severity} {problem}" for problem in problems)
    hits = [problem for problem in problems if problem.pointer == pointer and message in problem.message]
    assert hits, f"nobody says {message!r} about {pointer!r}:\n{said}"
    assert (hits[0].line, hits[0].column) == place, said
    assert advice, "every problem has an advice"
    assert advice in hits[0].advice, said
    assert hits[0].severity == severity, said
    errors = [problem for problem in problems if problem.is_error]
    assert len(errors) == (severity == "error"), f"one mistake is one error:\n{said}"


@pytest.fixture
def expect() -> Callable[[str, Expectation], None]:
    """Asserts that an e.json has one mistake, with this severity, pointer, message and advice, at the § in its text."""
    return lambda marked, expected: _assert_found(problems_of(marked.replace("§", "")), marked, expected)


@pytest.fixture
def expect_app() -> Callable[[str, Expectation], None]:
    """The same for an app.json."""
    return lambda marked, expected: _assert_found(problems_of_app(marked.replace("§", "")), marked, expected)
