"""The verbs about time: thin views of what `jitai_tasks.outlook` and `jitai_tasks.jobs` answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jitai_tasks.cli.main import exit_code
from jitai_tasks.testing import write_files

TIMER = {"startTime": "2026-01-01 02:30:00", "repeat": {"repeatType": "day", "period": 1}}
NIGHTLY = {"type": "tasks.NormalType", "title": "Nightly", "enable": 1, "backendBundleEntry": ".", "timerCfg": TIMER}
RESTING = {**TIMER, "skipHoliday": 1, "calendar": "calendars.Firm"}
FILES = {
    "app.json": {"appId": "test.Shop", "name": "Shop", "version": "1.0.0", "timezone": "Europe/Berlin"},
    "tasks/Nightly/e.json": NIGHTLY,
    "tasks/Nightly/inner.py": "def customFunc():\n    return 'done'\n",
    "tasks/Resting/e.json": {**NIGHTLY, "title": "Resting", "timerCfg": RESTING},
    "tasks/Resting/inner.py": "def customFunc():\n    return 'done'\n",
    "calendars/Firm/e.json": {
        "type": "calendars.NormalType", "title": "Firm", "backendBundleEntry": ".", "file": "firm.json",
    },
    "calendars/Firm/firm.json": ["2025-01-01"],
}  # fmt: skip


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs a command inside the app: (exit code, stdout, stderr)."""
    write_files(tmp_path, FILES)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    capsys.readouterr()

    def go(*words: str, code: int = 0) -> str:
        assert exit_code(list(words)) == code
        captured = capsys.readouterr()
        go.err = captured.err
        return captured.out

    return go


def test_next_of_every_task_and_of_one(run):
    assert [row["task"] for row in json.loads(run("next", "--json"))] == ["tasks.Nightly", "tasks.Resting"]
    assert "calendars.Firm has no data for" in run.err
    (row,) = json.loads(run("next", "Nightly", "-n", "1", "--json"))
    assert (row["local"][11:], row["zone"]) == ("02:30:00", "Europe/Berlin")
    assert row["utc"].endswith("Z")


def test_next_says_where_to_ask_if_no_run_is_to_come(run, tmp_path):
    ended = {**NIGHTLY, "timerCfg": {**TIMER, "endTime": "2026-01-02 02:30:00"}}
    write_files(tmp_path, {"tasks/Nightly/e.json": ended, "tasks/Resting/e.json": {**NIGHTLY, "enable": 0}})
    assert run("next", "Nightly") + run.err == "no next run; jitai-tasks why Nightly tells the reason\n"
    assert "no task has a run ahead" in run("next") + run.err


def test_next_says_that_a_task_is_off_or_paused(run):
    run("pause", "Nightly")
    run("next", "Nightly")
    assert "the task is paused" in run.err
    run("disable", "Nightly")
    run("next", "Nightly")
    assert "the task is off" in run.err


def test_calendar_day_by_day(run):
    out = run("calendar", "--from", "2027-01-01", "--to", "2027-01-02")
    assert out.splitlines() == [
        "2027-01-01 Fri  2 runs",
        "  tasks.Nightly  02:30",
        "  tasks.Resting  02:30",
        "2027-01-02 Sat  1 run",
        "  tasks.Nightly  02:30",
        "  tasks.Resting  1 run on a day off, left out or moved",
    ]
    assert len(json.loads(run("calendar", "--json"))) == 7


def test_the_calendar_tells_other_zones_and_how_far_away_each_run_is(run, tmp_path):
    write_files(tmp_path, {"tasks/Nightly/e.json": {**NIGHTLY, "timezone": "Asia/Shanghai"}})
    day = ("--from", "2026-02-02", "--to", "2026-02-02")
    assert "  tasks.Nightly  02:30 Asia/Shanghai" in run("calendar", *day)
    (found,) = json.loads(run("calendar", *day, "--json"))
    assert {each["away"] == "now" for entry in found["tasks"] for each in entry["runs"]} == {False}


def test_explain_in_two_languages(run):
    out = run("explain", "Nightly", "-n", "1")
    assert "Every day at 02:30 (Europe/Berlin), from 2026-01-01. It is on." in out
    assert "每天 02:30 运行（Europe/Berlin），自 2026-01-01 起。" in out
    assert "每天" not in run("explain", "Nightly", "--lang", "en")
    assert set(json.loads(run("explain", "Nightly", "--json"))["sentence"]) == {"en", "zh"}


def test_simulate_with_an_outage(run):
    out = run("simulate", "--from", "2027-01-04", "--to", "2027-01-10", "--outage", "2027-01-05..2027-01-06")
    assert out.splitlines()[0] == "8 runs of 2 tasks"
    assert "busiest minute: 2027-01-04 02:30, 2 runs" in out
    assert out.count("skipped: ") == 2
    listed = run("simulate", "--from", "2027-01-04", "--to", "2027-01-04", "--runs")
    assert listed.splitlines() == ["2027-01-04 02:30:00  tasks.Nightly", "2027-01-04 02:30:00  tasks.Resting"]
    assert json.loads(run("simulate", "--from", "2027-01-04", "--to", "2027-01-04", "--json"))["total"] == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["simulate", "--from", "2027-01-04", "--to", "2027-01-03"], "--to 2027-01-03 is before --from 2027-01-04"),
        (["simulate", "--from", "x", "--to", "2027-01-03"], "say it like"),
        (["simulate", "--from", "2027-01-04", "--to", "2027-01-05", "--outage", "noon"], "say it like 2026-01-05.."),
        (["backfill", "Nightly", "--from", "2026-02-01", "--to", "2026-01-01"], "is before --from"),
    ],
)
def test_a_range_without_sense_is_a_usage_error(run, words, said):
    run(*words, code=2)
    assert said in run.err


def test_a_date_as_the_end_is_the_whole_day_also_when_clocks_change(run):
    out = run("simulate", "--from", "2027-10-31", "--to", "2027-10-31", "--runs")
    assert out.splitlines() == ["2027-10-31 02:30:00  tasks.Nightly"]
    assert run("simulate", "--from", "2027-10-31 23:00", "--to", "2027-10-31", "--runs") == ""


def test_why(run):
    assert "notPlanned: no runner has planned it yet" in run("why", "Nightly")
    run("disable", "Nightly")
    reasons = json.loads(run("why", "Nightly", "--json"))["reasons"]
    assert reasons[0]["cause"] == "disabled"
    assert "unknown: no job or run has this id" in run("why", "000000000316f0ff15ebb85d")
    run("why", "Nigthly", code=1)
    assert "did you mean" in run.err


def test_pause_and_resume(run):
    run("pause", "Nightly")
    assert [row["paused"] for row in json.loads(run("list", "--json"))] == [True, False]
    assert "paused" in run("list")
    run("resume", "Nightly")
    assert [row["paused"] for row in json.loads(run("list", "--json"))] == [False, False]


def test_backfill_says_what_it_would_do_does_it_and_does_it_once(run):
    words = ("backfill", "Nightly", "--from", "2026-01-01", "--to", "2026-01-03")
    assert len(json.loads(run(*words, "--dry-run", "--json"))) == 3
    assert json.loads(run("jobs", "--json")) == []
    assert len(run(*words).splitlines()) == 4
    run(*words)
    assert "0 jobs created; 3 planned moments had theirs already" in run.err


def test_doctor_names_years_without_data_and_turns_red_when_a_deadline_is_missed(run, tmp_path):
    from datetime import timedelta

    from jitai_tasks import planning
    from jitai_tasks.clock import SystemClock, moment
    from jitai_tasks.testing import MovingClock
    from jitai_tasks.testing import app_from as open_app_from

    assert "calendars.Firm has no data for" in run("doctor")
    e_json = {**NIGHTLY, "expect": {"by": "03:00"}}
    yesterday = MovingClock(moment(SystemClock().now()) - timedelta(days=2))
    database = f"sqlite:///{tmp_path}/appData/jitai_tasks.sqlite3"
    with open_app_from(tmp_path, {**FILES, "tasks/Nightly/e.json": e_json}, clock=yesterday, database=database) as app:
        planning.ensure(app)
    out = run("doctor", code=1)
    assert "problem  deadline   tasks.Nightly: no run has succeeded by" in out
