"""The small parts of the runner, each alone."""

from __future__ import annotations

import logging
import os
import signal
import threading
from pathlib import Path

import pytest

from jitai_tasks.runner import processes
from jitai_tasks.runner.capture import HeadAndTail
from jitai_tasks.runner.channel import Channel, ChannelClosed, Died, Fork
from jitai_tasks.runner.outcome import attempt, failed, message, trimmed_traceback
from jitai_tasks.runner.pace import Pace
from jitai_tasks.runner.seats import Phase, Seats
from jitai_tasks.runner.signals import Signals
from jitai_tasks.runner.wake import WakePipe, Woken


def test_batches_grow_while_jobs_are_quick_and_never_beyond_a_hundred() -> None:
    pace = Pace()
    limits = []
    for _ in range(9):
        limits.append(pace.limit)
        pace.batch_done(pace.limit, pace.limit * 0.00002)
    assert limits == [1, 2, 4, 8, 16, 32, 64, 100, 100]


def test_one_slow_batch_shrinks_the_next_to_the_size_that_is_at_most_fifty_milliseconds_of_work() -> None:
    pace = Pace()
    for _ in range(9):
        pace.batch_done(pace.limit, 0.0)
    pace.batch_done(10, 0.1)
    assert pace.limit == 4
    pace.batch_done(5, 50.0)
    assert pace.limit == 1


def test_a_kind_of_job_is_quick_once_it_was_seen_to_be() -> None:
    pace = Pace()
    assert not pace.is_quick(("", "f"))
    pace.performed(("", "f"), 0.0001)
    assert pace.is_quick(("", "f"))
    pace.performed(("", "f"), 1.0)
    assert not pace.is_quick(("", "f"))


def test_a_seat_is_read_as_it_was_written() -> None:
    seats = Seats(3)
    seat = seats.seat(1)
    seat.take(77)
    seat.done = 5
    seat.say(Phase.PERFORMING, job=1, token=2, timeout_ms=3, ahead=4)
    glance = seats.glance(1)
    assert (glance.phase, glance.worker, glance.job, glance.token) == (Phase.PERFORMING, 77, 1, 2)
    assert (glance.timeout_ms, glance.ahead, glance.done, glance.pid) == (3, 4, 5, os.getpid())
    assert seats.glance(0).phase is Phase.EMPTY


def test_a_seat_is_never_read_half_written() -> None:
    seats = Seats(1)
    seat = seats.seat(0)
    over = threading.Event()

    def write() -> None:
        number = 1
        while not over.is_set():
            seat.say(Phase.PERFORMING, job=number, token=number, since=number, timeout_ms=number, ahead=number % 1000)
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    for _ in range(20_000):
        glance = seats.glance(0)
        assert glance.job == glance.token == glance.timeout_ms
    over.set()
    writer.join()


def test_a_recall_stays_until_the_worker_has_accepted_it() -> None:
    seats = Seats(2)
    seat = seats.seat(1)
    seats.recall(1)
    assert seat.recalled()
    assert not seats.seat(0).recalled()
    seat.accept_recall()
    assert not seats.is_recalled(1)


def test_messages_arrive_whole_and_in_order_and_the_end_is_told() -> None:
    here, there = Channel.pair()
    sent = [Fork(role="worker", seat=1, worker=2**62), Died(seat=1, worker=2**62, pid=3, status=-9)]
    for message_ in sent:
        here.send(message_)
    assert there.receive() == sent
    here.close()
    with pytest.raises(ChannelClosed):
        there.receive()
    there.close()


def test_one_byte_wakes_one_of_those_who_rest() -> None:
    pipe, signals = WakePipe(), Signals()
    pipe.ring()
    assert pipe.rest(1.0, signals.fileno()) is Woken.JOB
    assert pipe.rest(0.0, signals.fileno()) is Woken.TIME
    pipe.pass_watch()
    assert pipe.rest(1.0, signals.fileno()) is Woken.LOOK
    signals.poke()
    assert pipe.rest(1.0, signals.fileno()) is Woken.SIGNAL
    pipe.close()
    signals.close()


def test_a_full_pipe_of_wake_ups_blocks_nobody() -> None:
    pipe = WakePipe()
    for _ in range(100_000):
        pipe.ring()
    pipe.close()


def test_the_middle_of_a_long_log_is_left_out() -> None:
    log = HeadAndTail()
    for number in range(300_000):
        log.write(f"{number}\n")
    text = log.text()
    assert text.startswith("0\n1\n")
    assert text.endswith("299999\n")
    assert "bytes left out" in text
    assert len(text) < 2**20 + 100


def test_an_error_that_cannot_speak_is_named() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert "cannot be read" in message(Mute())
    assert "Mute" in trimmed_traceback(Mute())


def test_texts_of_errors_are_cut_and_cleaned() -> None:
    outcome = failed(ValueError("\0\ud800" + "x" * 100_000), started=1, ended=2)
    assert len(outcome.error.encode()) <= 16 * 1024
    assert "\0" not in outcome.error
    outcome.error.encode()


def test_whatever_is_raised_is_an_answer() -> None:
    def leave() -> None:
        raise SystemExit(3)

    assert isinstance(attempt(leave).error, SystemExit)
    assert attempt(lambda: 1).value == 1


def test_a_fault_of_a_process_itself_is_logged_with_where_it_was(tmp_path: Path) -> None:
    log = tmp_path / "log"
    child = processes.fork()
    if child == 0:
        logging.getLogger("jitai_tasks").addHandler(logging.FileHandler(log))
        processes.run_child(_break_down)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    assert f"process {child} of the runner ends by a fault of its own" in log.read_text()
    assert "_break_down" in log.read_text()
    assert "RuntimeError: a fault of our own" in log.read_text()


def _break_down() -> int:
    raise RuntimeError("a fault of our own")


def test_a_child_dies_with_its_parent() -> None:
    read, write = os.pipe()
    middle = processes.fork()
    if middle == 0:
        processes.run_child(lambda: _parent_of_one_that_waits(write))
    grandchild = int(os.read(read, 20))
    os.kill(middle, signal.SIGKILL)
    os.waitpid(middle, 0)
    assert processes.wait_gone([grandchild], seconds=1.0)
    os.close(read)
    os.close(write)


def _parent_of_one_that_waits(write: int) -> int:
    parent = os.getpid()
    lifeline, life = os.pipe()
    child = processes.fork()
    if child == 0:
        os.close(life)
        processes.die_with(parent, lifeline)
        os.write(write, str(os.getpid()).encode())
        signal.pause()
    signal.pause()
    return 0
