"""Problems, as people read them."""

from __future__ import annotations

from pathlib import Path

from jitai_tasks.problems import Problem, errors, in_reading_order


def problem(**changes) -> Problem:
    facts = {"path": Path("/apps/shop/tasks/X/e.json"), "line": 5, "column": 13, "message": "'dya' is not one of 'day'"}
    return Problem(**{**facts, **changes})


def test_a_problem_is_one_line_in_compiler_style_relative_to_its_layer():
    found = problem(pointer="timerCfg/repeat/repeatType", advice="did you mean 'day'?").within(Path("/apps/shop"))
    wanted = "tasks/X/e.json:5:13: timerCfg/repeat/repeatType: 'dya' is not one of 'day'; did you mean 'day'?"
    assert str(found) == wanted


def test_a_problem_outside_of_its_layer_shows_the_whole_path():
    assert str(problem().within(Path("/elsewhere"))).startswith("/apps/shop/tasks/X/e.json:5:13: ")


def test_a_problem_of_a_text_from_memory_says_so():
    assert str(problem(path=None)) == "<text>:5:13: 'dya' is not one of 'day'"


def test_a_problem_learns_its_element_once():
    found = problem().within(Path("/apps"), "tasks.X")
    assert found.within(Path("/apps")).element == "tasks.X"


def test_a_warning_leaves_nothing_out():
    assert errors([problem(severity="warning"), problem(line=6)]) == [problem(line=6)]


def test_problems_are_shown_in_reading_order_and_once():
    first, second = problem(line=2), problem(line=2, column=20)
    assert in_reading_order([second, problem(), first, second]) == [first, second, problem()]
