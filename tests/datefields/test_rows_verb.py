"""`jitai-tasks rows`: the coming runs of a date-field task."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from jitai_tasks.cli.main import exit_code
from jitai_tasks.clock import SystemClock
from tests.datefields.shop import meetings, task


@pytest.fixture
def make():
    """The command line opens the app's own database."""
    return "sqlite"


@pytest.fixture
def folder(app_from):
    app = app_from(meetings(task(), task("Off", enable=0)), clock=SystemClock())
    start = datetime(2126, 1, 5, 12, 0)
    for number, title in enumerate(("Plan", "Review", "Party")):
        app.models.Meeting.create(title=title, start=start + timedelta(days=2 - number))
    app.close()
    return str(app.root)


def test_rows_lists_what_is_coming_the_next_one_first(folder, capsys):
    assert exit_code(["rows", folder, "Remind"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [["3", "Party"], ["2", "Review"], ["1", "Plan"]]
    assert exit_code(["rows", folder, "tasks.Remind", "-n", "1", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["row"], row["title"], row["value"], row["due"][:16]) == (
        "3",
        "Party",
        "2126-01-05 12:00:00",
        "2126-01-05T12:00",
    )


def test_rows_of_a_task_that_has_none(folder, capsys):
    assert exit_code(["rows", folder, "Off"]) == 0
    assert "waits for no row" in capsys.readouterr().err
    assert exit_code(["rows", folder, "Remnd"]) != 0
    assert "did you mean tasks.Remind" in capsys.readouterr().err
