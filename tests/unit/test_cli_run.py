"""`run` as a program: what it shows, and how it ends."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import signal
import sqlite3
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from jitai_tasks.testing import write_files

GREETING = {
    "type": "tasks.NormalType",
    "title": "Greeting",
    "enable": 1,
    "timerCfg": {"startTime": "2026-01-01 00:00:00", "repeat": {"repeatType": "second", "period": 1}},
}
NIGHTLY = {**GREETING, "timerCfg": {"startTime": "2026-01-01 00:00:00", "repeat": {"repeatType": "year", "period": 1}}}
APP = {"appId": "test.Shop", "name": "Shop", "version": "1.0.0", "timezone": "UTC"}
FRAME = struct.pack("HHHH", 40, 120, 0, 0)


def shop(folder: Path, *, task: dict[str, object], code: str) -> Path:
    files = {"app.json": APP, "tasks/Work/e.json": task, "tasks/Work/inner.py": code}
    return write_files(folder / "shop", files)


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "jitai_tasks", *words]


def environment() -> dict[str, str]:
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith("JITAI_TASKS_") and key != "DATABASE_URL"
    }
    return {**kept, "TERM": "xterm-256color"}


def ended(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*words), capture_output=True, text=True, timeout=60, check=False, env=environment())


def test_drain_performs_what_is_due_shows_it_and_stops(tmp_path: Path) -> None:
    app = str(shop(tmp_path, task=NIGHTLY, code="def customFunc():\n    return 42\n"))
    job = ended("run-now", app, "Work").stdout.strip()
    drained = ended("run", app, "--drain", "--workers", "1")
    assert drained.returncode == 0, drained.stderr
    assert re.search(r"success +tasks\.Work .* 42$", drained.stdout, re.MULTILINE)
    assert json.loads(ended("show", app, job, "--json").stdout)["result"] == 42


def test_quiet_shows_nothing(tmp_path: Path) -> None:
    app = str(shop(tmp_path, task=NIGHTLY, code="def customFunc():\n    return 42\n"))
    ended("run-now", app, "Work")
    drained = ended("run", app, "--drain", "--quiet")
    assert (drained.returncode, drained.stdout, drained.stderr) == (0, "", "")


def test_a_person_at_a_terminal_gets_a_live_table_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    app = shop(tmp_path, task=GREETING, code="def customFunc():\n    raise ValueError('no such order')\n")
    child, terminal = pty.fork()
    if child == 0:
        os.execve(sys.executable, command("run", str(app), "--workers", "1"), environment())
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, FRAME)
    text = read_until(terminal, b"Failed")
    os.write(terminal, b"\x03")
    text += read_until(terminal, None)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    for word in ("Running", "Next", "Ended", "tasks.Work", "ValueError: no such order"):
        assert word in text.decode()
    assert "Traceback" not in text.decode()


def read_until(terminal: int, word: bytes | None) -> bytes:
    """What the terminal shows until `word` comes, or until the program has left it."""
    text = b""
    while word is None or word not in text:
        try:
            piece = os.read(terminal, 65_536)
        except OSError:  # the program has ended
            return text
        if not piece:
            return text
        text += piece
    return text


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_exit_code_0_and_no_job_is_left_running(tmp_path: Path, how: signal.Signals) -> None:
    app = str(shop(tmp_path, task=GREETING, code="def customFunc():\n    return 42\n"))
    with subprocess.Popen(command("run", app), stdout=subprocess.PIPE, text=True, env=environment()) as process:
        assert process.stdout is not None
        assert any("success" in line for line in process.stdout)
        process.send_signal(how)
        process.stdout.read()
        assert process.wait(30) == 0
    assert json.loads(ended("jobs", app, "--status", "running", "--json").stdout) == []


def test_queues_that_are_none_are_told(tmp_path: Path) -> None:
    folder = shop(tmp_path, task=NIGHTLY, code="def customFunc():\n    pass\n")
    done = subprocess.run(command("run", str(folder), "--queues", " ,,"), capture_output=True, text=True, check=False)
    assert (done.returncode, "names no queue; like --queues mail,reports" in done.stderr) == (2, True)


def test_a_database_that_cannot_be_reached_is_exit_code_3_in_one_sentence(tmp_path: Path) -> None:
    app = str(shop(tmp_path, task=NIGHTLY, code=""))
    failed = ended("run", app, "--database", "postgresql://shop:hunter2@127.0.0.1:1/shop?connect_timeout=1")
    assert failed.returncode == 3
    assert "Traceback" not in failed.stderr
    assert "hunter2" not in failed.stderr


def test_tables_of_a_newer_version_are_exit_code_5(tmp_path: Path) -> None:
    app = shop(tmp_path, task=NIGHTLY, code="")
    ended("db", "upgrade", str(app))
    connection = sqlite3.connect(app / "appData" / "jitai_tasks.sqlite3")
    with connection:
        connection.execute("UPDATE jitai_schema_version SET version_num = '9999'")
    connection.close()
    failed = ended("run", str(app))
    assert failed.returncode == 5
    assert "newer" in failed.stderr


def test_help_loads_neither_the_database_nor_the_elements() -> None:
    code = (
        "import sys; from jitai_tasks.cli.main import exit_code; exit_code(['--help']);"
        "print(sorted({'sqlalchemy', 'pydantic', 'rich', 'jsonschema', 'arrow'} & sys.modules.keys()))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment())
    assert shown.stdout.splitlines()[-1] == "[]"


def test_a_broken_element_is_named_at_the_start_and_the_others_run(tmp_path: Path) -> None:
    app = shop(tmp_path, task=NIGHTLY, code="def customFunc():\n    return 42\n")
    write_files(app, {"tasks/Broken/e.json": {"type": "tasks.NormalTyp", "title": "Broken"}})
    ended("run-now", str(app), "Work")
    drained = ended("run", str(app), "--drain")
    assert drained.returncode == 0
    assert "did you mean tasks.NormalType?" in drained.stderr
    assert "1 problem; everything else runs" in drained.stderr
    assert "success" in drained.stdout


def test_a_database_that_fails_in_the_middle_is_exit_code_3_in_one_sentence(tmp_path: Path) -> None:
    app = shop(tmp_path, task=NIGHTLY, code="")
    ended("db", "upgrade", str(app))
    connection = sqlite3.connect(app / "appData" / "jitai_tasks.sqlite3")
    with connection:
        connection.execute("DROP TABLE jitai_jobs")
    connection.close()
    failed = ended("jobs", str(app))
    assert failed.returncode == 3
    assert "the database failed" in failed.stderr
    assert "Traceback" not in failed.stderr


@pytest.mark.timeout(120)
def test_three_commands_lead_from_nothing_to_a_scheduled_task_of_ones_own(tmp_path: Path) -> None:
    app = str(tmp_path / "shop")
    for words in (("init", app), ("new", "task", "Hello", "--every", "second", "--app", app)):
        made = ended(*words)
        assert made.returncode == 0, made.stderr
    with subprocess.Popen(command("run", app), stdout=subprocess.PIPE, text=True, env=environment()) as runner:
        assert runner.stdout is not None
        own = next((line for line in runner.stdout if "tasks.Hello" in line), "")
        runner.send_signal(signal.SIGTERM)
        runner.stdout.read()
        assert runner.wait(30) == 0
    assert re.search(r" success +tasks\.Hello ", own), own
    (run,) = json.loads(ended("history", app, "--task", "Hello", "-n", "1", "--json").stdout)
    assert (run["task"], run["status"]) == ("tasks.Hello", "success")
