"""A storm of edits while jobs run: editors of every habit, half-written files, and what must hold in the end."""

from __future__ import annotations

import itertools
import json
import random
import shutil
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

from jitai_tasks.ids import new_id
from jitai_tasks.store import history
from jitai_tasks.store import jobs as stored
from jitai_tasks.store.records import NewJob, Run, Status
from tests.runner.conftest import Shop, eventually

from .conftest import FILES, Bench

#: Its two ends must be of one version: a part of the file is no working program.
CODE = "HEAD = {version!r}\n" + "#\n" * 40 + "\n\ndef version():\n    return [HEAD, TAIL]\n\n\nTAIL = {version!r}\n"
BROKEN = (
    "def version(:\n", "import nowhere\n", "raise SystemExit(1)\n", "import os\nos._exit(1)\n", "\0\n", "",
    "import time\ntime.sleep(600)\n",
)  # fmt: skip
MODULE, FOLDER, E_JSON = "services/Desk/__init__.py", "services/Desk", "services/Desk/e.json"
JOBS_PER_SECOND = 10

#: Processes below a supervisor with two workers.
_AT_REST = 4


@dataclass
class Storm:
    """Edits one service of the bench, `count` times, and notes how long each good edit takes to be in effect."""

    bench: Bench
    chance: random.Random
    good: set[str] = field(default_factory=lambda: {"first"})
    #: How long each took, and of which kind it was.
    delays: list[tuple[float, str]] = field(default_factory=list)
    kind: str = "good_edit"
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def edits(self, count: int) -> None:
        kinds: list[Callable[[], None]] = [
            self.good_edit, self.good_edit, self.good_edit, self.byte_by_byte, self.rename_over, self.broken,
            self.broken_json, self.delete_and_restore, self.rename_and_back, self.checkout,
        ]  # fmt: skip
        for _ in range(count):
            edit = self.chance.choice(kinds)
            self.kind = edit.__name__
            edit()
        self.good_edit()

    def good_edit(self) -> None:
        text = self.next()
        self.bench.write(MODULE, text)
        self.wait_for_effect()

    def rename_over(self) -> None:
        text = self.next()
        path = self.bench.write("services/Desk/.swap", text)
        path.rename(self.bench.shop.folder / MODULE)
        self.wait_for_effect()

    def byte_by_byte(self) -> None:
        text = self.next()
        with (self.bench.shop.folder / MODULE).open("w") as file:
            for sign in text:
                file.write(sign)
                file.flush()
        self.wait_for_effect()

    def broken(self) -> None:
        code = self.chance.choice(BROKEN)
        self.kind = f"after {code.splitlines()[-1] if code else 'an empty file'!r}"
        self.bench.write(MODULE, code)
        self.dwell()
        self.good_edit()

    def broken_json(self) -> None:
        self.bench.write(E_JSON, '{"title": ')
        self.bench.write(E_JSON, FILES[E_JSON])
        self.good_edit()

    def delete_and_restore(self) -> None:
        shutil.rmtree(self.bench.shop.folder / FOLDER)
        self.dwell()
        self.bench.write(E_JSON, FILES[E_JSON])
        self.good_edit()

    def rename_and_back(self) -> None:
        folder = self.bench.shop.folder / FOLDER
        folder.rename(folder.with_name("Moved"))
        self.dwell()
        folder.with_name("Moved").rename(folder)
        self.good_edit()

    def checkout(self) -> None:
        for number in range(500):
            self.bench.write(f"commons/many{number}.py", f"NUMBER = {next(self.numbers)}\n")
        self.good_edit()

    def dwell(self) -> None:
        """How long a person leaves the files as they are: not a wait for anything."""
        threading.Event().wait(self.chance.random() * 0.3)

    def next(self) -> str:
        version = f"v{next(self.numbers)}"
        self.good.add(version)
        self.version = version
        return CODE.format(version=version)

    def wait_for_effect(self) -> None:
        saved = time.monotonic()
        eventually(self.seen, seconds=20, say=self.bench.shop.logs)
        self.delays.append((time.monotonic() - saved, self.kind))

    def seen(self) -> bool:
        with self.bench.shop.app.database.read() as connection:
            return any(versions_of(run) == {self.version} for run in history.find(connection, limit=5))


def versions_of(run: Run) -> set[str]:
    """The versions of the code that a run was performed by: more than one is a program in parts."""
    result = json.loads(run.outcome.result or "[]")
    return set(result if isinstance(result, list) else [result])


def all_runs(bench: Bench) -> list[Run]:
    with bench.shop.app.database.read() as connection:
        return history.find(connection, limit=100_000)


@contextmanager
def jobs_all_the_time(bench: Bench) -> Iterator[list[int]]:
    """Ten jobs a second, until the end of the block; their ids."""
    ids: list[int] = []
    over = threading.Event()

    def create() -> None:
        while not over.wait(1 / JOBS_PER_SECOND):
            new = NewJob(id=new_id(), task_type="tasks.TemporaryType", func="services.Desk.version", due=0)
            with bench.shop.app.database.begin() as connection:
                stored.create(connection, [new])
            bench.shop.app.database.ring()
            ids.append(new.id)

    thread = threading.Thread(target=create)
    thread.start()
    try:
        yield ids
    finally:
        over.set()
        thread.join()


@dataclass(frozen=True)
class Size:
    """What the supervisor takes."""

    descriptors: int
    megabytes: float
    processes: int

    @classmethod
    def of(cls, pid: int) -> Size:
        process = psutil.Process(pid)
        return cls(process.num_fds(), process.memory_info().rss / 2**20, len(process.children(recursive=True)))

    @classmethod
    def at_rest(cls, shop: Shop) -> Size:
        """With one template, a keeper and two workers: the ones before have gone, and the keeper has been replaced."""
        eventually(lambda: cls.of(shop.started[0].pid).processes == _AT_REST, say=shop.logs)
        return cls.of(shop.started[0].pid)


def weather(bench: Bench, *, edits: int, seed: int) -> Storm:
    """Let a storm go over the bench; then nothing may be lost, nothing run in parts, and nothing be left behind."""
    shop = bench.shop
    storm = Storm(bench, random.Random(seed))
    with jobs_all_the_time(bench) as ids:
        storm.good_edit()
        before = Size.at_rest(shop)
        storm.edits(edits)
    eventually(lambda: not {job.id for job in shop.live()} & set(ids), seconds=30, say=shop.logs)
    runs = {run.job.id: run for run in all_runs(bench) if run.job.id in set(ids)}
    assert set(runs) == set(ids), "lost"
    wrong = [run.outcome for run in runs.values() if run.outcome.status is not Status.SUCCESS]
    assert not wrong, wrong[:3]
    assert all(len(versions_of(run)) == 1 and versions_of(run) <= storm.good for run in runs.values()), "partial code"
    after = Size.at_rest(shop)
    assert after.descriptors <= before.descriptors + 2, (before, after)
    assert after.megabytes <= before.megabytes + 30, (before, after)
    delays = sorted(took for took, _ in storm.delays)
    print(
        f"{len(runs)} jobs, {edits} edits, {shop.logs().count('reloaded')} reloads in the last log lines; effective "
        f"after {statistics.median(delays):.2f} s (median), {delays[int(len(delays) * 0.95)]:.2f} s (p95), "
        f"{delays[-1]:.2f} s (longest); {before} -> {after}; the longest: "
        f"{', '.join(f'{took:.2f} s {kind}' for took, kind in sorted(storm.delays)[-5:])}"
    )
    return storm
