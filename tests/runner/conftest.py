"""A tiny app, real runners on it as processes of their own, and a way to wait for what they do."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from jitai_tasks import jobs
from jitai_tasks.app import App, open_app
from jitai_tasks.store import history, migrations, runners
from jitai_tasks.store import jobs as stored
from jitai_tasks.store.records import Job, Run, Status
from jitai_tasks.testing import write_files

from .program import Forked, forked

Condition = Callable[[], object]

SERVICE = '''
import asyncio, os, resource, signal, subprocess, sys, time, ctypes, logging
from pathlib import Path

import sqlalchemy as sa


def nothing():
    pass


def add(a, b):
    return a + b


async def later(number):
    await asyncio.sleep(0.001)
    return number * 2


def note(path, line, seconds=0):
    """One line per start: what an outside effect looks like."""
    with open(path, "a") as file:
        file.write(f"{line} {os.getpid()}\\n")
    time.sleep(seconds)


def hold(path, line, until):
    """A line like that of `note`; then busy until there is a file `until`."""
    note(path, line)
    while not os.path.exists(until):
        time.sleep(0.005)


def insert(name):
    with app.transaction() as session:
        session.execute(sa.text("INSERT INTO effects (name) VALUES (:name)"), {"name": name})


def insert_slowly(name, seconds):
    insert(name)
    time.sleep(seconds)


def insert_and_fail(name):
    insert(name)
    raise ValueError(name)


def fail(kind):
    if kind == "deep":
        return fail(kind)
    errors = {"exit": SystemExit(3), "interrupt": KeyboardInterrupt(), "memory": MemoryError(), "value": ValueError()}
    raise errors[kind]


def leave():
    os._exit(0)


def die(path):
    note(path, "die")
    os.kill(os.getpid(), signal.SIGKILL)


def stubborn(path):
    """A loop in C that no signal ends."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    note(path, "stubborn")
    sum(iter(int, 1))


def leaver(path):
    """Starts a program in a session of its own, and never ends."""
    child = subprocess.Popen(["sleep", "600"], start_new_session=True)
    note(path, child.pid)
    sum(iter(int, 1))


def talk():
    print("from Python")
    logging.getLogger("shop").info("from logging")
    os.write(2, b"from the descriptor\\n")
    subprocess.run(["echo", "from a subprocess"])


def close_output():
    print("a last word")
    sys.stdout.close()
    return "closed"


def flood():
    for number in range(20_000):
        print("x" * 80, number)


def child(path):
    note(path, subprocess.Popen(["sleep", "600"]).pid)
    time.sleep(600)


def sabotage():
    """Break the worker that performs this, at its next rest."""
    from jitai_tasks.store import claims

    def broken(*arguments, **named):
        raise RuntimeError("sabotaged")

    claims.next_due = broken


def create(name):
    app.getElement("services.Shop")
    from tasks.TemporaryType.task import createTemporaryTask
    createTemporaryTask("services.Shop.insert", {"name": name})
'''

APP = {
    "app.json": {"appId": "test.Shop", "name": "Shop", "version": "1.0.0", "timezone": "UTC"},
    "services/Shop/e.json": {"title": "Shop", "type": "services.NormalType"},
    "services/Shop/__init__.py": SERVICE,
}


def eventually(
    condition: Callable[[], object], *, seconds: float = 15.0, say: Callable[[], object] = lambda: ""
) -> None:
    """Wait until `condition` holds; the one place where tests of the runner pass time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s: {condition}; {say()}"
        time.sleep(0.005)


@dataclass
class Runner:
    """A runner as a process of its own."""

    process: Forked | subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def family(self) -> list[psutil.Process]:
        """Everything below it: the template, then keeper and workers."""
        return psutil.Process(self.pid).children(recursive=True)

    def workers(self) -> list[psutil.Process]:
        """The processes forked from its template, the keeper included."""
        template = psutil.Process(self.pid).children()
        return [child for one in template for child in one.children()]

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(40)

    def text(self) -> str:
        return self.log.read_text()


@dataclass
class Shop:
    """The app of these tests, open in the test's process, and the runners started on it."""

    app: App
    folder: Path
    url: str
    started: list[Runner] = field(default_factory=list)

    def run(self, *, times: dict[str, float] | None = None, **options: object) -> Runner:
        """Start a runner; `times` shortens its lease and the like."""
        log = self.folder / f"runner{len(self.started)}.log"
        log.touch()
        options = {"database": self.url, "workers": 2, **options}
        self.started.append(Runner(forked(self.folder, options, times or {}, log), log))
        return self.started[-1]

    def ready(self, *, times: dict[str, float] | None = None, **options: object) -> Runner:
        """A runner that has performed its first job."""
        runner = self.run(times=times, **options)
        self.done(self.create("nothing"))
        return runner

    def create(self, func: str, *, options: dict[str, object] | None = None, **arguments: object) -> int:
        return self.create_of("Shop", func, options=options, **arguments)

    def create_of(
        self, service: str, func: str, *, options: dict[str, object] | None = None, **arguments: object
    ) -> int:
        """A job that calls a function of another service."""
        return jobs.create_temporary(self.app, f"services.{service}.{func}", arguments, **(options or {}))  # type: ignore[arg-type]

    def hold(self, *, line: str = "x", path: str = "log", options: dict[str, object] | None = None) -> int:
        """A job that writes a line and then runs until `let_go`."""
        there = {"path": self.path(path), "line": line, "until": self.path("go")}
        return self.create("hold", options=options, **there)

    def let_go(self) -> None:
        """Let the jobs of `hold` end."""
        (self.folder / "go").touch()

    def find(self, job_id: int) -> Run | None:
        with self.app.database.read() as connection:
            return history.get(connection, job_id)

    def live(self) -> list[Job]:
        with self.app.database.read() as connection:
            return stored.find(connection, limit=10_000)

    def running(self) -> list[Job]:
        return [job for job in self.live() if job.status is Status.RUNNING]

    def runners(self) -> int:
        with self.app.database.read() as connection:
            return len(runners.all(connection))

    def done(self, job_id: int, *, seconds: float = 15.0) -> Run:
        """The run of a job, once it has ended."""
        eventually(lambda: self.find(job_id) is not None, seconds=seconds, say=self.logs)
        run = self.find(job_id)
        assert run is not None
        return run

    def effects(self) -> list[str]:
        import sqlalchemy as sa

        with self.app.database.read() as connection:
            return sorted(connection.scalars(sa.text("SELECT name FROM effects")))

    def lines(self, name: str) -> list[str]:
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def logs(self) -> str:
        return "\n".join(runner.text()[-3000:] for runner in self.started)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    yield from shop_at(tmp_path, f"sqlite:///{tmp_path / 'jobs.sqlite3'}", {})


def shop_at(folder: Path, url: str, files: dict[str, object]) -> Iterator[Shop]:
    import sqlalchemy as sa

    write_files(folder, {**APP, **files})
    with open_app(folder, database=url) as app:
        migrations.upgrade(app.database)
        with app.database.begin() as connection:
            connection.execute(sa.text("CREATE TABLE effects (name VARCHAR(100))"))
        shop = Shop(app, folder, url)
        yield shop
        for runner in shop.started:
            if runner.process.poll() is None:
                runner.process.kill()
            runner.process.wait(10)
