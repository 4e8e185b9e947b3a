"""Performed jobs on their way into the store: in batches, or in the job's own transaction when it wrote something."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from sqlalchemy import Connection

from ..app import App
from ..ids import shown
from ..store import claims, finishing, jobs
from ..store.finishing import Fate
from ..store.records import Finish, Job, OnInterrupt
from ..store.trouble import conflict, lost, pause, transient
from .outcome import clean
from .patience import TROUBLE, Patience, first_line
from .performing import Performed, Performer
from .seats import Seat

#: finish and claim on one connection: the accepted ids, and the jobs that were claimed
Exchange = Callable[[Connection, list[Finish]], tuple[set[int], list[Job]]]

_logger = logging.getLogger(__name__)

#: A performed job waits at most this long for others to be finished with.
_DELAY = 0.02
#: How often a function is run again because another transaction was in its way.
_CONFLICTS = 20


class Ledger:
    """Finishes what was performed. Nothing of a job is written unless its claim still holds."""

    def __init__(self, app: App, perform: Performer, patience: Patience, seat: Seat) -> None:
        self._app = app
        self._perform = perform
        self._patience = patience
        self._seat = seat
        self._open: list[Performed] = []
        self._since = 0.0

    def make_room(self, *, quick: bool, on_interrupt: OnInterrupt) -> None:
        """Before a job begins: settle what is open if the job may take long, or must not be interrupted."""
        if self._open and (not quick or on_interrupt is OnInterrupt.ERROR or self._is_late()):
            self.settle()

    def add(self, performed: Performed) -> None:
        """Take in a performed job; one that wrote something is finished at once, in its own transaction."""
        if performed.wrote:
            self._settle_own(performed)
            return
        if not self._open:
            self._since = time.monotonic()
        self._open.append(performed)
        if performed.job.on_interrupt is OnInterrupt.ERROR:
            self.settle()

    def settle(self) -> None:
        """Finish everything that is open, however long the database takes to answer."""
        if not self._open:
            return
        batch, self._open = self._open, []
        self._seat.say_finishing(batch[0].token)
        try:
            self._persist(batch)
        except Exception as error:  # noqa: BLE001 - whatever a job has broken, the others are not to blame
            self._settle_one_by_one(batch, error)

    def settle_with(self, exchange: Exchange) -> list[Job]:
        """Finish what is open and claim the next batch, in one transaction, tried once: trouble is raised."""
        finishes = self._finishes()
        if len(finishes) < len(self._open):
            self.settle()
            finishes = []
        with self._app.database.begin(yielding=True) as connection:
            accepted, claimed = exchange(connection, finishes)
        batch, self._open = self._open, []
        self.accepted(batch, accepted)
        return claimed

    @property
    def is_simple(self) -> bool:
        """Whether all that is open can be finished by one statement."""
        finishes = self._finishes()
        return len(finishes) == len(self._open) and finishing.is_one_statement(finishes)

    def handed_out(self) -> list[Performed]:
        """What is open, for somebody else to finish."""
        batch, self._open = self._open, []
        return batch

    def reopen(self, batch: list[Performed]) -> None:
        """What was handed out could not be finished, or nobody knows: it is open again."""
        self._open = batch + self._open

    def accepted(self, batch: list[Performed], accepted: set[int]) -> None:
        """The database has finished these, or refused some of them."""
        self._patience.answered()
        self._perform.recorded([performed for performed in batch if performed.job.id in accepted])

    def _finishes(self) -> list[Finish]:
        return [performed.finish for performed in self._open if performed.finish is not None]

    def _is_late(self) -> bool:
        return time.monotonic() - self._since > _DELAY

    def _persist(self, batch: list[Performed]) -> None:
        """Write until the database has answered. Doing it twice is harmless: what is finished has no claim left."""
        tried = 0
        while True:
            try:
                accepted = self._write(batch, at_once=not tried)
            except TROUBLE as error:
                if not transient(error) and tried:
                    raise
                tried += 1
                self._patience.wait(error)
                continue
            self.accepted(batch, accepted)
            return

    def _write(self, batch: list[Performed], *, at_once: bool) -> set[int]:
        """`at_once`: the database has not kept us waiting."""
        finishes = [performed.finish for performed in batch if performed.finish is not None]
        with self._app.database.begin() as connection:
            for performed in batch:
                if performed.finish is None:
                    self._give_back(connection, performed, at_once=at_once)
            return finishing.finish(connection, finishes) if finishes else set()

    def _give_back(self, connection: Connection, performed: Performed, *, at_once: bool) -> None:
        """A job whose connection broke while the database was there may have broken it: that is an interruption."""
        job = performed.job
        if performed.lost and (at_once or job.on_interrupt is OnInterrupt.ERROR):
            why = f"its connection to the database broke while it was performed: {performed.lost}"
            _logger.warning("job %s: %s", shown(job.id), why)
            claims.interrupt(connection, performed.token, job.id, now=self._app.database.now(), why=clean(why))
        elif claims.hand_back(connection, performed.token, [job.id]) and performed.hold:
            jobs.hold(connection, ids=[job.id], reason=performed.hold)

    def _settle_one_by_one(self, batch: list[Performed], error: Exception) -> None:
        """A batch the database refuses: all but the culprit are finished, and the culprit ends in error."""
        if len(batch) == 1:
            self._persist([self._perform.refused(batch[0], error)])
            return
        for performed in batch:
            self._open = [performed]
            self.settle()

    def _settle_own(self, performed: Performed) -> None:
        """Commit the function's own writes together with its completion, exactly once."""
        for attempt in range(1, _CONFLICTS + 1):
            fate = self._commit(performed, last=attempt == _CONFLICTS)
            if fate is not Fate.HELD:
                return
            pause(attempt)
            self._seat.say_performing(performed.job)
            performed = self._perform(performed.job)
            if not performed.wrote:
                self.add(performed)
                return

    def _commit(self, performed: Performed, *, last: bool) -> Fate:
        """One try; HELD means that nothing was kept and the function has to run again."""
        self._seat.say_committing(performed.job)
        try:
            done = performed.commit()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the application's listeners run in it
            self._seat.say_finishing(performed.token)
            performed.abandon()
            return self._after_failure(performed, error, last=last)
        if done:
            self._perform.recorded([performed])
        else:
            _logger.info("job %d was ended by somebody else, its writes are rolled back", performed.job.id)
        return Fate.DONE if done else Fate.STALE

    def _after_failure(self, performed: Performed, error: BaseException, *, last: bool) -> Fate:
        if conflict(error) and not last:
            return Fate.HELD
        fate = self._fate(performed)
        if fate is Fate.DONE:
            self._perform.recorded([performed])
        if fate is not Fate.HELD:
            return fate
        if lost(error) and performed.job.on_interrupt is OnInterrupt.ERROR:
            self._persist([Performed(job=performed.job, lost=first_line(error))])
        elif lost(error) and not last:
            return fate
        else:
            self._persist([self._perform.refused(performed, error)])
        return Fate.STALE

    def _fate(self, performed: Performed) -> Fate:
        """What became of a commit whose answer was lost, asked on a new connection until there is an answer."""
        while True:
            try:
                with self._app.database.read() as connection:
                    fate = finishing.fate(connection, performed.job.id, performed.token)
            except TROUBLE as error:
                self._patience.wait(error)
                continue
            self._patience.answered()
            return fate
