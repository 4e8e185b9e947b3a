"""A closed terminal ends the runner that was started from it; a SIGHUP that a person sends makes it reload."""

from __future__ import annotations

import os
import pty
import signal
import sys
from collections.abc import Callable, Iterator

import pytest

from jitai_tasks.store.records import Status
from tests.runner.conftest import Shop, eventually


class Seat:
    """A runner in the foreground of a terminal of its own."""

    def __init__(self, shop: Shop, *options: str, before: Callable[[], object] = lambda: None) -> None:
        run = [sys.executable, "-m", "jitai_tasks", "run", str(shop.folder), "--database", shop.url, *options]
        self.code: int | None = None
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            before()
            os.execve(run[0], run, {**os.environ, "TERM": "xterm-256color"})

    def close(self) -> None:
        os.close(self.terminal)
        self.terminal = -1

    def has_ended(self) -> bool:
        pid, status = (0, 0) if self.code is not None else os.waitpid(self.pid, os.WNOHANG)
        if pid:
            self.code = os.waitstatus_to_exitcode(status)
        return self.code is not None

    def clear_away(self) -> None:
        if self.terminal >= 0:
            self.close()
        if not self.has_ended():
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)


@pytest.fixture
def sit_down(shop: Shop) -> Iterator[Callable[..., Seat]]:
    """Start a runner at a terminal, and have it perform its first job."""
    seats: list[Seat] = []

    def start(*options: str, before: Callable[[], object] = lambda: None) -> Seat:
        seats.append(Seat(shop, *options, before=before))
        shop.done(shop.create("nothing"))
        return seats[-1]

    yield start
    for seat in seats:
        seat.clear_away()


def at_work(shop: Shop) -> int:
    job = shop.create("note", path=shop.path("log"), line="begun", seconds=1.0)
    eventually(lambda: shop.lines("log"))
    return job


@pytest.mark.parametrize("mode", [(), ("--threads",)], ids=["processes", "threads"])
def test_a_closed_terminal_ends_the_runner_when_what_runs_has_ended(
    shop: Shop, sit_down: Callable[..., Seat], mode: tuple[str, ...]
) -> None:
    seat = sit_down("--quiet", "--workers", "1", *mode)
    job = at_work(shop)
    seat.close()
    eventually(seat.has_ended)
    assert seat.code == 0
    run = shop.find(job)
    assert run is not None
    assert (run.outcome.status, run.job.interruptions) == (Status.SUCCESS, 0)
    assert shop.runners() == 0


def test_a_live_table_does_not_trip_over_the_closed_terminal(shop: Shop, sit_down: Callable[..., Seat]) -> None:
    seat = sit_down("--workers", "1")
    at_work(shop)
    seat.close()
    eventually(seat.has_ended)
    assert seat.code == 0
    assert shop.runners() == 0


def test_a_signal_from_a_person_at_an_open_terminal_reloads(shop: Shop, sit_down: Callable[..., Seat]) -> None:
    seat = sit_down("--quiet", "--workers", "1", "--no-reload")
    (shop.folder / "services/Shop/__init__.py").write_text("def nothing():\n    return 'reloaded'\n")
    os.kill(seat.pid, signal.SIGHUP)
    eventually(lambda: shop.done(shop.create("nothing")).outcome.result == '"reloaded"')
    assert not seat.has_ended()


def test_a_runner_that_nohup_started_outlives_its_terminal_and_can_be_asked_to_reload(
    shop: Shop, sit_down: Callable[..., Seat]
) -> None:
    ignore = lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)  # noqa: E731
    seat = sit_down("--quiet", "--workers", "1", "--no-reload", before=ignore)
    (shop.folder / "services/Shop/__init__.py").write_text("def nothing():\n    return 'reloaded'\n")
    seat.close()
    eventually(lambda: shop.done(shop.create("nothing")).outcome.result == '"reloaded"')
    assert not seat.has_ended()
    os.kill(seat.pid, signal.SIGTERM)
    eventually(seat.has_ended)
    assert seat.code == 0
