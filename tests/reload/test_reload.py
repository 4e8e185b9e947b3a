"""Files change while the runner works: what takes effect, what is refused, and that nothing is lost by it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest

from jitai_tasks.cli import findings
from jitai_tasks.planning import GONE
from tests.runner.conftest import Shop, eventually

from .conftest import FILES, SAYS, TASK, Bench

LOG = "tasks/Beat/e.json"
#: Only good beside a Desk that has a WORD.
NEEDS_WORD = """
from pathlib import Path

import services.Desk as desk

WORD = "both"
assert "WORD" in Path(desk.__file__).read_text()
"""


def test_a_changed_function_takes_effect(bench: Bench) -> None:
    assert bench.says() == "first"
    bench.desk("second")
    bench.in_effect("second")


def test_whatever_way_an_editor_saves_the_file_is_taken_whole(bench: Bench) -> None:
    path = bench.shop.folder / "services/Desk/__init__.py"
    for pattern in ("rename over", "truncate and write", "one byte at a time", "remove and write"):
        save(path, "import time\n" * 50 + SAYS.format(version=pattern), pattern)
        bench.in_effect(pattern)
        assert "stays in use" not in bench.shop.logs()


def save(path: Path, text: str, pattern: str) -> None:
    if pattern == "rename over":
        path.with_suffix(".new").write_text(text)
        path.with_suffix(".new").rename(path)
    elif pattern == "truncate and write":
        path.write_text(text)
    elif pattern == "remove and write":
        path.unlink()
        path.write_text(text)
    else:
        with path.open("w", buffering=1) as file:
            for sign in text:
                file.write(sign)
                file.flush()


def test_a_job_that_runs_keeps_the_code_it_was_claimed_by(bench: Bench) -> None:
    shop = bench.shop
    running = shop.create("note", path=shop.path("log"), line="old", seconds=2.0)
    eventually(lambda: shop.lines("log"))
    bench.desk("second")
    bench.in_effect("second")
    assert [job.id for job in shop.running()] == [running], "the old generation still performs it"
    assert shop.done(running).job.interruptions == 0
    assert len(shop.lines("log")) == 1
    eventually(lambda: len(psutil.Process(shop.started[0].pid).children()) == 1, say=shop.logs)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("services/Desk/__init__.py", "def version(:\n", "services/Desk/__init__.py:1:13: invalid syntax"),
        ("services/Desk/__init__.py", "\nimport nowhere\n", "services/Desk/__init__.py:2:1: ModuleNotFoundError"),
        ("services/Desk/__init__.py", "raise SystemExit(3)\n", "it calls exit(3)"),
        ("services/Desk/__init__.py", "import os\nos._exit(3)\n", "the process that loads it ends"),
        ("services/Desk/e.json", '{\n  "title": "Desk",\n', "services/Desk/e.json:3:1"),
    ],
)
def test_a_broken_file_keeps_the_last_good_version_of_that_element_alone(
    bench: Bench, name: str, content: str, said: str
) -> None:
    bench.write(name, content)
    bench.logged("its last good version stays in use")
    assert said in bench.shop.logs()
    assert bench.says() == "first"
    bench.desk("second", "Quiet")
    bench.in_effect("second", "Quiet")
    assert bench.says() == "first"
    bench.write("services/Desk/e.json", FILES["services/Desk/e.json"])
    bench.desk("repaired")
    bench.in_effect("repaired")
    assert bench.shop.logs().count("stays in use") == 1


def test_an_import_that_hangs_costs_nothing_but_its_own_element(impatient: Bench) -> None:
    impatient.write("services/Desk/__init__.py", "import time\n\ntime.sleep(600)\n")
    impatient.desk("second", "Quiet")
    impatient.in_effect("second", "Quiet")
    assert "it was not loaded" not in impatient.shop.logs(), "the other one did not wait for that"
    assert impatient.says() == "first"
    impatient.logged("it was not loaded within 2 s")
    assert impatient.says() == "first"
    impatient.desk("third")
    impatient.in_effect("third")


def test_what_only_waits_a_while_is_taken_after_what_changed_with_it(bench: Bench) -> None:
    bench.write("services/Desk/__init__.py", "import time\n\ntime.sleep(2)\n\n\n" + SAYS.format(version="second"))
    bench.desk("second", "Quiet")
    bench.in_effect("second", "Quiet")
    bench.in_effect("second")
    assert "stays in use" not in bench.shop.logs()
    assert bench.shop.logs().count("reloaded 1 files") == 2, "each by itself"


def test_two_imports_that_hang_are_both_named_and_the_rest_is_taken(impatient: Bench) -> None:
    for name in ("Desk", "Third"):
        impatient.write(f"services/{name}/__init__.py", "import time\n\ntime.sleep(600)\n")
    impatient.write("services/Third/e.json", FILES["services/Desk/e.json"])
    impatient.desk("second", "Quiet")
    impatient.in_effect("second", "Quiet")
    impatient.logged("services/Desk: it was not loaded within 2 s; its last good version stays in use")
    impatient.logged("services/Third: it was not loaded within 2 s; it is left out")
    assert impatient.says() == "first"


def test_a_broken_app_json_leaves_the_layers_as_they_are_and_the_rest_goes_on(bench: Bench) -> None:
    good = (bench.shop.folder / "app.json").read_text()
    bench.write("app.json", "{")
    bench.logged("the layers stay as they were")
    bench.desk("second")
    bench.in_effect("second")
    bench.write("app.json", good)
    bench.desk("third")
    bench.in_effect("third")


def test_elements_that_need_each_other_may_be_written_one_after_the_other(bench: Bench) -> None:
    bench.write("services/Desk/__init__.py", "from services.Quiet import WORD\n\ndef version():\n    return WORD\n")
    bench.logged("its last good version stays in use")
    bench.write("services/Quiet/__init__.py", NEEDS_WORD)
    bench.in_effect("both")


def test_an_element_that_needs_another_one_is_taken_when_that_has_come(bench: Bench) -> None:
    bench.write("services/Desk/__init__.py", "from commons.words import WORD\n\ndef version():\n    return WORD\n")
    bench.logged("its last good version stays in use")
    bench.write("commons/words.py", "WORD = 'found'\n")
    bench.in_effect("found")


def test_schedules_follow_their_files(bench: Bench) -> None:
    shop = bench.shop

    def waiting() -> list[tuple[str | None, int]]:
        return [(job.hold, job.due) for job in shop.live() if job.task == "tasks.Beat"]

    eventually(lambda: len(waiting()) == 1, say=shop.logs)
    [(_, daily)] = waiting()
    timer = {"startTime": "2026-01-01 00:00:07", "repeat": {"repeatType": "day", "period": 1}}
    bench.write("tasks/Beat/e.json", {**TASK, "timerCfg": timer})
    eventually(lambda: waiting() and waiting()[0][1] == daily + 7_000_000, say=shop.logs)
    bench.write("tasks/Beat/e.json", {**TASK, "enable": 0})
    eventually(lambda: waiting()[0][0] == "the task is disabled", say=shop.logs)
    bench.write("tasks/Beat/e.json", TASK)
    eventually(lambda: waiting() == [(None, daily)], say=shop.logs)
    (shop.folder / "tasks/Beat").rename(shop.folder / "tasks/Pulse")
    eventually(lambda: waiting() == [(GONE, daily)], say=shop.logs)
    eventually(lambda: [job for job in shop.live() if job.task == "tasks.Pulse"], say=shop.logs)
    (shop.folder / "tasks/Pulse").rename(shop.folder / "tasks/Beat")
    eventually(lambda: waiting() == [(None, daily)], say=shop.logs)


def test_an_element_that_is_added_works_and_one_that_is_deleted_while_broken_is_gone(bench: Bench) -> None:
    bench.write("services/Fresh/e.json", FILES["services/Desk/e.json"])
    bench.desk("fresh", "Fresh")
    bench.in_effect("fresh", "Fresh")
    bench.write("services/Fresh/__init__.py", "def version(:\n")
    bench.logged("its last good version stays in use")
    for path in (bench.shop.folder / "services/Fresh").iterdir():
        path.unlink()
    (bench.shop.folder / "services/Fresh").rmdir()
    eventually(lambda: bench.shop.logs().count("reloaded") == 2, say=bench.shop.logs)


def test_a_killed_template_is_replaced_by_one_of_the_same_generation(bench: Bench) -> None:
    bench.desk("second")
    bench.in_effect("second")
    eventually(lambda: len(psutil.Process(bench.shop.started[0].pid).children()) == 1)
    bench.write("services/Desk/__init__.py", "def version(:\n")
    bench.logged("its last good version stays in use")
    psutil.Process(bench.shop.started[0].pid).children()[0].kill()
    assert bench.says() == "second"


def test_without_reload_only_a_signal_makes_it_look(shop: Shop) -> None:
    runner = shop.ready(workers=1)
    bench = Bench(shop)
    bench.desk("second")
    bench.says()
    assert bench.says() == "first"
    os.kill(runner.pid, signal.SIGHUP)
    bench.in_effect("second")


def test_a_template_that_is_killed_while_it_opens_the_app_is_started_again(shop: Shop) -> None:
    marker = shop.folder / "opened"
    (shop.folder / "tasks/Beat/inner.py").write_text("")
    shop_file = shop.folder / "tasks/KillerType"
    shop_file.mkdir()
    (shop_file / "e.json").write_text('{"title": "K", "type": "tasks.NormalType"}')
    (shop_file / "loader.py").write_text(
        f"import os, signal, pathlib\nmarker = pathlib.Path({str(marker)!r})\n"
        "if not marker.exists():\n    marker.touch()\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        "from tasks.NormalType.loader import Loader\n"
    )
    (shop_file / "__init__.py").write_text("from .loader import Loader\n")
    (shop.folder / LOG).write_text((shop.folder / LOG).read_text().replace("tasks.NormalType", "tasks.KillerType"))
    shop.ready(workers=1)
    assert "was killed by signal 9" in shop.logs()


def test_two_runners_on_different_files_say_so(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> None:
    import shutil

    from tests.runner.conftest import Runner

    other = tmp_path_factory.mktemp("other") / "copy"
    shutil.copytree(shop.folder, other, ignore=shutil.ignore_patterns("*.sqlite3*"))
    (other / "services/Desk/__init__.py").write_text(SAYS.format(version="other"))
    first = shop.ready(workers=1, times={"beat": 0.1})
    here, shop.folder = shop.folder, other
    second: Runner = shop.run(workers=1, times={"beat": 0.1})
    shop.folder = here
    eventually(lambda: "works on other files" in first.text(), say=shop.logs)
    eventually(lambda: "works on other files" in second.text(), say=shop.logs)


def test_a_runner_of_another_app_on_the_same_database_is_told_of(
    shop: Shop, tmp_path_factory: pytest.TempPathFactory
) -> None:
    import shutil

    other = tmp_path_factory.mktemp("other") / "copy"
    shutil.copytree(shop.folder, other, ignore=shutil.ignore_patterns("*.sqlite3*"))
    (other / "app.json").write_text((other / "app.json").read_text().replace("test.Shop", "test.Other"))
    first = shop.ready(workers=1, times={"beat": 0.1})
    here, shop.folder = shop.folder, other
    second = shop.run(workers=1, times={"beat": 0.1})
    shop.folder = here
    eventually(lambda: "of another app, test.Other, works on this database" in first.text(), say=shop.logs)
    eventually(lambda: "of another app, test.Shop, works on this database" in second.text(), say=shop.logs)
    assert first.text().count("works on this database") == 1, "once is enough"
    (told,) = [one for one in findings.of_runners(shop.app) if one.about == "apps"]
    assert (told.level, "test.Other" in told.found) == ("warning", True)
