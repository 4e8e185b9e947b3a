"""Orders to PostgreSQL: "finish these jobs, and claim as many", in one statement over a line of the worker's own.

In a flood of jobs that take no time the answer is taken a batch later: worker and server would otherwise spend half of
it waiting for each other. SQLite works in the worker's own process, so that nothing could be done meanwhile; the driver
of MariaDB and MySQL waits.
"""

from __future__ import annotations

import time

from ..store import Database
from ..store.claiming import Wish
from ..store.finishing import Exchange
from ..store.line import Line
from ..store.records import Job
from .ledger import Ledger
from .patience import TROUBLE
from .performing import Performed
from .seats import Seat

#: After trouble, seconds until a line is tried again; the worker goes on without.
_PAUSE = 1.0


class Orders:
    """The orders of one worker, at most one at a time."""

    def __init__(self, database: Database, ledger: Ledger, seat: Seat) -> None:
        self._database = database
        self._ledger = ledger
        self._seat = seat
        self._line = Line(database)
        self._able = database.dialect == "postgresql"
        self._not_before = 0.0
        self._sent: list[Performed] = []
        self._exchange: Exchange | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether there will be an answer."""
        return self._exchange is not None

    def give(self, wish: Wish) -> bool:
        """Have what is open in the ledger finished, and jobs claimed; False if that must be done in another way."""
        able = self._able and wish.sensible and time.monotonic() >= self._not_before
        if not able or not self._ledger.is_simple:
            return False
        sent = self._ledger.handed_out()
        finishes = [performed.finish for performed in sent if performed.finish is not None]
        self._seat.coming = wish.token
        try:
            self._exchange = Exchange(self._database, self._line, finishes, wish)
        except TROUBLE:
            self._seat.coming = 0
            self._take_back(sent)
            return False
        self._sent = sent
        return True

    def answer(self) -> list[Job]:
        """The jobs that were claimed. Raises trouble; then what was sent is open in the ledger again, and the claim may
        have been made."""
        assert self._exchange is not None
        exchange, self._exchange = self._exchange, None
        sent, self._sent = self._sent, []
        try:
            accepted, claimed = exchange.answer()
        except TROUBLE:
            self._take_back(sent)
            raise
        finally:
            self._seat.coming = 0
        self._ledger.accepted(sent, accepted)
        return claimed

    def close(self) -> None:
        """Hang up."""
        self._line.close()

    def _take_back(self, sent: list[Performed]) -> None:
        self._not_before = time.monotonic() + _PAUSE
        self._ledger.reopen(sent)
