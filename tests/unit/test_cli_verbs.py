"""The command line on a real app and a real database: what is printed where, and which exit code it ends with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jitai_tasks.cli.main import exit_code
from jitai_tasks.testing import write_files

SERVICE = {
    "services/OrderSvc/e.json": {
        "type": "services.NormalType",
        "title": "Orders",
        "functionList": [{"name": "cancel"}],
    },
    "services/OrderSvc/__init__.py": "from .service import OrderSvc\n",
    "services/OrderSvc/service.py": (
        "from services.NormalType import NormalService\n"
        "class OrderSvc(NormalService):\n"
        "    def cancel(self, orderId, token=''):\n"
        "        return {'canceled': orderId}\n"
    ),
}
NIGHTLY = {
    "type": "tasks.NormalType",
    "title": "Nightly",
    "enable": 1,
    "timerCfg": {"startTime": "2026-01-01 02:30:00", "repeat": {"repeatType": "day", "period": 1}},
}
FILES = {
    "app.json": {"appId": "test.Shop", "name": "Shop", "version": "1.0.0", "timezone": "UTC"},
    "tasks/Nightly/e.json": NIGHTLY,
    "tasks/Nightly/inner.py": "def customFunc():\n    return 'done'\n",
    **SERVICE,
}


class Terminal:
    """Runs commands and keeps what they printed."""

    def __init__(self, app: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.app = str(app)
        self._capsys = capsys
        self.out = ""
        self.err = ""

    def run(self, *words: str) -> int:
        code = exit_code(list(words))
        self.out, self.err = self._capsys.readouterr()
        return code

    def json(self, *words: str) -> object:
        assert self.run(*words, "--json") == 0, self.err
        return json.loads(self.out)


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    write_files(tmp_path / "shop", FILES)
    monkeypatch.chdir(tmp_path / "shop")
    return Terminal(tmp_path / "shop", capsys)


def test_check_is_silent_and_content_about_a_sound_app(terminal: Terminal) -> None:
    assert terminal.run("check", terminal.app) == 0
    assert terminal.out == ""
    assert "1 task, 0 errors, 0 warnings" in terminal.err


def test_check_names_the_place_the_value_and_the_way_out(terminal: Terminal) -> None:
    broken = json.dumps(NIGHTLY, indent=2).replace('"day"', '"dya"')
    Path("tasks/Nightly/e.json").write_text(broken)
    assert terminal.run("check") == 1
    assert terminal.out.startswith("tasks/Nightly/e.json:")
    assert "timerCfg/repeat/repeatType" in terminal.out
    assert "did you mean" in terminal.out


def test_check_gives_problems_as_json_and_still_fails(terminal: Terminal) -> None:
    Path("tasks/Nightly/e.json").write_text("{")
    assert terminal.run("check", "--json") == 1
    (problem,) = json.loads(terminal.out)
    assert problem["path"] == "tasks/Nightly/e.json"
    assert problem["severity"] == "error"


def test_list_shows_each_task_and_touches_no_database(terminal: Terminal) -> None:
    (row,) = terminal.json("list")
    assert (row["task"], row["on"], row["layer"]) == ("tasks.Nightly", True, "test.Shop")
    assert row["next"].endswith("T02:30:00.000000Z")
    assert not Path("appData").exists()


def test_list_says_what_is_wrong_with_a_date_field_task(terminal: Terminal) -> None:
    task = {"title": "Remind", "type": "tasks.DateFieldType", "enable": 1, "timerCfg": {"startField": "start"}}
    write_files(Path(), {"tasks/Remind/e.json": {**task, "modelPath": "models.Gone"}})
    problems = {row["task"]: row["problem"] for row in terminal.json("list")}
    assert "models.Gone" in problems["tasks.Remind"]
    assert problems["tasks.Nightly"] == ""
    assert not Path("appData").exists()


def test_list_shows_what_an_override_shadows(terminal: Terminal) -> None:
    write_files(
        Path(),
        {
            "tasks/NormalType/e.json": {"type": "tasks.Meta", "title": "Ours", "backendBundleEntry": "."},
            "tasks/NormalType/__init__.py": "from official.tasks.NormalType import Loader\n",
        },
    )
    rows = terminal.json("list", "--all")
    assert [row["shadows"] for row in rows if row["task"] == "tasks.NormalType"] == [["official"]]


def test_next_lists_planned_moments_in_both_clocks(terminal: Terminal) -> None:
    rows = terminal.json("next", "Nightly", "-n", "3")
    assert len(rows) == 3
    assert {row["local"][11:] for row in rows} == {"02:30:00"}
    assert rows[0]["utc"] < rows[1]["utc"] < rows[2]["utc"]


def test_a_mistyped_task_gets_the_nearest_name(terminal: Terminal) -> None:
    assert terminal.run("next", terminal.app, "Nigthly") == 1
    assert "did you mean tasks.Nightly?" in terminal.err
    assert terminal.out == ""


def test_enqueue_creates_a_job_and_prints_its_id(terminal: Terminal) -> None:
    assert terminal.run("enqueue", "services.OrderSvc.cancel", "--args", '{"orderId": 7}', "--at", "+30 min") == 0
    (job,) = terminal.json("jobs")
    assert job["id"] == terminal_id(terminal, job)
    assert (job["func"], job["args"], job["status"]) == ("services.OrderSvc.cancel", {"orderId": 7}, "waiting")


def terminal_id(terminal: Terminal, job: dict[str, object]) -> object:
    """The id as `show` finds it again."""
    shown = terminal.json("show", str(job["id"]))
    assert isinstance(shown, dict)
    return shown["id"]


def test_enqueue_refuses_wrong_arguments_before_anything_is_stored(terminal: Terminal) -> None:
    assert terminal.run("enqueue", "services.OrderSvc.cancel", "--args", '{"order": 7}') == 1
    assert "orderId" in terminal.err
    assert terminal.json("jobs") == []


@pytest.mark.parametrize("text", ["{", "[1]", "7", '{"a": 1, "a": 2}', '{"a": NaN}', '{"a": ' + "[" * 100_000])
def test_arguments_that_are_no_json_object_are_wrong_usage(terminal: Terminal, text: str) -> None:
    assert terminal.run("enqueue", "services.OrderSvc.cancel", "--args", text) == 2


def test_a_function_outside_the_app_is_refused(terminal: Terminal) -> None:
    assert terminal.run("enqueue", "os.system", "--args", '{"command": "true"}') == 1
    assert "os" in terminal.err


def test_arguments_that_look_secret_are_masked(terminal: Terminal) -> None:
    terminal.run("enqueue", "services.OrderSvc.cancel", "--args", '{"orderId": 7, "token": "hunter2"}', "--at", "+1 h")
    terminal.run("jobs", "--json")
    assert "hunter2" not in terminal.out
    assert '"token": "***"' in terminal.out


def test_a_waiting_job_can_be_canceled_once(terminal: Terminal) -> None:
    terminal.run("run-now", "Nightly")
    job = terminal.out.strip()
    assert terminal.run("cancel", job) == 0
    assert terminal.run("cancel", job) == 1
    assert "does not wait" in terminal.err
    (run,) = terminal.json("history")
    assert (run["id"], run["status"]) == (job, "canceled")


def test_a_waiting_job_can_be_ended(terminal: Terminal) -> None:
    terminal.run("run-now", "Nightly")
    assert terminal.run("end", terminal.out.strip()) == 0
    (run,) = terminal.json("history", "--status", "terminated")
    assert run["task"] == "tasks.Nightly"


def test_a_function_is_found_by_the_name_that_is_shown(terminal: Terminal) -> None:
    terminal.run("run-now", "Nightly")
    terminal.run("enqueue", "services.OrderSvc.cancel", "--args", '{"orderId": 7}', "--at", "+1 h")
    job = terminal.out.strip()
    assert [row["id"] for row in terminal.json("jobs", "--task", "services.OrderSvc.cancel")] == [job]
    terminal.run("cancel", job)
    assert [row["id"] for row in terminal.json("history", "--task", "services.OrderSvc.cancel")] == [job]
    assert terminal.json("history", "--task", "services.OrderSvc.close") == []
    assert len(terminal.json("jobs", "--task", "Nightly")) == 1


def test_disable_and_enable_are_kept_over_the_file(terminal: Terminal) -> None:
    assert terminal.run("disable", "Nightly") == 0
    (row,) = terminal.json("list")
    assert (row["on"], row["differs"]) == (False, "from file")
    assert terminal.run("enable", "Nightly") == 0
    (row,) = terminal.json("list")
    assert row["on"] is True


@pytest.mark.parametrize("word", ["zzz", "-1", "12345678901234567890123x"])
def test_what_is_no_id_is_wrong_usage(terminal: Terminal, word: str) -> None:
    assert terminal.run("show", terminal.app, word) == 2


@pytest.mark.parametrize("verb", ["show", "end", "cancel"])
def test_an_id_that_is_unknown_says_where_to_look(terminal: Terminal, verb: str) -> None:
    assert terminal.run(verb, "0" * 23 + "1") == 1
    assert "no job or run" in terminal.err
    assert "jitai-tasks jobs" in terminal.err


def test_an_unreachable_database_is_exit_code_3_and_shows_no_password(terminal: Terminal) -> None:
    url = "postgresql://shop:hunter2@127.0.0.1:1/shop?connect_timeout=1"
    assert terminal.run("jobs", "--database", url) == 3
    assert "hunter2" not in terminal.err
    assert "Traceback" not in terminal.err


def test_a_database_whose_folder_is_missing_is_exit_code_3(terminal: Terminal, tmp_path: Path) -> None:
    assert terminal.run("jobs", "--database", f"sqlite:///{tmp_path}/no/such/jobs.db") == 3
    assert "does not exist" in terminal.err


def test_a_folder_without_app_says_how_to_make_one(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert terminal.run("list", str(tmp_path / "empty")) == 1
    assert "jitai-tasks init" in terminal.err


def test_tables_of_another_version_are_exit_code_5(terminal: Terminal) -> None:
    terminal.run("db", "upgrade")
    import sqlite3

    with sqlite3.connect("appData/jitai_tasks.sqlite3") as connection:
        connection.execute("UPDATE jitai_schema_version SET version_num = '9999'")
    connection.close()
    assert terminal.run("jobs") == 5
    assert terminal.run("db", "current") == 5


def test_db_current_and_sql_tell_about_the_tables(terminal: Terminal) -> None:
    assert terminal.run("db", "upgrade") == 0
    versions = terminal.json("db", "current")
    assert isinstance(versions, dict)
    assert versions["current"] == versions["head"]
    assert terminal.run("db", "sql", "--dialect", "postgresql") == 0
    assert "CREATE TABLE jitai_jobs" in terminal.out


def test_the_database_can_be_set_in_the_environment(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JITAI_TASKS_DATABASE", f"sqlite:///{tmp_path}/elsewhere.db")
    assert terminal.run("run-now", "Nightly") == 0
    assert (tmp_path / "elsewhere.db").exists()


def test_the_database_can_be_set_in_pyproject(terminal: Terminal, tmp_path: Path) -> None:
    Path("pyproject.toml").write_text(f'[tool.jitai_tasks]\ndatabase = "sqlite:///{tmp_path}/project.db"\n')
    assert terminal.run("run-now", "Nightly") == 0
    assert (tmp_path / "project.db").exists()


def test_doctor_is_content_with_a_fresh_app(terminal: Terminal) -> None:
    assert terminal.run("doctor") == 0
    assert "tables" in terminal.out


def test_doctor_finds_broken_elements(terminal: Terminal) -> None:
    Path("tasks/Nightly/e.json").write_text("{")
    assert terminal.run("doctor") == 1
    assert "problem" in terminal.out


def test_init_never_overwrites_an_app(terminal: Terminal) -> None:
    before = Path("app.json").read_text()
    assert terminal.run("init", terminal.app) == 1
    assert Path("app.json").read_text() == before


def test_new_task_writes_a_task_without_problems(terminal: Terminal) -> None:
    assert terminal.run("new", "task", "reports.Weekly", "--every", "2 weeks", "--at", "07:30") == 0
    assert terminal.out.splitlines() == ["tasks/reports/Weekly/e.json", "tasks/reports/Weekly/inner.py"]
    assert terminal.run("check") == 0
    assert [row["local"][11:] for row in terminal.json("next", "reports.Weekly", "-n", "1")] == ["07:30:00"]
    assert terminal.run("new", "task", "reports.Weekly") == 1


def test_help_of_every_verb_has_an_example_or_a_sentence(terminal: Terminal) -> None:
    from jitai_tasks.cli.verbs import VERBS

    for verb, (_, text) in VERBS.items():
        assert terminal.run(verb, "--help") == 0
        assert "Usage: jitai-tasks" in terminal.out
        assert text.endswith(".")


def test_the_table_of_verbs_says_what_the_commands_say() -> None:
    import click

    from jitai_tasks.cli.main import root
    from jitai_tasks.cli.verbs import VERBS

    context = click.Context(root)
    for verb, (_, text) in VERBS.items():
        command = root.get_command(context, verb)
        assert command is not None
        assert command.short_help == text, verb


def test_a_mistyped_verb_gets_the_nearest_one(terminal: Terminal) -> None:
    assert terminal.run("histroy") == 2
    assert "did you mean history?" in terminal.err


@pytest.mark.parametrize("verb", [["run-now"], ["enable"], ["disable"], ["pause"], ["show-config"], ["next"]])
def test_a_broken_task_is_called_broken_and_not_unknown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: list[str]
) -> None:
    write_files(tmp_path, {**FILES, "tasks/Broken/e.json": {**NIGHTLY, "title": 7}})
    assert exit_code([*verb, str(tmp_path), "Broken"]) == 1
    assert "tasks/Broken/e.json:3:12: title: expected a text, found 7" in capsys.readouterr().err


def test_a_moment_beyond_all_dates_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_files(tmp_path, FILES)
    words = ["enqueue", str(tmp_path), "services.OrderSvc.cancel", "--args", '{"orderId": 1}', "--at"]
    assert [exit_code([*words, at]) for at in ("+999999999 days", "+99999999999999 days")] == [2, 2]
    assert "is beyond the dates there are" in capsys.readouterr().err


def test_what_the_file_system_refuses_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert exit_code(["init", str(tmp_path / "file" / "shop")]) == 1
    assert "Not a directory" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["show", "end", "cancel"])
def test_the_id_that_help_shows_is_one(tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str) -> None:
    write_files(tmp_path, FILES)
    assert exit_code([verb, "--help"]) == 0
    shown = next(word for word in capsys.readouterr().out.split() if len(word) == 24 and word.isalnum())
    assert exit_code([verb, str(tmp_path), shown]) == 1
    assert f"no job or run {shown}" in capsys.readouterr().err
