"""Where the copies of an app's files are made."""

from __future__ import annotations

import fcntl
import os
import tempfile
from pathlib import Path

import pytest

from jitai_tasks.runner import stock
from jitai_tasks.runner.looking import look_at
from jitai_tasks.runner.stock import Generation, Stock
from jitai_tasks.testing import write_files


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return write_files(
        tmp_path / "app",
        {"app.json": {"appId": "org.A"}, "tasks/X/e.json": {"title": "X", "type": "tasks.NormalType"}},
    )


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A folder that stands for memory, and one that stands for the disk."""
    memory, disk = tmp_path / "memory", tmp_path / "disk"
    memory.mkdir()
    disk.mkdir()
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(disk))
    monkeypatch.setattr(stock, "_MEMORY", memory)
    monkeypatch.setattr(stock, "_LEAST_FREE", 0)
    return memory, disk


def taken(app: Path) -> tuple[Stock, Generation]:
    made = Stock()
    generation = made.take(look_at(app))
    assert generation is not None
    return made, generation


def test_copies_are_made_in_memory_and_nothing_is_left_of_them(app: Path, places: tuple[Path, Path]) -> None:
    made, generation = taken(app)
    filed = generation.files[app / "tasks/X/e.json"]
    assert filed.copy.is_relative_to(places[0])
    assert filed.copy.read_bytes() == (app / "tasks/X/e.json").read_bytes()
    made.close()
    assert not list(places[0].iterdir())


def test_who_names_a_folder_in_tmpdir_gets_that_one(
    app: Path, places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(places[1]))
    made, generation = taken(app)
    assert generation.folder.is_relative_to(places[1])
    made.close()


@pytest.mark.parametrize(("limit", "value"), [("_MOST_IN_MEMORY", 10), ("_LEAST_FREE", 1 << 60)])
def test_a_large_app_and_one_without_room_in_memory_are_copied_to_the_disk(
    app: Path, places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(stock, limit, value)
    made, generation = taken(app)
    assert generation.folder.is_relative_to(places[1])
    made.close()


def test_a_machine_without_such_a_folder_copies_to_the_disk(
    app: Path, places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stock, "_MEMORY", places[0] / "nowhere")
    made, generation = taken(app)
    assert generation.folder.is_relative_to(places[1])
    made.close()


def test_what_a_killed_runner_left_is_cleared_away_in_both_places(app: Path, places: tuple[Path, Path]) -> None:
    left = [place / "jitai-tasks-files-dead" for place in places]
    for folder in left:
        write_files(folder, {"lock": "", "1/0/app.json": {}})
    alive = places[0] / "jitai-tasks-files-alive"
    write_files(alive, {"lock": ""})
    held = os.open(alive / "lock", os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_SH)
    made, _ = taken(app)
    assert [folder.exists() for folder in [*left, alive]] == [False, False, True]
    os.close(held)
    made.close()
