"""The database's time without asking it each time: asked now and then, carried on by the steady clock."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ..clock import SystemClock

if TYPE_CHECKING:
    from .database import Database

_ASK = {
    "postgresql": "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)",
    "mysql": "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS UNSIGNED)",
}
_ASK_EVERY = 30.0  # seconds
_JUMP = 500_000  # microseconds that the host's clock may drift from its steady count before we ask again
_SAMPLES = 3


class ServerTime:
    """Answers the time by the database's clock. An injected clock is taken as it is, on every database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._own = database.dialect == "sqlite" or not isinstance(database.clock, SystemClock)
        self.forget()

    def forget(self) -> None:
        """Ask again at the next chance."""
        self._asked: float | None = None
        self._offset = 0
        self._drift = 0

    def now(self) -> int:
        clock = self._database.clock
        if self._own:
            return clock.now()
        steady = clock.steady()
        if self._asked is None or steady - self._asked > _ASK_EVERY or self._jumped(steady):
            self._ask()
            steady = clock.steady()
        return int(steady * 1_000_000) + self._offset

    def lease_now(self) -> int:
        if not isinstance(self._database.clock, SystemClock):
            return int(self._database.clock.steady() * 1_000_000)
        if self._database.dialect == "sqlite":
            return time.clock_gettime_ns(_BOOT_CLOCK) // 1000
        return self.now()

    def _jumped(self, steady: float) -> bool:
        """Whether the host was suspended or its clock was set: then the steady count may have stood still."""
        return abs(self._database.clock.now() - int(steady * 1_000_000) - self._drift) > _JUMP

    def _ask(self) -> None:
        clock = self._database.clock
        first = self._asked is None
        self._asked = clock.steady()
        self._drift = clock.now() - int(self._asked * 1_000_000)
        try:
            with self._database.read() as connection:
                self._offset = max(self._sample(connection) for _ in range(_SAMPLES))
        except sa.exc.DBAPIError:
            if first:
                self._asked = None
                raise

    def _sample(self, connection: sa.Connection) -> int:
        """The server's time minus our steady count, taken after the answer came: never early."""
        server = connection.scalar(sa.text(_ASK[self._database.dialect]))
        assert server is not None
        return int(server) - int(self._database.clock.steady() * 1_000_000)


_BOOT_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
