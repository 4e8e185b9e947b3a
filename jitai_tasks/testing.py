"""The kit that tasks are tested with: a tiny app from a dict, a clock that the test moves, `drain()`, the history.

As a pytest plug-in it brings the fixtures `app_from`, `app_at`, `clock`, `drain`, `history`, `results` and `waiting`:

    def test_the_report_is_sent_each_morning(app_from, clock, drain, history):
        app_from({"tasks/Report/e.json": {...}, "tasks/Report/inner.py": "def customFunc(): ..."})
        clock.advance(days=1)
        drain()
        assert [run.outcome.status for run in history("tasks.Report")] == ["success"]

Everything is real: the store is a SQLite file, functions run in this process, one after the other.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest

from .clock import Clock, ManualClock

if TYPE_CHECKING:
    from .app import App
    from .store.records import Job, Run

#: A Monday morning, in UTC: when a test's clock begins, unless the test says otherwise.
START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
#: What an app is called that a test gives no app.json.
APP_JSON = {"appId": "test.App", "name": "App", "version": "1.0.0", "timezone": "UTC"}
_ROUNDS = 100_000
_BATCH = 1_000

Files = Mapping[str, object]


class MovingClock(ManualClock):
    """A clock that stands still until the test moves it."""

    def __init__(self, start: datetime = START) -> None:
        super().__init__(start)
        #: The instant up to which `drain` has let the app run.
        self.lived_until = self.now()

    def advance(self, step: timedelta | None = None, **parts: float) -> None:
        """Move on by a timedelta, or by parts of one: `clock.advance(days=1, hours=2)`."""
        super().advance((step or timedelta()) + timedelta(**parts))

    def move_to(self, moment: datetime) -> None:
        """Move to an aware moment, forward or back."""
        self.advance(moment - self.moment)

    def turn_to(self, at: int) -> None:
        """Show the instant `at` (microseconds since 1970 UTC)."""
        self.advance(timedelta(microseconds=at - self.now()))

    @property
    def moment(self) -> datetime:
        """The time it shows, as an aware UTC datetime."""
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=self.now())


def write_files(folder: Path, files: Files) -> Path:
    """Write files below a folder: text is dedented, bytes stay, anything else becomes JSON. Answers the folder."""
    for name, content in files.items():
        path = folder / PurePosixPath(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            text = textwrap.dedent(content) if isinstance(content, str) else json.dumps(content, indent=2)
            path.write_text(text, encoding="utf-8")
    return folder


def app_from(
    folder: Path,
    files: Files,
    *,
    clock: Clock | None = None,
    database: str | None = None,
    settings: Mapping[str, object] | None = None,
) -> App:
    """Write a tiny app into a folder and open it; an app.json is added if `files` has none. Close it when done.

    `clock` is a fresh MovingClock if not given; `database` a SQLite file in the app. Tables are made when they are
    first needed, by `drain`, `history` or `tables`.
    """
    # Opening costs imports that a test run without apps need not pay.
    from .app import open_app  # noqa: PLC0415
    from .settings import EMBEDDED_DATABASE  # noqa: PLC0415

    write_files(folder, {"app.json": APP_JSON, **files})
    clock = clock or MovingClock()
    if isinstance(clock, MovingClock):
        clock.lived_until = clock.now()
    url = database or f"sqlite:///{folder.resolve() / EMBEDDED_DATABASE}"  # never the developer's own DATABASE_URL
    return open_app(folder, database=url, clock=clock, settings=settings)


def app_at(folder: str | Path, *, database: str, clock: Clock | None = None) -> App:
    """Open an app that is there already, as a test needs it: on a database of the test's own, with a clock it moves.

    Its files are read, not written. Close it when done.
    """
    from .app import open_app  # noqa: PLC0415  # as above

    return open_app(folder, database=database, clock=clock or MovingClock())


def tables(app: App | None = None) -> App:
    """Make the tables of the open app's database, if they are not there. Answers the app."""
    from .store import migrations  # noqa: PLC0415  # as above

    app = app or _current()
    migrations.ensure(app.opened_database)
    return app


def drain(app: App | None = None, *, limit: int = _ROUNDS, asleep: bool = False) -> int:
    """Let the app run from the last drain until now: each job at its time, on a clock that stops there.

    Answers how many ran. `asleep`: as if no runner had run since, so that all is late. AssertionError when more than
    `limit` runs come of it: something creates itself for ever.
    """
    app = tables(app)
    clock, until, total = app.clock, app.clock.now(), 0
    if isinstance(clock, MovingClock) and not asleep:
        clock.turn_to(min(clock.lived_until, until))
        _plan(app)
        total = _run_until(app, clock, until, limit)
        clock.turn_to(until)
    _plan(app)
    total += _run_due(app, limit - total)
    if isinstance(clock, MovingClock):
        clock.lived_until = until
    return total


def _plan(app: App) -> None:
    """What the keeper of a runner does."""
    from . import datefields, planning  # noqa: PLC0415  # as above
    from .outlook.deadlines import notice  # noqa: PLC0415  # as above

    planning.ensure(app)
    notice(app)
    datefields.sweep(app)


def _run_until(app: App, clock: MovingClock, until: int, limit: int) -> int:
    """From moment to moment: mostly one job is due at each, and nobody is asked twice for more."""
    total = _run_due(app, limit)
    while 0 < (due := _next_due(app)) <= until:
        late = due <= clock.now()
        clock.turn_to(max(due, clock.now()))
        performed = _run_due(app, limit - total) if late else _run_some(app, 1)
        if late and not performed:
            break
        total += performed
    return total


def _run_some(app: App, most: int) -> int:
    from . import runner  # noqa: PLC0415  # as above

    return runner.run_once(app, limit=most)


def _run_due(app: App, limit: int) -> int:
    total = 0
    while performed := _run_some(app, _BATCH):
        total += performed
        assert total <= limit, "more runs than the limit, and more is due; does a task create itself again and again?"
    return total


def _next_due(app: App) -> int:
    """When the next job is due; 0 if none waits."""
    from .store import claims  # noqa: PLC0415  # as above

    with app.database.read() as connection:
        return claims.next_due(connection, queues=app.settings.queues) or 0


def history(task: str | None = None, *, status: str | None = None, app: App | None = None) -> list[Run]:
    """What ran, oldest first: of one task, of one status, or all."""
    from .store import history as stored  # noqa: PLC0415  # as above
    from .store.records import Status  # noqa: PLC0415  # as above

    app = tables(app)
    with app.database.read() as connection:
        listed = stored.find(connection, task=task, status=Status(status) if status else None, limit=_ROUNDS)
        found = [stored.get(connection, run.job.id) or run for run in listed]  # with their logs
    return sorted(found, key=lambda run: (run.outcome.ended, run.job.id))


def results(task: str | None = None, *, app: App | None = None) -> list[Any]:
    """What the successful runs answered, oldest first: of one task, or all."""
    from .payload import loads  # noqa: PLC0415  # as above

    return [loads(run.outcome.result) for run in history(task, status="success", app=app)]


def waiting(task: str | None = None, *, app: App | None = None) -> list[Job]:
    """The jobs that wait, next one first: of one task, or all."""
    from .store import jobs  # noqa: PLC0415  # as above
    from .store.records import Status  # noqa: PLC0415  # as above

    app = tables(app)
    with app.database.read() as connection:
        found = jobs.find(connection, task=task, status=Status.WAITING, limit=_ROUNDS)
    return sorted(found, key=lambda job: (job.due, job.id))


def _current() -> App:
    from .app import App  # noqa: PLC0415  # as above

    return App.current()


@pytest.fixture(name="clock")
def clock_fixture() -> MovingClock:
    """The clock of the test's app: `clock.advance(days=1)`."""
    return MovingClock()


@pytest.fixture(name="one_app")
def one_app_fixture() -> Iterator[Callable[[Callable[[], App]], App]]:
    """Keeps at most one app open: a further one closes the one before, the end of the test the last."""
    apps: list[App] = []

    def keep(make: Callable[[], App]) -> App:
        for app in apps:
            app.close()
        apps.append(make())
        return apps[-1]

    yield keep
    for app in apps:
        app.close()


@pytest.fixture(name="app_from")
def app_from_fixture(
    tmp_path: Path, clock: MovingClock, one_app: Callable[[Callable[[], App]], App]
) -> Callable[..., App]:
    """`app_from({"tasks/X/e.json": {...}, ...})` writes and opens a tiny app; it is closed when the test ends.

    Opening a second one closes the first.
    """

    def write_and_open(files: Files | None = None, **options: Any) -> App:
        folder = options.pop("folder", tmp_path / "app")
        return one_app(lambda: app_from(folder, files or {}, **{"clock": clock, **options}))

    return write_and_open


@pytest.fixture(name="app_at")
def app_at_fixture(
    tmp_path: Path, clock: MovingClock, one_app: Callable[[Callable[[], App]], App]
) -> Callable[[str | Path], App]:
    """`app_at("shop")` opens your own app on an empty database of the test; it is closed when the test ends."""
    database = f"sqlite:///{tmp_path / 'test.sqlite3'}"
    return lambda folder: one_app(lambda: app_at(folder, database=database, clock=clock))


@pytest.fixture(name="drain")
def drain_fixture() -> Callable[..., int]:
    """`drain()` runs what is due in the open app, and answers how many ran."""
    return drain


@pytest.fixture(name="history")
def history_fixture() -> Callable[..., list[Run]]:
    """`history("tasks.X", status="success")`: what ran, oldest first."""
    return history


@pytest.fixture(name="results")
def results_fixture() -> Callable[..., list[Any]]:
    """`results("tasks.X")`: what its successful runs answered, oldest first."""
    return results


@pytest.fixture(name="waiting")
def waiting_fixture() -> Callable[..., list[Job]]:
    """`waiting("tasks.X")`: the jobs that are to come, next one first."""
    return waiting
