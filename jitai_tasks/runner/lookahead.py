"""Looking ahead: while a worker performs one batch, PostgreSQL finishes the one before and claims the next.

For floods of jobs that take no time: there worker and server would otherwise spend half of it waiting for each other.
SQLite works in the worker's own process, so that nothing can be done meanwhile; the driver of MariaDB and MySQL waits.
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

#: After trouble, seconds until it is tried again; the worker goes on without.
_PAUSE = 30.0


class Lookahead:
    """At most one exchange is under way: the finish of what was performed, and a claim."""

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

    def is_possible(self) -> bool:
        """Whether it can be tried now."""
        return self._able and time.monotonic() >= self._not_before

    def order(self, wish: Wish) -> None:
        """Have what is open in the ledger finished, and jobs claimed. In trouble nothing gets under way."""
        sent = self._ledger.handed_out()
        finishes = [performed.finish for performed in sent if performed.finish is not None]
        self._seat.coming = wish.token
        try:
            self._exchange = Exchange(self._database, self._line, finishes, wish)
        except TROUBLE:
            self._seat.coming = 0
            self._take_back(sent)
        else:
            self._sent = sent

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
        self._ledger.accepted(sent, accepted)
        return claimed

    def rest(self) -> None:
        """The flood is over: hang up."""
        self._line.close()

    def _take_back(self, sent: list[Performed]) -> None:
        self._not_before = time.monotonic() + _PAUSE
        self._ledger.reopen(sent)
