"""What becomes of functions that return, raise, or talk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jitai_tasks.store.records import Status

from .conftest import Shop, eventually, shop_at


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One runner performs the jobs of all these tests."""
    folder = tmp_path_factory.mktemp("shop")
    for shop in shop_at(folder, f"sqlite:///{folder / 'jobs.sqlite3'}", {}):
        shop.ready(workers=1)
        yield shop


def test_a_returned_value_is_kept_as_the_result(shop: Shop) -> None:
    assert shop.done(shop.create("add", a=1, b=2)).outcome.result == "3"


def test_a_coroutine_is_awaited(shop: Shop) -> None:
    assert shop.done(shop.create("later", number=21)).outcome.result == "42"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("value", "ValueError"),
        ("exit", "SystemExit"),
        ("interrupt", "KeyboardInterrupt"),
        ("memory", "MemoryError"),
        ("deep", "RecursionError"),
    ],
)
def test_whatever_a_function_raises_ends_in_error_with_its_traceback(shop: Shop, kind: str, name: str) -> None:
    runner = shop.started[0]
    before = runner.workers()
    outcome = shop.done(shop.create("fail", kind=kind)).outcome
    assert (outcome.status, outcome.error_type) == (Status.ERROR, name)
    assert "in fail" in outcome.traceback
    assert "jitai_tasks/" not in outcome.traceback
    assert runner.workers() == before


def test_the_output_of_a_run_is_kept_with_it_also_from_c_and_subprocesses(shop: Shop) -> None:
    log = shop.done(shop.create("talk")).outcome.log
    for source in ("Python", "logging", "the descriptor", "a subprocess"):
        assert f"from {source}" in log
    assert shop.done(shop.create("nothing")).outcome.log == ""


def test_a_function_may_close_its_output(shop: Shop) -> None:
    shop.ready(workers=1)
    for _ in range(2):
        run = shop.done(shop.create("close_output"))
        assert (run.outcome.result, run.outcome.log) == ('"closed"', "a last word\n")
    assert shop.done(shop.create("talk")).outcome.log.startswith("from Python")


def test_of_a_flood_of_output_the_head_and_the_tail_are_kept(shop: Shop) -> None:
    log = shop.done(shop.create("flood")).outcome.log
    assert log.startswith("x" * 80 + " 0\n")
    assert log.endswith(" 19999\n")
    assert "bytes left out" in log
    assert len(log) < 1024 * 1024 + 100


def test_writes_of_a_function_are_committed_with_its_completion(shop: Shop) -> None:
    assert shop.done(shop.create("insert", name="committed")).outcome.status is Status.SUCCESS
    assert shop.effects().count("committed") == 1


def test_writes_of_a_function_that_fails_are_rolled_back(shop: Shop) -> None:
    assert shop.done(shop.create("insert_and_fail", name="undone")).outcome.status is Status.ERROR
    assert "undone" not in shop.effects()


def test_a_retry_is_a_new_job_linked_to_the_first(shop: Shop) -> None:
    first = shop.done(shop.create("fail", kind="value", options={"retries": 1, "retry_delay": 0}))
    assert first.outcome.status is Status.RETRIED
    assert first.retried_by is not None
    second = shop.done(first.retried_by)
    assert (second.outcome.status, second.job.root_id) == (Status.ERROR, first.job.id)


def test_jobs_created_by_a_job_run_when_it_has_succeeded(shop: Shop) -> None:
    assert shop.done(shop.create("create", name="child")).outcome.status is Status.SUCCESS
    eventually(lambda: shop.effects().count("child") == 1)


def test_a_job_whose_function_is_gone_is_held_not_failed(shop: Shop) -> None:
    from jitai_tasks.ids import new_id
    from jitai_tasks.store import jobs
    from jitai_tasks.store.records import NewJob

    with shop.app.database.begin() as connection:
        gone = NewJob(id=new_id(), task_type="tasks.TemporaryType", func="services.Shop.gone", due=0)
        jobs.create(connection, [gone])
    eventually(lambda: [job for job in shop.live() if job.hold and "gone" in job.hold])
