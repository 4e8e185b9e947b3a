"""What the README and the docs show is run: files, code, commands and their output."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import click
import pytest

from jitai_tasks import App
from jitai_tasks.cli.main import root
from jitai_tasks.discovery import discover
from jitai_tasks.store.records import Run
from jitai_tasks.testing import MovingClock

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
LENGTH = re.compile(r"\d+(\.\d+)? (ms|s)\b")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    number: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}-{self.language}-{self.number}"


def blocks(language: str) -> list[Block]:
    return [
        Block(page, number, language, found[2])
        for page in PAGES
        for number, found in enumerate(BLOCK.finditer(page.read_text(encoding="utf-8")))
        if found[1] == language
    ]


def commands() -> list[tuple[str, list[str]]]:
    """Each `$ jitai-tasks …` line of the pages, split as a shell would."""
    lines = [line for block in blocks("console") for line in block.text.splitlines()]
    return [(line, shlex.split(line, comments=True)[2:]) for line in lines if line.startswith("$ jitai-tasks ")]


def jitai_tasks(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "jitai_tasks", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=environment(), timeout=60, check=False)


def environment() -> dict[str, str]:
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith("JITAI_TASKS_") and key != "DATABASE_URL"
    }
    return {**kept, "TZ": "UTC", "PYTHONPATH": str(ROOT)}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app of the README, made by its first command."""
    folder = tmp_path_factory.mktemp("readme")
    assert jitai_tasks("init", "shop", cwd=folder).returncode == 0
    return folder / "shop"


@pytest.fixture(scope="module")
def output(shop: Path) -> list[str]:
    """What the README's second command prints until two greetings are done; then it is stopped by SIGTERM."""
    command = [sys.executable, "-m", "jitai_tasks", "run", "shop"]
    with subprocess.Popen(command, cwd=shop.parent, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip())
            if sum("success" in seen for seen in lines) == 2:
                break
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
        assert process.wait(30) == 0
    return lines


def test_the_files_of_the_readme_are_what_init_writes(shop: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in ("e.json", "inner.py"):
        assert (shop / "tasks" / "Greeting" / name).read_text() in readme
    written = [path.relative_to(shop) for path in shop.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    elements = {path.as_posix() for path in written if path.parts[0] in ("app.json", "tasks")}
    assert elements == {"app.json", "tasks/Greeting/e.json", "tasks/Greeting/inner.py"}
    others = {path.parts[0] for path in written} - {"app.json", "tasks", "appData"}
    assert [name for name in sorted(others) if f"`{name}" not in readme] == []


def test_the_commands_of_the_readme_print_what_it_shows(output: list[str]) -> None:
    shown = next(block.text for block in blocks("console") if "init shop" in block.text).splitlines()[2:]
    assert [shape(line) for line in output] == [shape(line) for line in shown]


def shape(line: str) -> str:
    """A line of output without what differs each time: moments, lengths, the folder, the number of cores, spacing."""
    line = STAMP.sub("<time>", LENGTH.sub("<length>", line))
    line = re.sub(r"sqlite:///\S*?shop/", "sqlite:///shop/", line)
    return re.sub(r"\s+", " ", re.sub(r"\d+ workers?", "<workers>", line))


def test_what_ran_is_in_the_history_with_its_result_and_what_it_printed(shop: Path, output: list[str]) -> None:
    del output  # it must have run
    runs = json.loads(jitai_tasks("history", "shop", "--json", cwd=shop.parent).stdout)
    assert {(run["task"], run["status"], run["result"]) for run in runs} == {("tasks.Greeting", "success", "greeted")}
    shown = jitai_tasks("show", "shop", runs[0]["id"], cwd=shop.parent)
    assert "Hello from a task" in shown.stdout


def authoring(language: str, words: str) -> str:
    """The block of docs/authoring.md that has these words."""
    found = [block.text for block in blocks(language) if block.page.name == "authoring.md" and words in block.text]
    assert len(found) == 1, f"{len(found)} blocks with {words!r}"
    return found[0]


@pytest.fixture
def described(app_from: Callable[..., App]) -> App:
    """The app that docs/authoring.md describes, made of nothing but its blocks."""
    return app_from(
        {
            "tasks/NightlyCleanup/e.json": authoring("json", "tasks.NormalType"),
            "tasks/NightlyCleanup/inner.py": authoring("python", "def customFunc"),
            "services/OrderSvc/e.json": authoring("json", "services.NormalType"),
            "services/OrderSvc/service.py": authoring("python", "class OrderSvc"),
            "services/OrderSvc/__init__.py": "from .service import OrderSvc\n",
            "services/OrderSvc/placing.py": authoring("python", "def place_order"),
            "tasks/NormalType/e.json": authoring("json", '"tasks.Meta"'),
            "tasks/NormalType/__init__.py": authoring("python", "class Loader"),
        }
    )


def test_the_tasks_of_the_authoring_page_run(
    described: App, clock: MovingClock, drain: Callable[..., int], history: Callable[..., list[Run]]
) -> None:
    assert [str(problem) for problem in described.problems] == []
    drain()
    clock.advance(days=1)
    drain()
    (run,) = history("tasks.NightlyCleanup")
    assert (run.outcome.status, run.outcome.result) == ("success", '{"removed":3}')
    assert "tasks.NightlyCleanup begins" in run.outcome.log
    assert "removing carts" in run.outcome.log


def test_the_temporary_task_of_the_authoring_page_runs_when_its_time_has_come(
    described: App, clock: MovingClock, drain: Callable[..., int], history: Callable[..., list[Run]]
) -> None:
    import_module("services.OrderSvc.placing").place_order(7)
    clock.advance(minutes=29)
    drain()
    assert history(status="success") == []
    clock.advance(minutes=2)
    drain()
    (run,) = history(status="success")
    assert (run.job.func, run.outcome.result) == ("services.OrderSvc.cancel", '{"orderId":7,"reason":"unpaid"}')


def test_the_calls_of_the_authoring_page_work(described: App, drain: Callable[..., int]) -> None:
    code = authoring("python", "app.getElement")
    exec(compile(code, "authoring.md", "exec"), {"app": described})
    assert drain() == 1


def keys_of(schema: dict[str, object]) -> set[str]:
    """The keys of e.json files for tasks, at every depth that the page describes."""
    parts = ("task", "timer", "repeat", "dateFieldTimer", "offset", "tasks.DateFieldType", "dst", "expect", "retry")
    return {key for part in parts for key in schema["$defs"][part].get("properties", {})}  # type: ignore[index]


def test_the_authoring_page_names_every_key_of_a_task() -> None:
    page = (ROOT / "docs" / "authoring.md").read_text(encoding="utf-8")
    schema = json.loads((ROOT / "schemas" / "e.schema.json").read_text(encoding="utf-8"))
    assert [key for key in sorted(keys_of(schema)) if f"`{key}`" not in page and f'"{key}"' not in page] == []


def single_e_jsons() -> list[Block]:
    """Those that stand for themselves; the examples of overriding.md are run as wholes in tests/app."""
    return [block for block in blocks("json") if '"type"' in block.text and block.page.name != "overriding.md"]


@pytest.mark.parametrize("block", single_e_jsons(), ids=str)
def test_every_e_json_of_the_docs_is_without_problems(block: Block, tmp_path: Path) -> None:
    family = json.loads(block.text)["type"].partition(".")[0]
    folder = tmp_path / family / "Shown"
    folder.mkdir(parents=True)
    (tmp_path / "app.json").write_text('{"appId": "docs.App", "name": "App", "version": "1.0.0", "timezone": "UTC"}')
    (folder / "e.json").write_text(block.text)
    catalog = discover(tmp_path)
    assert [str(problem) for problem in catalog.problems] == []
    assert f"{family}.Shown" in catalog.definitions


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_every_python_block_of_the_docs_compiles(block: Block) -> None:
    compile(block.text, str(block), "exec")


@pytest.mark.parametrize(("line", "words"), commands(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_command_of_the_docs_exists_with_its_options(line: str, words: list[str]) -> None:
    del line
    command: click.Command = root
    context = click.Context(root)
    while isinstance(command, click.Group):
        found = command.get_command(context, words[0])
        assert found is not None, f"no command {words[0]}"
        command, words = found, words[1:]
        if words == ["--help"]:
            return
    command.make_context(str(command.name), list(words), parent=context)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_between_the_pages_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\[[^\]]*\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if "://" not in target and not (page.parent / target).exists()] == []


def test_every_test_that_the_guarantees_point_to_exists() -> None:
    page = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(tests/[\w/]+(?:\.py)?/?)`", page))
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
