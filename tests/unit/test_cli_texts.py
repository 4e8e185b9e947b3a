"""How the command line prints and reads: tables, times, names, rules."""

from __future__ import annotations

from datetime import UTC, datetime

import click
import pytest

from jitai_tasks.cli import live, moments, output
from jitai_tasks.cli.authoring import class_name, element_path, rule_of
from jitai_tasks.clock import SECOND, instant
from jitai_tasks.ids import new_id
from jitai_tasks.store.records import Job, Outcome, Run, Status

NOW = instant(datetime(2026, 11, 21, 12, 0, tzinfo=UTC))


def test_columns_line_up_also_with_chinese_characters() -> None:
    rows = [{"task": "清理", "due": "soon"}, {"task": "Cleanup", "due": "later"}]
    lines = output.table(rows, ["task", "due"]).splitlines()
    assert [
        output.width(line[: line.index(word)]) for line, word in zip(lines, ("due", "soon", "later"), strict=True)
    ] == [
        9,
        9,
        9,
    ]


def test_a_column_without_values_is_left_out() -> None:
    assert output.table([{"task": "A", "hold": None}], ["task", "hold"]).splitlines() == ["task", "A"]


def test_text_of_a_job_cannot_steer_the_terminal() -> None:
    assert output.cell("a\x1b[2Jb\nc") == "a[2Jb c"
    assert output.harmless("one\x07\ntwo") == "one\ntwo"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-12-24 18:00", "2026-12-24T17:00:00+00:00"),
        ("2026-12-24T18:00:00+03:00", "2026-12-24T15:00:00+00:00"),
        ("+30 min", "2026-11-21T12:30:00+00:00"),
        ("2h", "2026-11-21T14:00:00+00:00"),
        ("18:00", "2026-11-21T17:00:00+00:00"),
        ("9:30", "2026-11-22T08:30:00+00:00"),
    ],
)
def test_a_moment_can_be_typed_in_several_ways(text: str, expected: str) -> None:
    assert moments.typed(text, now=NOW, zone="Europe/Berlin").astimezone(UTC).isoformat() == expected


@pytest.mark.parametrize("text", ["", "soon", "2026-02-30", "25:00", "+5 parsecs"])
def test_what_is_no_moment_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(click.BadParameter, match=r"say it like|no time of day"):
        moments.typed(text, now=NOW, zone="UTC")


@pytest.mark.parametrize(
    ("microseconds", "expected"),
    [
        (850_000, "850 ms"),
        (12_300_000, "12.3 s"),
        (300 * SECOND, "5 min"),
        (3 * 3600 * SECOND, "3 h"),
        (12 * 86_400 * SECOND, "12 d"),
    ],
)
def test_a_span_has_one_unit(microseconds: int, expected: str) -> None:
    assert moments.span(microseconds) == expected


def test_distances_say_their_direction() -> None:
    assert moments.away(NOW + 5 * SECOND, NOW) == "in 5.0 s"
    assert moments.away(NOW - 120 * SECOND, NOW) == "2 min ago"
    assert moments.away(NOW, NOW) == "now"


@pytest.mark.parametrize(
    ("text", "expected"), [("day", (1, "day")), ("15 minutes", (15, "minute")), ("2 Weeks", (2, "week"))]
)
def test_a_rule_can_be_said_in_words(text: str, expected: tuple[int, str]) -> None:
    assert rule_of(text) == expected


@pytest.mark.parametrize("text", ["", "0 days", "fortnight", "-1 day", "day 2"])
def test_a_rule_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="15 minutes"):
        rule_of(text)


@pytest.mark.parametrize(
    ("folder", "expected"), [("my-shop", "MyShop"), ("shop", "Shop"), ("2026", "App2026"), ("店", "App")]
)
def test_an_app_is_named_after_its_folder(folder: str, expected: str) -> None:
    assert class_name(folder) == expected


@pytest.mark.parametrize("name", ["../x", "a-b", "class", "", "a..b", "/etc"])
def test_a_task_needs_a_name_that_python_can_import(name: str) -> None:
    with pytest.raises(click.BadParameter, match="no Python name"):
        element_path(name)


def run_that_ended(at: int) -> Run:
    job = Job(id=new_id(), task_type="t", task="tasks.Work", due=NOW, created=NOW)
    return Run(job=job, outcome=Outcome(status=Status.SUCCESS, started=at, ended=at))


def test_lines_show_each_run_once_in_the_order_of_their_ends(capsys: pytest.CaptureFixture[str]) -> None:
    lines = live.Lines("UTC", NOW)
    before, first, second, third = (run_that_ended(NOW + step * SECOND) for step in (-1, 1, 2, 3))
    lines.end([second, first, before])
    lines.end([third, second])
    shown = [line[17:19] for line in capsys.readouterr().out.splitlines()]
    assert shown == ["01", "02", "03"]


def test_lines_say_when_there_was_more_than_can_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    lines = live.Lines("UTC", NOW)
    first, *others = [run_that_ended(NOW + step * SECOND) for step in range(1, 5)]
    lines.end([first])
    lines.end(others[::-1])
    assert "more than can be shown" in capsys.readouterr().out
