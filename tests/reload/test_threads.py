"""The same in thread mode: one app in one process, opened anew between jobs."""

from __future__ import annotations

import psutil
import pytest

from tests.runner.conftest import Shop, eventually

from .conftest import IMPATIENT, Bench


@pytest.fixture
def bench(shop: Shop) -> Bench:
    shop.ready(workers=2, reload=True, threads=True)
    return Bench(shop)


def test_a_changed_function_takes_effect_in_threads_and_a_broken_one_does_not(bench: Bench) -> None:
    bench.desk("second")
    bench.in_effect("second")
    bench.write("services/Desk/__init__.py", "def version(:\n")
    bench.logged("services/Desk/__init__.py:1:13: invalid syntax")
    bench.desk("second", "Quiet")
    bench.in_effect("second", "Quiet")
    bench.write("services/Desk/__init__.py", "import nowhere\n")
    bench.logged("ModuleNotFoundError")
    assert bench.says() == "second"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("while True:\n    pass\n", "it was not loaded within 2 s"),
        ("import os\n\nos._exit(0)\n", "the process that loads it ends"),
    ],
)
def test_an_import_that_hangs_or_ends_the_process_costs_nothing_but_its_own_element(
    shop: Shop, code: str, said: str
) -> None:
    runner = shop.ready(workers=2, reload=True, threads=True, times=IMPATIENT)
    bench = Bench(shop)
    bench.write("services/Desk/__init__.py", code)
    bench.logged(f"services/Desk: {said}")
    bench.desk("second", "Quiet")
    bench.in_effect("second", "Quiet")
    assert bench.says() == "first"
    bench.desk("third")
    bench.in_effect("third")
    assert runner.stop() == 0


def test_a_rehearsal_ends_with_the_runner(shop: Shop) -> None:
    runner = shop.ready(workers=2, reload=True, threads=True)
    Bench(shop).write("services/Desk/__init__.py", "import time\n\ntime.sleep(600)\n")
    eventually(runner.family)
    (rehearsal,) = runner.family()
    assert runner.stop() == 0
    eventually(lambda: not rehearsal.is_running())


def test_a_job_that_runs_in_a_thread_ends_before_the_app_is_opened_anew(bench: Bench) -> None:
    shop = bench.shop
    running = shop.create("note", path=shop.path("log"), line="old", seconds=1.5)
    eventually(lambda: shop.lines("log"))
    bench.desk("second")
    bench.in_effect("second")
    assert shop.find(running) is not None
    assert len(shop.lines("log")) == 1


def test_reloads_in_threads_leave_no_descriptors_behind(bench: Bench) -> None:
    process = psutil.Process(bench.shop.started[0].pid)
    counts = []
    for number in range(8):
        bench.desk(str(number))
        bench.in_effect(str(number))
        counts.append(process.num_fds())
    assert max(counts[4:]) <= max(counts[:4]) + 2, counts
