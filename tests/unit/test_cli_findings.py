"""What `doctor` finds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jitai_tasks import App, open_app
from jitai_tasks.cli import findings
from jitai_tasks.clock import SystemClock
from jitai_tasks.ids import new_id
from jitai_tasks.store import jobs, migrations, runners
from jitai_tasks.store.records import NewJob, RunnerRecord
from jitai_tasks.testing import write_files


@pytest.mark.parametrize("version", [(3, 51, 3), (3, 53, 0), (3, 50, 7), (3, 44, 6)])
def test_a_sound_sqlite_is_fine(version: tuple[int, ...]) -> None:
    assert findings.of_sqlite(version).level == "ok"


@pytest.mark.parametrize("version", [(3, 40, 1), (3, 51, 2), (3, 50, 6), (3, 45, 9)])
def test_an_sqlite_with_the_defect_of_its_log_is_named_with_the_way_out(version: tuple[int, ...]) -> None:
    found = findings.of_sqlite(version)
    assert found.level == "warning"
    assert "3.51.3" in found.advice


@pytest.mark.parametrize(
    ("current", "level"), [("0001", "ok"), (None, "warning"), ("0000", "problem")], ids=["same", "none", "older"]
)
def test_tables_are_compared_with_the_program(current: str | None, level: str) -> None:
    assert findings.of_tables(current, "0001").level == level


def test_tables_newer_than_the_program_ask_for_a_newer_program() -> None:
    assert findings.of_tables("0003", "0002").advice == "install the newer jitai-tasks"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    write_files(tmp_path / "shop", {"app.json": {"appId": "test.Shop", "name": "Shop", "timezone": "UTC"}})
    with open_app(tmp_path / "shop", database=f"sqlite:///{tmp_path}/jobs.db") as opened:
        migrations.upgrade(opened.database)
        yield opened


def test_held_and_late_jobs_are_named(app: App) -> None:
    now = SystemClock().now()
    with app.database.begin() as connection:
        for hold in (None, "its function is gone"):
            jobs.create(connection, [NewJob(id=new_id(), task_type="t", func="f", due=now - 10**9, hold=hold)])
    held, late = findings.of_jobs(app)
    assert "its function is gone" in held.found
    assert late.found == "1, the oldest by 17 min"


def test_living_and_silent_runners_are_told_apart(app: App) -> None:
    record = RunnerRecord(id=7, host="host", pid=42, started=SystemClock().now())
    with app.database.begin() as connection:
        runners.register(connection, record)
    (alive,) = findings.of_runners(app)
    assert alive.found == "host:42"
    with app.database.begin() as connection:
        connection.exec_driver_sql("UPDATE jitai_runners SET beat = beat - 60000000")
    nobody, silent = findings.of_runners(app)
    assert (nobody.found, silent.found) == ("none", "silent: host:42")


def test_an_unsafe_setting_says_what_it_means_and_what_to_do(app: App) -> None:
    (commits,) = findings.of_durability(app.database)
    assert commits.level == "ok"
    for level, meaning, advice in findings.UNSAFE.values():
        assert level in ("warning", "problem")
        assert meaning
        assert advice
