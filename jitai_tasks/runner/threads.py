"""Workers as threads of this process: for embedding in another program, and for platforms without fork.

Nothing can be killed here. A job over its time limit, or ended by force, is recorded as such at once and its late
result is ignored, but its function goes on until it returns; and a function that ends the process ends all of it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection
from contextlib import ExitStack
from functools import partial

from ..app import App
from ..events import listeners
from ..ids import new_id
from ..store import Database, claims, jobs
from .capture import StreamCapture
from .channel import Opened
from .crew import Member
from .drain import Drain
from .keeper import Keeper
from .office import Office
from .outcome import attempt
from .plan import Plan
from .registration import prepared
from .seats import Glance, Phase, Seat, Seats
from .shared import Shared
from .signals import Signals
from .status import Snapshot, snapshot
from .strays import Strays
from .wake import WakePipe
from .watchman import Hoarding, share_out
from .worker import Worker

_logger = logging.getLogger(__name__)

_TICK = 0.1
_LAST_WORDS = 5.0
#: Seconds until a thread that ended by a fault of its own is replaced.
_BREATH = 1.0


class Runner:
    """Performs the jobs of an open app in threads, from `start` to `stop`. The program keeps the app open meanwhile."""

    def __init__(self, app: App, plan: Plan | None = None, *, generation: str = "") -> None:
        """`generation`: what the files of the app are known by among runners."""
        self._app = app
        self._generation = generation
        self.plan = plan or Plan(app_path=str(app.root), runner=new_id(), queues=app.settings.queues)
        self._shared = Shared(plan=self.plan, seats=Seats(self.plan.workers + 1), wake=WakePipe())
        self._signals = [Signals() for _ in range(self.plan.workers + 2)]
        self._stopping = threading.Event()
        self._hoarding = Hoarding(self._shared.seats)
        self._strays = Strays(self._shared.seats, self.plan.runner)
        self._asked = False
        self._late: set[tuple[int, int]] = set()
        self._installed = ExitStack()
        self._threads: list[threading.Thread] = []
        #: Who works here: the keeper, then the workers, each in the seat of its place.
        self.members = [
            Member(role="worker" if seat else "keeper", seat=seat, worker=new_id())
            for seat in range(self.plan.workers + 1)
        ]

    def start(self) -> None:
        """Begin. Raises what is in the way of it: DatabaseUnreachable, SchemaOutdated, SchemaTooNew."""
        prepared(self._app.opened_database)
        self.office = Office(self._shared, _facts(self._app, self._generation), heard=self._signals[-1].poke)
        self.office.start()
        capture = self._installed.enter_context(StreamCapture.installed())
        works = [partial(self._survive, seat, partial(self._work, capture)) for seat in range(1, len(self.members))]
        bodies: list[Callable[[], None]] = [partial(self._survive, 0, self._keep), *works, self._watch]
        self._threads = [threading.Thread(target=body, name=f"jitai-{i}", daemon=True) for i, body in enumerate(bodies)]
        for thread in self._threads:
            thread.start()

    def dismiss(self) -> None:
        """No job is begun from now on."""
        self._stopping.set()
        for signals in self._signals:
            signals.poke()

    @property
    def is_idle(self) -> bool:
        """True once everything that was dismissed has ended."""
        return not any(thread.is_alive() for thread in self._threads)

    def stop(self, seconds: float = 25.0) -> bool:
        """Wait for what runs, hand back what was not begun. False if something still ran then: it is handed back too,
        and its function goes on without anybody listening."""
        self.dismiss()
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(end - time.monotonic(), 0.0))
        finished = self.is_idle
        for member in self.members[1:]:
            self.office.ask(partial(_release, worker=member.worker))
        answered = self.office.close(_LAST_WORDS)
        self._installed.close()
        if finished and answered:  # else somebody may still use them
            self._shared.wake.close()
            for signals in self._signals:
                signals.release()
        return finished and answered

    @property
    def is_stopped(self) -> bool:
        """True once `stop` was called."""
        return self._stopping.is_set()

    def look(self, database: Database, *, app_id: str) -> Snapshot:
        """What it looks like now."""
        return snapshot(
            database, self.plan, self._shared.seats, self.members[1:], app_id=app_id, stopping=self._stopping.is_set()
        )

    def draining(self) -> Drain:
        """What notices that nothing is due any more."""
        return Drain(self.plan, self._shared.seats)

    def _survive(self, seat: int, body: Callable[[Member], None]) -> None:
        """Do `body` in this seat; after a fault of its own, hand its jobs back and put another one in its place."""
        while True:
            member = self.members[seat]
            tried = attempt(body, member)
            if tried.error is None:
                return
            _logger.critical("a thread of the runner ends by a fault of its own", exc_info=tried.error)
            begun = self._shared.seats.glance(seat).begun()
            self.members[seat] = Member(role=member.role, seat=seat, worker=new_id())
            self.office.ask(partial(_release, worker=member.worker, begun=begun))
            if self._stopping.wait(_BREATH):
                return

    def _keep(self, member: Member) -> None:
        seat = self._seat(member)
        stopping = self._stopping.is_set
        Keeper(self._app, self._shared, seat, signals=self._signals[0], stopping=stopping).keep()

    def _work(self, capture: StreamCapture, member: Member) -> None:
        Worker(
            self._app, self._shared, self._seat(member), member.worker, capture=capture,
            signals=self._signals[member.seat], stopping=self._stopping.is_set,
        ).work()  # fmt: skip

    def _watch(self) -> None:
        """Record who is over the limit, share out what is hoarded, hand back what nobody holds."""
        while not self._stopping.is_set():
            self._signals[-1].wait(_TICK)
            self._strays.meet(self.members[1:])
            if self._strays.is_due() and not self._asked:
                self._asked = True
                self.office.ask(self._look_for_strays)
            for member in self.members[1:]:
                self._look_at(member, self._shared.seats.glance(member.seat))

    def _look_for_strays(self, database: Database) -> None:
        self._strays.hand_back(database)
        self._asked = False

    def _look_at(self, member: Member, glance: Glance) -> None:
        if glance.phase is not Phase.PERFORMING:
            return
        if glance.is_over_limit() and (glance.job, glance.token) not in self._late:
            self._late = {(glance.job, glance.token)}
            self.office.ask(partial(_expire, job=glance.job, token=glance.token))
        if self._hoarding.recalled(member.seat, glance):
            self.office.ask(partial(share_out, hoarder=glance))

    def _seat(self, member: Member) -> Seat:
        seat = self._shared.seats.seat(member.seat)
        seat.take(member.worker)
        return seat


def _expire(database: Database, *, job: int, token: int) -> None:
    with database.begin() as connection:
        jobs.expire(connection, job, token, now=database.now())


def _release(database: Database, *, worker: int, begun: Collection[int] = ()) -> None:
    with database.begin() as connection:
        claims.release_worker(connection, worker, now=database.now(), begun=begun)


def _facts(app: App, generation: str) -> Opened:
    return Opened(
        app_id=app.appId, database=app.database_url, generation=generation, tasks=len(app.tasks()),
        problems=len(app.problems), listeners=listeners(app),
    )  # fmt: skip
