"""What `check` prints: as a compiler for people, as data for programs, as annotations for a workflow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jitai_tasks.cli.main import exit_code
from jitai_tasks.testing import write_files

TASK = """\
{
  "type": "tasks.NormalType",
  "title": "夜间 report",
  "enable": 1,
  "func": "services.NoSvc.run",
  "timerCfg": {"startTime": "2026-01-01 02:30:00", "repeat": {"repeatType": "day"}}
}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder above an app with one wrong task."""
    write_files(tmp_path / "shop", {"app.json": {"appId": "test.Shop", "timezone": "UTC"}, "tasks/X/e.json": TASK})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_problem_has_its_place_its_line_a_caret_the_rule_and_the_way_out(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(["check", "shop"]) == 1
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "shop/tasks/X/e.json:5:11: error: func: 'services.NoSvc.run' names no element: there is no services.NoSvc",
        '    5 |   "func": "services.NoSvc.run",',
        "      |           ^~~~~~~~~~~~~~~~~~~~",
        "  rule: a function that is named exists, is public, and is defined by an instance element of a layer itself"
        " [function]",
        "  fix:  did you mean 'services.TaskSvc.run'?",
    ]
    assert err == "1 task, 1 error, 0 warnings\n"


def test_the_caret_stands_under_the_place_also_behind_chinese_text(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = '{"title": "夜间", "enable": 2, "type": "tasks.NormalType",'
    Path("shop/tasks/X/e.json").write_text(line + TASK[TASK.index('"timerCfg"') :])
    assert exit_code(["check", "shop"]) == 1
    lines = capsys.readouterr().out.splitlines()
    caret = next(line for line in lines if "^" in line)
    assert caret == "      | " + " " * len('{"title": "    ", "enable": ') + "^"


def test_the_rule_of_a_schema_is_its_description_also_for_types_of_the_app(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {
        "tasks/OwnType/e.json": {"type": "tasks.NormalType", "title": "Own"},
        "tasks/OwnType/loader.py": "from tasks.NormalType import Loader\n",
        "tasks/X/e.json": TASK.replace("tasks.NormalType", "tasks.OwnType").replace('"day"', '"dya"'),
    }
    write_files(folder / "shop", files)
    assert exit_code(["check", "shop"]) == 1
    assert "rule: normal: once." in capsys.readouterr().out


def test_short_is_a_line_each(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["check", "shop", "--format", "short"]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("shop/tasks/X/e.json:5:11: error: func: ")
    assert line.endswith("; did you mean 'services.TaskSvc.run'?")


def test_json_has_all_facts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["check", "shop", "--json"]) == 1
    (problem,) = json.loads(capsys.readouterr().out)
    facts = ("path", "file", "line", "column", "pointer", "severity", "rule", "element")
    assert [problem[fact] for fact in facts] == [
        "tasks/X/e.json", "shop/tasks/X/e.json", 5, 11, "func", "error", "function", "tasks.X"
    ]  # fmt: skip


def test_github_gets_annotations_with_its_signs_escaped(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("shop/tasks/X/e.json").write_text(TASK.replace("services.NoSvc.run", "50%:/"))
    assert exit_code(["check", "shop", "--format", "github"]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("::error file=shop/tasks/X/e.json,line=5,col=11,title=tasks.X::func: ")
    assert "50%25:/" in line


def test_information_alone_is_no_failure(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    override = {
        "tasks/NormalType/e.json": {"type": "tasks.Meta", "title": "Ours"},
        "tasks/X/e.json": TASK.replace('"enable": 1', '"enable": 0'),
    }
    write_files(folder / "shop", override)
    assert exit_code(["check", "shop", "--format", "short"]) == 0
    out, err = capsys.readouterr()
    assert ": note: tasks.NormalType takes the place of official.tasks.NormalType" in out
    assert err == "1 task, 0 errors, 1 warning, 1 note\n"


def test_the_pre_commit_hook_calls_a_command_that_exists() -> None:
    text = (Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    entry = next(line.partition("entry: jitai-tasks ")[2] for line in text.splitlines() if "entry:" in line)
    assert exit_code([*entry.split(), "--help"]) == 0


@pytest.mark.parametrize("words", [["check"], ["list"], ["show", "x"], ["next", "x"], ["why", "x"]])
def test_a_link_to_itself_is_no_app(tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert exit_code([words[0], str(loop), *words[1:]]) == 2
    assert "leads back to itself" in capsys.readouterr().err
