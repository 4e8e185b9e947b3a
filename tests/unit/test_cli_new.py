"""`new` writes elements that are right from the start, and asks for what is missing if somebody is there."""

from __future__ import annotations

import json
import os
import pty
import sys
from pathlib import Path

import pytest

from jitai_tasks.checks import examine
from jitai_tasks.cli.editing import write_settings
from jitai_tasks.cli.main import exit_code
from jitai_tasks.clock import SystemClock
from jitai_tasks.testing import write_files

MEETING = ("new", "model", "Meeting", "--fields", "title:Stext begins:Datetime")
COMMANDS = {
    "tasks/Cleanup": [("new", "task", "Cleanup", "--every", "2 hours")],
    "tasks/reports/Weekly": [("new", "task", "reports.Weekly", "--every", "week", "--title", 'The "W"')],
    "tasks/Remind": [MEETING, ("new", "task", "Remind", "--model", "Meeting", "--field", "begins")],
    "services/OrderSvc": [("new", "service", "OrderSvc", "--function", "cancel")],
    "models/Meeting": [MEETING],
    "events/Moved": [MEETING, ("new", "event", "Moved", "--sender", "models.Meeting", "--operate", "UpdateAfter")],
    "events/Shipped": [("new", "service", "XSvc"), ("new", "event", "Shipped", "--sender", "services.XSvc.shipped")],
    "calendars/Munich": [("new", "calendar", "Munich", "--country", "DE", "--subdivision", "BY")],
    "tasks/ReportType": [("new", "type", "ReportType")],
}  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An app with editor settings and no elements; commands run in it."""
    write_files(tmp_path, {"app.json": {"appId": "test.Shop", "name": "Shop", "timezone": "UTC"}})
    write_settings(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("folder", COMMANDS)
def test_what_is_written_has_no_problems_and_knows_its_schema(shop: Path, folder: str) -> None:
    for command in COMMANDS[folder]:
        assert exit_code(list(command)) == 0
    assert [str(problem) for problem in examine(shop, now=SystemClock().now()).problems] == []
    written = json.loads((shop / folder / "e.json").read_text())
    assert (shop / folder / written["$schema"]).resolve() == shop / ".jitai" / "e.schema.json"


@pytest.mark.parametrize("folder", COMMANDS)
def test_what_is_written_loads(shop: Path, folder: str) -> None:
    from jitai_tasks import open_app

    for command in COMMANDS[folder]:
        assert exit_code(list(command)) == 0
    with open_app(shop, database=f"sqlite:///{shop}/jobs.sqlite3") as app:
        app.getElement(folder.replace("/", ".")).load()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("new", "task", "Clean-up"), "no Python name"),
        (("new", "task", "X", "--every", "now and then"), 'say it like "day"'),
        (("new", "model", "X", "--fields", "title"), "title:Stext"),
        (("new", "event", "X", "--sender", "Order"), "say a model, like models.Order"),
        (("new", "event", "X", "--sender", "models.Order", "--operate", "Never"), "AddBefore"),
        (("new", "calendar", "X", "--country", "Germany"), "two letters"),
        (("new", "calendar", "X", "--weekend", "Sunday"), "1 (Monday)"),
        (("new", "type", "X", "--base", "services.NormalType"), "is not one of tasks.NormalType"),
        (("new", "task"), "the NAME is missing"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_what_makes_no_sense_is_wrong_usage_with_the_way_out(
    shop: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...], said: str
) -> None:
    assert exit_code(list(command)) == 2
    assert said in capsys.readouterr().err
    assert not (shop / "tasks").exists()


def test_nothing_is_ever_overwritten(shop: Path) -> None:
    assert exit_code(["new", "service", "OrderSvc"]) == 0
    (shop / "services/OrderSvc/service.py").write_text("mine")
    assert exit_code(["new", "service", "OrderSvc"]) == 1
    assert (shop / "services/OrderSvc/service.py").read_text() == "mine"


def test_a_type_of_the_app_is_known_to_the_schema_of_the_editor(shop: Path) -> None:
    import jsonschema

    assert exit_code(["new", "type", "ReportType"]) == 0
    schema = json.loads((shop / ".jitai/e.schema.json").read_text())
    rules = [rule["then"]["$ref"] for rule in schema["allOf"] if "tasks.ReportType" in str(rule["if"])]
    assert rules == ["#/$defs/tasks.NormalType", "../tasks/ReportType/schema.json"]
    assert (shop / ".jitai" / rules[1]).is_file()
    del schema["allOf"][-1]  # a validator of Python would need a registry for the file beside it
    jsonschema.Draft202012Validator.check_schema(schema)
    with pytest.raises(jsonschema.ValidationError, match="timerCfg"):
        jsonschema.validate({"type": "tasks.ReportType", "enable": 1}, schema)


def test_at_a_terminal_what_is_missing_is_asked_for_and_wrong_answers_again(shop: Path) -> None:
    answers = ["Clean up", "Cleanup", "sometimes", "15 minutes", ""]
    text = typed(["new", "task"], answers, shop)
    assert "Name, like Cleanup" in text
    assert "say it like" in text
    written = json.loads((shop / "tasks/Cleanup/e.json").read_text())
    assert written["timerCfg"]["repeat"] == {"repeatType": "minute", "period": 15}
    assert written["timerCfg"]["startTime"].endswith("00:00:00")


def test_at_a_terminal_defaults_can_be_taken_without_a_word(shop: Path) -> None:
    assert "How often" not in typed(["new", "task", "Cleanup", "--defaults"], [], shop)
    assert (shop / "tasks/Cleanup/inner.py").is_file()


def typed(words: list[str], answers: list[str], folder: Path) -> str:
    """What the terminal shows when somebody runs a command and types the answers."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execv(sys.executable, [sys.executable, "-m", "jitai_tasks", *words])
    for answer in answers:
        os.write(terminal, f"{answer}\n".encode())
    text = b""
    try:
        while piece := os.read(terminal, 65_536):
            text += piece
    except OSError:  # the program has ended
        pass
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, text.decode()
    return text.decode()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("task", "NormalType"), "would take the place of official.tasks.NormalType"),
        (("type", "Meta"), "would take the place of official.tasks.Meta"),
        (("service", "TaskSvc"), "would take the place of official.services.TaskSvc"),
        (("task", "x" * 300), "is longer than 200 bytes"),
        (("task", "../evil"), "'' in '../evil' is no Python name"),
        (("task", "Remind", "--field", "begins"), "say --model, too"),
        (("task", "Remind", "--model", "Meeting", "--field", 'a"b'), "--field: 'a\"b' is no Python name"),
        (("task", "Remind", "--model", "../x", "--field", "x"), "--model: "),
        (("service", "OrderSvc", "--function", "two words"), "--function: 'two words' is no Python name"),
        (("event", "Paid", "--sender", "two words.x"), "--sender: 'two words' in 'two words.x' is no Python name"),
        (("model", "Order", "--fields", "title:Stxt"), "there is no datatype Stxt; did you mean Stext?"),
        (("model", "Order", "--fields", "id:Stext"), "the field id is there already"),
        (("model", "Order", "--fields", "a:Stext a:Date"), "the field a stands there twice"),
    ],
)
def test_what_would_be_broken_is_not_written(
    shop: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...], said: str
) -> None:
    before = sorted(shop.rglob("*"))
    assert exit_code(["new", *command]) in (1, 2)
    assert said in " ".join(capsys.readouterr().err.split())
    assert sorted(shop.rglob("*")) == before
