"""A runner starts without what cannot be loaded, says so, and takes it when it has been mended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jitai_tasks.store import runners
from tests.runner.conftest import Shop, shop_at

from .conftest import FILES, IMPATIENT, TASK, Bench
from .test_overrides import row

#: What keeps a process from going on, and what is said of it.
FAULTS = {
    "hangs": ("import time\n\ntime.sleep(600)\n", "it was not loaded within 2 s"),
    "loops": ("while True:\n    pass\n", "it was not loaded within 2 s"),
    "exits": ("import os\n\nos._exit(3)\n", "the process that loads it ends"),
    "crashes": ("import os, signal\n\nos.kill(os.getpid(), signal.SIGSEGV)\n", "the process that loads it ends"),
}
GOOD_TYPE = "from tasks.NormalType import Loader\n"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    files: dict[str, object] = {
        **FILES,
        "tasks/OwnType/e.json": {"title": "Own", "type": "tasks.NormalType"},
        "tasks/OwnType/__init__.py": GOOD_TYPE,
        "tasks/Own/e.json": {**TASK, "type": "tasks.OwnType"},
        "services/Early/e.json": {**FILES["services/Desk/e.json"], "backendLoadTime": "afterAppInit"},  # type: ignore[dict-item]
        "services/Early/__init__.py": "",
    }
    yield from shop_at(tmp_path, f"sqlite:///{tmp_path / 'jobs.sqlite3'}", files)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_type_that_cannot_be_loaded_is_left_out_and_the_runner_starts(
    shop: Shop, capsys: pytest.CaptureFixture[str], fault: str
) -> None:
    code, said = FAULTS[fault]
    bench = Bench(shop)
    bench.write("tasks/OwnType/__init__.py", code)
    shop.run(workers=1, reload=True, times=IMPATIENT)
    bench.logged(f"tasks/OwnType: {said}", seconds=30)
    bench.logged("it is left out")
    assert bench.says() == "first"
    with shop.app.database.read() as connection:
        [runner] = runners.all(connection)
    assert list(runner.refused) == ["tasks/OwnType"]
    bench.write("tasks/OwnType/__init__.py", GOOD_TYPE)
    bench.logged("reloaded 2 files")
    shop.done(shop.create("nothing"))
    with shop.app.database.read() as connection:
        assert [runner.refused for runner in runners.all(connection)] == [{}]


def test_what_is_loaded_early_and_what_it_imports_is_told_apart(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    bench = Bench(shop)
    bench.write("services/Early/__init__.py", "import services.Quiet\nimport services.Desk\n")
    bench.write("services/Desk/__init__.py", "import os\n\nos._exit(1)\n")
    shop.run(workers=1)
    bench.logged("services/Desk: the process that loads it ends: it calls exit, or crashes; it is left out")
    assert bench.says("Quiet") == "first"


def test_two_that_cannot_be_loaded_are_both_left_out(shop: Shop) -> None:
    bench = Bench(shop)
    bench.write("services/Early/__init__.py", FAULTS["exits"][0])
    bench.write("tasks/OwnType/__init__.py", FAULTS["exits"][0])
    shop.run(workers=1)
    bench.logged("services/Early: the process")
    bench.logged("tasks/OwnType: the process")
    assert bench.says() == "first"


def test_list_names_what_a_runner_has_left_out_without_loading_it(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = Bench(shop)
    bench.write("tasks/OwnType/__init__.py", FAULTS["exits"][0])
    shop.run(workers=1)
    assert bench.says() == "first"
    problem = str(row(shop, capsys, "tasks.Own")["problem"])
    assert "tasks/OwnType: the process that loads it ends" in problem
    assert row(shop, capsys, "tasks.Beat")["problem"] == ""
