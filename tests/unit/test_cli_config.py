"""`show-config` tells where each value comes from, `schema` what may be written, `editor` renews the settings."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from jitai_tasks.cli.main import exit_code
from jitai_tasks.testing import write_files

TASK = """\
{
  "type": "tasks.NormalType",
  "title": "Nightly",
  "enable": 1,
  "taskFunc": "services.OrderSvc.count",
  "timerCfg": {
    "startTime": "2026-01-01 02:30:00",
    "repeat": {"repeatType": "days"}
  }
}
"""
FILES: dict[str, object] = {
    "app.json": '{\n  "appId": "test.Shop",\n  "timezone": "Europe/Berlin"\n}\n',
    "tasks/Nightly/e.json": TASK,
    "services/OrderSvc/e.json": {"type": "services.NormalType", "title": "Orders"},
    "services/OrderSvc/__init__.py": """
        from services.NormalType import NormalService


        class OrderSvc(NormalService):
            def count(self):
                return 1
    """,
    "tasks/OwnType/e.json": {"type": "tasks.NormalType", "title": "Own"},
    "tasks/OwnType/__init__.py": "from tasks.NormalType import Loader\n",
    "tasks/OwnType/schema.json": {
        "required": ["report"],
        "properties": {"report": {"$ref": "#/$defs/report"}, "depth": {"type": "integer", "default": 3}},
        "$defs": {"report": {"enum": ["sales"]}},
    },
    "tasks/Own/e.json": {"type": "tasks.OwnType", "title": "Own", "report": "sales"},
}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(write_files(tmp_path, FILES))
    for name in ("DATABASE_URL", "JITAI_TASKS_TIMEZONE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def settings(capsys: pytest.CaptureFixture[str], element: str) -> dict[str, tuple[object, str, bool]]:
    assert exit_code(["show-config", element, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["settings"]
    return {each["key"]: (each["value"], each["source"], each["default"]) for each in found}


def test_each_value_names_its_file_and_line(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = settings(capsys, "tasks.Nightly")
    assert found["title"] == ("Nightly", "tasks/Nightly/e.json:3", False)
    assert found["timerCfg/startTime"] == ("2026-01-01 02:30:00", "tasks/Nightly/e.json:7", False)
    assert found["timezone"] == ("Europe/Berlin", "app.json:3", False)


def test_old_spellings_are_shown_in_the_current_one_at_their_line(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = settings(capsys, "Nightly")
    assert found["func"] == ("services.OrderSvc.count", "tasks/Nightly/e.json:5", False)
    assert found["timerCfg/repeat/repeatType"] == ("day", "tasks/Nightly/e.json:8", False)
    assert "taskFunc" not in found


def test_defaults_are_marked_also_those_that_the_schema_of_an_own_type_says(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = settings(capsys, "Nightly")
    assert found["timeout"] == (43200, "default", True)
    assert found["funcType"] == ("Global", "default", True)
    assert found["timerCfg/repeat/period"] == (1, "default", True)
    assert settings(capsys, "tasks.Own")["depth"] == (3, "default", True)


def test_what_the_database_and_the_environment_override_says_so(
    shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JITAI_TASKS_TIMEZONE", "Asia/Shanghai")
    assert exit_code(["disable", "Nightly"]) == 0
    capsys.readouterr()
    found = settings(capsys, "Nightly")
    assert found["enable"] == (0, "the database, over the file", False)
    assert found["timezone"] == ("Asia/Shanghai", "JITAI_TASKS_TIMEZONE", False)


def test_people_get_a_table_under_who_it_is(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["show-config", "tasks.Own"]) == 0
    out = capsys.readouterr().out
    assert "tasks.OwnType → tasks.NormalType → tasks.Meta" in out
    assert "report" in out
    assert "tasks/Own/e.json:4" in out


def test_a_mistyped_or_broken_element_says_what_to_do(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["show-config", "tasks.Nigthly"]) == 1
    assert "did you mean tasks.Nightly?" in capsys.readouterr().err
    (shop / "tasks/Nightly/e.json").write_text("{")
    assert exit_code(["show-config", "tasks.Nightly"]) == 1
    assert "tasks/Nightly/e.json:1:" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["tasks.NormalType", "tasks.DateFieldType", "services.NormalType", "app"])
def test_a_printed_schema_is_complete_and_valid(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert exit_code(["schema", name]) == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(capsys.readouterr().out))


def test_the_schema_of_an_own_type_holds_both_rules(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["schema", "tasks.OwnType", "--app", "."]) == 0
    validator = jsonschema.Draft202012Validator(json.loads(capsys.readouterr().out))
    assert validator.is_valid({"type": "tasks.OwnType", "report": "sales"})
    assert not validator.is_valid({"type": "tasks.OwnType", "report": "nonsense"})
    assert not validator.is_valid({"type": "tasks.OwnType", "report": "sales", "enable": 1})


def test_a_type_without_schema_gets_the_nearest_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["schema", "tasks.NormlType"]) == 1
    assert "did you mean tasks.NormalType?" in capsys.readouterr().err


def test_editor_renews_what_is_generated_and_leaves_what_is_yours(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop / "pyproject.toml").write_text("# mine\n")
    assert exit_code(["editor"]) == 0
    assert "left as they are: pyproject.toml" in capsys.readouterr().err
    (shop / ".jitai/stubs/tasks/Meta/__init__.pyi").write_text("old")
    (shop / ".jitai/stubs/gone.pyi").write_text("old")
    assert exit_code(["editor"]) == 0
    assert "BaseTask" in (shop / ".jitai/stubs/tasks/Meta/__init__.pyi").read_text()
    assert not (shop / ".jitai/stubs/gone.pyi").exists()
    assert (shop / "pyproject.toml").read_text() == "# mine\n"
    mapped = json.loads((shop / ".vscode/settings.json").read_text())["json.schemas"]
    assert all((shop / entry["url"]).is_file() for entry in mapped)
