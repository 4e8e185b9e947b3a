"""A worker: claims a batch, performs it, finishes it, and rests until there is something to do."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from functools import partial

from sqlalchemy import Connection

from ..app import App
from ..ids import new_token
from ..store import claiming, claims, finishing
from ..store.claiming import Wish
from ..store.records import Finish, Job
from . import children
from .ahead import Ahead
from .capture import Capture, FileCapture
from .ledger import Ledger
from .orders import Orders
from .pace import Pace
from .patience import TROUBLE, Patience
from .performing import Performer
from .seats import Phase, Seat
from .shared import Shared
from .signals import Signals
from .wake import Woken

#: The longest rest: jobs that come without a bell (other programs, lost wake-ups) wait at most this long.
_LONGEST_REST = 2.0
#: Workers that rest look at the clock one after the other, not all at the same instant.
_STAGGER = 0.0015
_WHILE_STOPPING = 0.1


class Worker:
    """One process or thread that performs jobs. It holds at most one batch, and the next one if it was ordered."""

    def __init__(
        self, app: App, shared: Shared, seat: Seat, worker: int, *, capture: Capture, signals: Signals,
        stopping: Callable[[], bool],
    ) -> None:  # fmt: skip
        self._app = app
        self._shared = shared
        self._seat = seat
        self._worker = worker
        self._signals = signals
        self._stopping = stopping
        self._patience = Patience(self._sleep, shared.seats.may_speak)
        self._perform = Performer(app, capture)
        self._ledger = Ledger(app, self._perform, self._patience, seat)
        self._orders = Orders(app.database, self._ledger, seat)
        self._ahead = Ahead(app.database)
        self._pace = Pace()
        self._token = 0
        self._called = False

    def work(self) -> None:
        """Claim, perform, finish, until asked to stop; then hand back what was not begun."""
        due = 0
        try:
            while not self._stopping():
                batch = self._claim(due)
                if batch and self._shared.seats.someone_idle():
                    self._shared.wake.pass_watch()
                while batch:
                    batch = self._perform_batch(batch)
                due = self._rest()
        finally:
            self._orders.close()
            self._perform.close()

    def _claim(self, due: int) -> list[Job]:
        """Claim what is due, and what will be at that instant in a moment; it is that time when this answers."""
        self._token = token = new_token()
        self._seat.accept_recall()
        self._seat.say(Phase.CLAIMING, token=token)
        batch = self._insist(partial(self._ask_for_jobs, due=due), token)
        if due:
            self._ahead.claimed()
        if not batch or self._ahead.comes(due):
            return batch
        self._hand_back(batch)
        return []

    def _insist(self, asked: Callable[[int], list[Job]], token: int) -> list[Job]:
        """Ask until the database has answered, or this process shall stop."""
        while not self._stopping():
            try:
                batch = asked(token)
            except TROUBLE as error:
                self._patience.wait(error)
                asked = self._ask_what_is_held  # the claim may have been committed although its answer was lost
                continue
            self._patience.answered()
            return batch
        return self._ask_quietly(token)

    def _ask_for_jobs(self, token: int, *, due: int) -> list[Job]:
        wish = self._wish(token, due)
        if self._orders.give(wish):
            return self._orders.answer()
        with self._app.database.single() as connection:
            return claiming.take(connection, wish)

    def _wish(self, token: int, due: int = 0) -> Wish:
        plan = self._shared.plan
        return Wish(
            queues=plan.queues, limit=self._pace.limit, runner=plan.runner, worker=self._worker, token=token,
            now=max(self._app.database.now(), due),
        )  # fmt: skip

    def _ask_what_is_held(self, token: int) -> list[Job]:
        with self._app.database.read() as connection:
            return claims.held(connection, token)

    def _ask_quietly(self, token: int) -> list[Job]:
        try:
            return self._ask_what_is_held(token)
        except TROUBLE:
            return []  # the supervisor hands back what a worker leaves behind

    def _perform_batch(self, batch: list[Job]) -> list[Job]:
        """Perform what may be begun; answers the next batch, or nothing if there is a reason to pause."""
        self._look_ahead(batch)
        began = time.monotonic()
        count = 0
        for job in batch:
            self._make_room(job)
            self._seat.say_performing(job, ahead=len(batch) - count - 1)
            if self._stopping() or self._seat.recalled():
                break
            self._perform_one(job)
            count += 1
        self._pace.batch_done(count, time.monotonic() - began)
        self._seat.say_finishing(self._token)
        ordered = self._orders.is_under_way
        if count == len(batch) and not self._stopping() and not (ordered and self._seat.recalled()):
            return (ordered and self._coming()) or self._finish_and_claim()
        self._ledger.settle()
        self._hand_back(batch[count:])
        if ordered:
            self._hand_back(self._coming())
        return []

    def _look_ahead(self, batch: list[Job]) -> None:
        """In a flood, order the next batch before this one is performed."""
        if len(batch) == Pace.MOST:
            self._seat.say_finishing(self._token)
            if self._orders.give(self._wish(new_token())):
                return
        self._ledger.settle()  # the batch before, if this one was claimed while that was performed

    def _coming(self) -> list[Job]:
        """The batch that was ordered."""
        return self._in_hand(self._seat.coming, self._orders.answer)

    def _finish_and_claim(self) -> list[Job]:
        """Finish the batch and claim the next one in the same transaction."""
        wish = self._wish(new_token())
        if self._orders.give(wish):
            claimed = self._coming()
        else:
            claimed = self._in_hand(wish.token, lambda: self._ledger.settle_with(partial(_exchange, wish)))
        self._seat.accept_recall()
        return claimed

    def _in_hand(self, token: int, exchange: Callable[[], list[Job]]) -> list[Job]:
        """The next batch, in hand from now on, after an exchange that may fail in the middle."""
        try:
            claimed = exchange()
        except TROUBLE as error:
            self._patience.wait(error)
            self._ledger.settle()
            claimed = self._insist(self._ask_what_is_held, token)
        self._seat.behind, self._token = self._token, token
        return claimed

    def _make_room(self, job: Job) -> None:
        """Settle what must not wait for this job: while that lasts, nothing is performed."""
        quick = self._pace.is_quick((job.task, job.func))
        self._ledger.make_room(quick=quick, on_interrupt=job.on_interrupt)

    def _perform_one(self, job: Job) -> None:
        began = time.monotonic()
        self._ledger.add(self._perform(job))
        self._pace.performed((job.task, job.func), time.monotonic() - began)
        self._seat.done += 1

    def _hand_back(self, rest: list[Job]) -> None:
        if not rest:
            return
        self._seat.say_finishing(self._token)
        ids = [job.id for job in rest]
        while True:
            try:
                with self._app.database.begin() as connection:
                    claims.hand_back(connection, self._token, ids)
            except TROUBLE as error:
                self._patience.wait(error)
                continue
            self._patience.answered()
            self._shared.wake.ring()
            return

    def _rest(self) -> int:
        """Wait for something to do; answers the instant of a job that is to be claimed a moment ahead of it, or 0."""
        self._seat.behind = 0
        self._seat.say(Phase.IDLE)
        while not self._stopping():
            due, turn = self._next_due(), self._turn()
            self._called = False
            seconds = _LONGEST_REST if due is None else self._ahead.seconds_until(due, early=not turn)
            if due is not None and seconds <= 0:
                return due
            woken = self._shared.wake.rest(min(seconds, _LONGEST_REST) + turn, self._signals.fileno())
            if woken is Woken.JOB:
                self._called = True
                return 0
            if due is not None and woken is Woken.TIME and not turn and seconds < _LONGEST_REST:
                return due
        return 0

    def _next_due(self) -> int | None:
        try:
            with self._app.database.read() as connection:
                due = claims.next_due(connection, queues=self._shared.plan.queues)
        except TROUBLE as error:
            self._patience.wait(error)
            return None
        self._patience.answered()
        return due

    def _turn(self) -> float:
        """Seconds that others go first. Who was called for a job that is due later may be alone in knowing of it."""
        return 0.0 if self._called else self._shared.seats.idle_before(self._seat.index) * _STAGGER

    def _sleep(self, seconds: float) -> None:
        """Wait for the database; a worker that is to stop goes on trying until it is killed."""
        if self._stopping():
            time.sleep(_WHILE_STOPPING)
        else:
            self._signals.wait(seconds)


def _exchange(wish: Wish, connection: Connection, finishes: list[Finish]) -> tuple[set[int], list[Job]]:
    return finishing.finish_and_claim(connection, finishes, wish)


def work(app: App, shared: Shared, seat: Seat, worker: int) -> int:
    """The body of a worker process: until SIGTERM."""
    signals = Signals()
    signals.catch([signal.SIGTERM])
    children.are_ordinary()
    capture = FileCapture()
    capture.install()

    def stopping() -> bool:
        return signals.came(signal.SIGTERM) or seat.retired()

    Worker(app, shared, seat, worker, capture=capture, signals=signals, stopping=stopping).work()
    return 0
