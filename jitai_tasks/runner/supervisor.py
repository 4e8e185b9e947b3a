"""The supervisor: starts the tree of processes, watches it, wakes it, and takes it down. It loads no user code."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from ..store import Database
from ..store.url import load_driver
from . import processes
from .candidates import Candidates
from .crew import Crew, Seating
from .drain import Drain
from .office import Office
from .plan import Plan
from .reloader import Reloader
from .seats import Seats
from .shared import Shared
from .signals import Signals, readable
from .staff import Staff
from .start import opened_by
from .status import Snapshot, snapshot
from .stock import Stock
from .terminal import Terminal, unread_if_closed
from .trial import Requests, Trial
from .wake import WakePipe

_logger = logging.getLogger(__name__)

_TICK, _BUSY_TICK = 0.25, 0.05
_REPORT_EVERY = 0.25
#: How long the last errands to the store may take at the end.
_LAST_WORDS = 5.0
_STOP = {signal.SIGTERM, signal.SIGINT}
#: Programs that stop a process tell it and then its group: signals so close together (s) are one wish.
_ONE_WISH = 0.5

Report = Callable[[Snapshot], object]


def supervise(plan: Plan, *, report: Report | None = None) -> int:
    """Run the plan until a signal comes, or until a drain is done; answers the exit status."""
    with ExitStack() as stack:
        stock = Stock()
        stack.callback(stock.close)
        shared = Shared(plan=plan, seats=Seats(4 * (plan.workers + 1)), wake=WakePipe())
        terminal = Terminal()
        signals = Signals()
        stack.callback(signals.close)
        signals.catch([*_STOP, signal.SIGCHLD, signal.SIGHUP])
        requests = Requests(signals.poke)
        stack.callback(requests.close)
        reloader = Reloader(Path(plan.app_path), stock, requests.make, watching=plan.reload and not plan.drain)
        processes.adopt_orphans()
        if plan.database:
            load_driver(plan.database)  # once for all: what is imported before a fork is shared
        seating = Seating(shared.seats.count)

        def hire() -> Crew:
            return Crew(shared, seating, Trial(generation=reloader.generation), forget=signals.close)

        found = opened_by(hire, signals, terminal.stops, reloader.leave_out)
        if found is None:
            return 0
        crew, opened = found
        try:
            office = Office(shared, opened, heard=signals.poke)
        except BaseException:
            crew.destroy()
            raise
        staff = Staff(shared, office, crew, seating=seating, forget=signals.close, gone=stock.drop)
        candidates = Candidates(staff, requests)
        reloader.start(frozenset(opened.failing), office.now_refuses)
        stack.callback(reloader.close)
        return Supervisor(
            shared, signals, staff, office, candidates=candidates, reloader=reloader, terminal=terminal, report=report
        ).run()


class Supervisor:
    """A runner whose app is open and whose database answers."""

    def __init__(
        self, shared: Shared, signals: Signals, staff: Staff, office: Office, *, candidates: Candidates,
        reloader: Reloader, terminal: Terminal, report: Report | None,
    ) -> None:  # fmt: skip
        self._shared = shared
        self._signals = signals
        self._office = office
        self._report = report
        self._terminal = terminal
        self._staff = staff
        self._candidates = candidates
        self._reloader = reloader
        self._drain = Drain(shared.plan, shared.seats)
        self._latest: Snapshot | None = None
        self._reported = 0.0
        self._rang = False
        self._stopping = False

    def run(self) -> int:
        """Until asked to stop, or until a drain is done; then leave nothing behind."""
        self._office.start()
        self._staff.hire_all()
        clean = False
        try:
            self._until_stopped()
            clean = self._let_finish()
        finally:
            self._staff.destroy()
            said = self._office.close(_LAST_WORDS)
        return 0 if clean and said else 1

    def _until_stopped(self) -> None:
        while not self._drain.done:
            self._wait()
            came = set(self._signals.take())
            if self._terminal.stops(came):
                return
            if signal.SIGHUP in came:
                self._reloader.ask()
            self._candidates.look()
            self._look_round()

    def _let_finish(self) -> bool:
        """Wait for what runs, as long as the plan allows; False if a second signal cut it short."""
        self._stopping = True
        _logger.info("stopping: what runs has %g s to end", self._shared.plan.grace)
        self._staff.dismiss()
        began = time.monotonic()
        while not self._staff.is_gone and time.monotonic() < began + self._shared.plan.grace:
            self._wait()
            if _STOP & set(self._signals.take()) and time.monotonic() > began + _ONE_WISH:
                _logger.warning("asked twice to stop: what runs is interrupted and handed back")
                return False
            self._look_round()
        return True

    def _wait(self) -> None:
        """Sleep until something happens; then hear the crew."""
        crews, candidate = self._staff.crews, self._staff.candidate
        sources = [crew for crew in (*crews, candidate) if crew is not None and crew.is_open]
        ready = readable(*sources, self._signals, seconds=self._pause())
        self._rang = self._signals in ready  # a ring, or a signal: in both cases a reason to look round
        for crew in crews:
            if crew in ready and crew.is_open:
                self._staff.hear(crew)
        if candidate is not None and candidate in ready and candidate is self._staff.candidate:
            self._candidates.hear(candidate)
        processes.reap()

    def _pause(self) -> float:
        glances = [self._shared.seats.glance(member.seat) for member in self._staff.workers]
        crowded = any(glance.ahead or glance.coming for glance in glances)
        trying = self._candidates.are_wanted  # one is to begin soon, and whether it stands still to be asked often
        return _BUSY_TICK if crowded or trying or self._shared.plan.drain or self._stopping else _TICK

    def _look_round(self) -> None:
        self._staff.look_round(bell=self._rang)
        self._tell()
        if self._shared.plan.drain and self._drain.wants_to_ask(self._staff.members):
            self._office.ask(self._drain.ask)

    def _tell(self) -> None:
        """Hand over the latest snapshot, and have the next one made."""
        now = time.monotonic()
        if self._report is None or now - self._reported < _REPORT_EVERY:
            return
        self._reported = now
        if self._latest is not None:
            with unread_if_closed():
                self._report(self._latest)
        self._office.ask(self._look_at_all)

    def _look_at_all(self, database: Database) -> None:
        self._latest = snapshot(
            database, self._shared.plan, self._shared.seats, self._staff.workers,
            app_id=self._office.opened.app_id, stopping=self._stopping,
        )  # fmt: skip
