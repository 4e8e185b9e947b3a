"""The course that every peer runs, in an environment of its own; the standard library is all it needs.

A peer's script says how to set up its tables, how to create jobs, and how to work; `run` does the rest and prints JSON.
Its workers are processes; the job they perform says so in shared memory, so that the count costs next to nothing.
"""

from __future__ import annotations

import importlib.metadata
import json
import mmap
import os
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_RING = 4096
_SLOT = 16 + 8 * _RING
_SLOTS = 8
#: A drain that takes longer is cut off; the rate is that of what was done by then.
_LONGEST_DRAIN = 5.0
#: A peer that creates jobs one by one gets this many seconds for it.
_LONGEST_FILL = 2.0
_LONGEST_IDLE = 10.0
_TALLY, _PLACE = "BENCH_TALLY", "BENCH_SLOT"


class Tally:
    """Who has performed how many jobs, and when the latest of them began."""

    def __init__(self, path: str) -> None:
        with open(path, "r+b") as file:  # noqa: PTH123
            self._memory = mmap.mmap(file.fileno(), _SLOT * _SLOTS)

    def add(self, slot: int) -> None:
        """One more job of this worker begins now."""
        at, now = slot * _SLOT, time.time()
        count, first = struct.unpack_from("=Qd", self._memory, at)
        struct.pack_into("=d", self._memory, at + 16 + 8 * (count % _RING), now)
        struct.pack_into("=Qd", self._memory, at, count + 1, first or now)

    def count(self) -> int:
        """Jobs of all workers."""
        return sum(self._head(slot)[0] for slot in range(_SLOTS))

    def first(self) -> float:
        """When the first job began."""
        begun = [first for count, first in map(self._head, range(_SLOTS)) if count]
        return min(begun, default=time.time())  # a worker may be writing just now

    def latest(self, many: int) -> list[float]:
        """When the latest jobs began, in order."""
        times = [at for slot in range(_SLOTS) for at in self._times(slot)]
        return sorted(times)[-many:]

    def clear(self) -> None:
        """Begin again."""
        self._memory[:] = bytes(_SLOT * _SLOTS)

    def _head(self, slot: int) -> tuple[int, float]:
        count, first = struct.unpack_from("=Qd", self._memory, slot * _SLOT)
        return count, first

    def _times(self, slot: int) -> tuple[float, ...]:
        return struct.unpack_from(f"={min(self._head(slot)[0], _RING)}d", self._memory, slot * _SLOT + 16)


_mine: list[Tally] = []


def performed() -> None:
    """What the job of every peer does."""
    if not _mine:
        _mine.append(Tally(os.environ[_TALLY]))
    _mine[0].add(int(os.environ[_PLACE]))


class Peer(ABC):
    """What a peer's script has to say; `one` and `bulk` answer when the jobs are committed."""

    #: The distribution whose version is shown, and the setting that was chosen.
    distribution = ""
    setting = ""

    def __init__(self, url: str) -> None:
        self.url = url

    def set_up(self) -> None:  # noqa: B027 - not every peer has tables to make
        """Make the tables."""

    def open(self) -> None:  # noqa: B027 - as above
        """Get ready to create jobs."""

    @abstractmethod
    def one(self, delay: float = 0.0) -> None:
        """Create one job, due in `delay` seconds."""

    bulk: Callable[[int, float], None] | None = None

    def analyze(self) -> None:
        """Have PostgreSQL look at what is in its tables now, as it does by itself after a minute; without it a queue
        just filled may be sorted for every claim."""
        if self.url.startswith("postgresql"):
            import psycopg

            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute("ANALYZE")

    @abstractmethod
    def work(self) -> None:
        """Perform jobs until SIGTERM or SIGKILL."""


class Course:
    """Measures one peer."""

    def __init__(self, peer: Peer, wanted: dict[str, int]) -> None:
        self._peer = peer
        self._wanted = wanted
        file = tempfile.NamedTemporaryFile(prefix="bench-tally-")  # noqa: SIM115 - lives as long as the course
        file.truncate(_SLOT * _SLOTS)
        self._file = file
        self._tally = Tally(file.name)

    def measure(self) -> dict[str, object]:
        """All figures."""
        peer, trials = self._peer, self._wanted["trials"]
        peer.set_up()
        peer.open()
        found: dict[str, object] = {}
        with self._workers(1):
            self._started_after(peer.one)
            found["idle"] = self._idle()
            found["timed"] = self._timed()
        found["enqueue"] = statistics.median(self._enqueue_one() for _ in range(trials))
        if peer.bulk is not None:
            found["bulk"] = statistics.median(self._enqueue_bulk() for _ in range(trials))
        for workers in (1, 2):
            found[f"drain{workers}"] = statistics.median(self._drain(workers) for _ in range(trials))
        if self._wanted["future"] and peer.bulk is not None:
            found["future"] = self._beside_future()
        return found

    def _enqueue_one(self) -> float:
        began, count = time.perf_counter(), 0
        while time.perf_counter() - began < 0.5:
            self._peer.one()
            count += 1
        return count / (time.perf_counter() - began)

    def _enqueue_bulk(self) -> float:
        assert self._peer.bulk is not None
        began = time.perf_counter()
        self._peer.bulk(self._wanted["jobs"], 0.0)
        return self._wanted["jobs"] / (time.perf_counter() - began)

    def _fill(self) -> int:
        count = self._filled()
        self._peer.analyze()
        return count

    def _filled(self) -> int:
        if self._peer.bulk is not None:
            self._peer.bulk(self._wanted["jobs"], 0.0)
            return self._wanted["jobs"]
        began, count = time.monotonic(), 0
        while count < self._wanted["jobs"] and time.monotonic() - began < _LONGEST_FILL:
            self._peer.one()
            count += 1
        return count

    def _drain(self, workers: int) -> float:
        """Jobs per second from the first to the last that began."""
        count = self._fill()
        self._tally.clear()
        with self._workers(workers):
            self._wait(count)
        done = self._tally.count()
        return (done - 1) / (self._tally.latest(1)[0] - self._tally.first()) if done > 1 else 0.0

    def _wait(self, count: int) -> None:
        deadline = time.monotonic() + 60
        while self._tally.count() < count and time.monotonic() < deadline:
            time.sleep(0.01)
            if self._tally.count() and time.time() - self._tally.first() > _LONGEST_DRAIN:
                return

    def _idle(self) -> list[float]:
        """Milliseconds from the call that commits to the start, one job after the other."""
        began = time.monotonic()
        found: list[float] = []
        while len(found) < self._wanted["samples"] and time.monotonic() - began < _LONGEST_IDLE:
            time.sleep(0.02)
            found.append(self._started_after(self._peer.one))
        return found

    def _started_after(self, create: Callable[[], None]) -> float:
        before, began = self._tally.count(), time.time()
        create()
        while self._tally.count() == before:
            time.sleep(0.0005)
            if time.time() - began > 60:
                raise TimeoutError(f"no job began within 60 s ({before} before)")
        return (self._tally.latest(1)[0] - began) * 1000

    def _timed(self) -> list[float]:
        """Milliseconds that jobs begin after they are due."""
        count = max(self._wanted["samples"] // 4, 5)
        before, due = self._tally.count(), []
        for number in range(count):
            delay = 1.0 + number * 0.11
            due.append(time.time() + delay)
            self._peer.one(delay)
        deadline = time.monotonic() + 60
        while self._tally.count() < before + count and time.monotonic() < deadline:
            time.sleep(0.01)
        pairs = zip(self._tally.latest(count), sorted(due), strict=True)
        return [(began - wanted) * 1000 for began, wanted in pairs]

    def _beside_future(self) -> float:
        assert self._peer.bulk is not None
        left = self._wanted["future"]
        while left > 0:
            self._peer.bulk(min(left, 10_000), 30 * 86400.0)
            left -= 10_000
        return self._drain(1)

    @contextmanager
    def _workers(self, count: int) -> Iterator[None]:
        started = [self._start(slot) for slot in range(count)]
        try:
            yield
        finally:
            for process in started:
                process.send_signal(signal.SIGTERM)
            for process in started:
                _end(process)

    def _start(self, slot: int) -> subprocess.Popen[bytes]:
        environment = {**os.environ, _TALLY: self._file.name, _PLACE: str(slot)}
        command = [sys.executable, "-P", "-W", "ignore", sys.argv[0], "work", self._peer.url]
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def run(peer_class: type[Peer]) -> None:
    """`measure URL WANTED` prints the figures as JSON; `work URL` works."""
    verb, url = sys.argv[1:3]
    peer = peer_class(url)
    if verb == "work":
        peer.work()
        return
    found = Course(peer, json.loads(sys.argv[3])).measure()
    version = importlib.metadata.version(peer.distribution)
    print(json.dumps({"version": version, "setting": peer.setting, **found}))
