"""The template: opens the app once, then forks the processes that work for it. Runs no task itself.

It holds no database connection while it forks: SQLite keeps the locks of a file per process, and a child that inherits
an open handle believes it has locks that only its parent has.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
from collections.abc import Iterable
from contextlib import nullcontext, suppress

from ..app import App
from ..errors import JitaiTasksError
from ..events import listeners
from . import gaps, processes, signals
from .channel import Channel, ChannelClosed, Died, Failed, Fork, Forked, Message, Opened, Rejected
from .hand import Hand
from .keeper import keep
from .outcome import attempt, trimmed_traceback
from .proving import failing_tasks, opened, proved
from .shared import Shared
from .trial import Trial
from .worker import work

_logger = logging.getLogger(__name__)


ROLES = {"worker": work, "keeper": keep}


class Template:
    """The template process. `serve` is its whole life."""

    def __init__(self, shared: Shared, channel: Channel, trial: Trial, hand: Hand) -> None:
        self._shared = shared
        self._channel = channel
        self._trial = trial
        self._hand = hand
        self._children: dict[int, Fork] = {}
        self._leaving = False
        self._lifeline, self._life = os.pipe()

    def serve(self) -> int:
        """Open the app, prove what is new, then fork on demand until the supervisor says goodbye or is gone."""
        opened = attempt(self._open)
        if opened.error is not None:
            self._channel.send(_failure(opened.error))
            return 1
        app = opened.value
        assert isinstance(app, App)
        if (fault := proved(app, self._trial)) is not None:
            failures = {str(unit): said for unit, said in fault.failures.items()}
            self._channel.send(Rejected(failures=failures, alone=fault.alone))
            return 1
        failing = failing_tasks(app)
        app.importer.running = nullcontext
        self._freeze(app)
        self._channel.send(_facts(app, self._trial, failing))
        with suppress(ChannelClosed):
            self._listen(app)
        self._end_children()
        return 0

    def _open(self) -> App:
        app = opened(self._shared.plan, self._trial, self._hand)
        _ = app.database  # a database that cannot be used is said now, not by each worker
        return app

    def _freeze(self, app: App) -> None:
        """What exists now is shared with all children for good: neither the collector nor malloc shall touch (and copy)
        it."""
        app.database.dispose()
        gc.collect()
        gc.freeze()
        gaps.fill()
        processes.live_on()  # from here on the end of the channel says that the supervisor is gone

    def _listen(self, app: App) -> None:
        caught = signals.Signals()
        caught.catch([signal.SIGCHLD])
        while not self._leaving:
            ready = signals.readable(self._channel, caught)
            if caught in ready:
                caught.take()
                self._report_deaths()
            if self._channel in ready:
                for message in self._channel.receive():
                    self._obey(app, message)

    def _obey(self, app: App, message: Message) -> None:
        if isinstance(message, Fork):
            self._fork(app, message)
        else:
            self._leaving = True

    def _fork(self, app: App, order: Fork) -> None:
        app.database.dispose()
        parent = os.getpid()
        pid = processes.fork()
        if pid == 0:
            processes.run_child(lambda: self._become(app, order, parent))
        self._children[pid] = order
        self._channel.send(Forked(seat=order.seat, worker=order.worker, pid=pid))

    def _become(self, app: App, order: Fork, parent: int) -> int:
        signals.forget()
        processes.lead_group()
        os.close(self._life)
        processes.die_with(parent, self._lifeline)
        self._channel.close()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        seat = self._shared.seats.seat(order.seat)
        seat.take(order.worker)
        return ROLES[order.role](app, self._shared, seat, order.worker)

    def _report_deaths(self) -> None:
        for pid, status in processes.reap():
            if order := self._children.pop(pid, None):
                processes.kill_group(pid)  # what it has started does not outlive it
                self._channel.send(Died(seat=order.seat, worker=order.worker, pid=pid, status=status))

    def _end_children(self) -> None:
        for pid in self._children:
            processes.kill_group(pid)


def serve(template: Template, parent: int, lifeline: int) -> int:
    """The body of the template process."""
    signals.forget()
    processes.die_with(parent, lifeline)
    processes.lead_group()
    return template.serve()


def _facts(app: App, trial: Trial, failing: Iterable[str]) -> Opened:
    return Opened(
        app_id=app.appId,
        database=app.database_url,
        generation=trial.generation.hash,
        tasks=len(app.tasks()),
        problems=len(app.problems),
        failing=sorted(failing),
        listeners=listeners(app),
    )


def _failure(error: BaseException) -> Failed:
    if isinstance(error, JitaiTasksError):
        return Failed(kind=type(error).__name__, message=str(error))
    return Failed(kind="AppError", message=f"the app cannot be opened:\n{trimmed_traceback(error)}")
