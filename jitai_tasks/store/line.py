"""A line to PostgreSQL: a connection on which a statement is sent now, and its answer taken later."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from . import connecting, statements
from .database import Database
from .statements import Rows

if TYPE_CHECKING:
    import psycopg

#: A plan for each set of values would cost more than it saves. One that was made while the table was empty must not be
#: to read all of it: a million jobs may come before the server looks at it again. The isolation is that of the pool.
_SET_UP = (
    "SET plan_cache_mode = 'force_generic_plan'; SET enable_seqscan = off;"
    " SET default_transaction_isolation = 'read committed'"
)

#: Bytes that a socket takes without waiting for the other side.
_AT_ONCE = 1 << 15


class Line:
    """Belongs to one thread. Opened when it is used, and anew after it has failed; errors come as SQLAlchemy's."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connection: psycopg.AsyncConnection[tuple[Any, ...]] | None = None
        self._asked: asyncio.Task[Rows] | None = None
        self._text = ""
        self._planned: set[str] = set()
        self._used = 0.0

    def ask(self, text: str, values: Sequence[object]) -> None:
        """Send a statement, which is a transaction by itself. Ask nothing else before its answer is taken."""
        self._text = text
        loop = self._opened()
        self._asked = loop.create_task(self._fetched(text, values))
        loop.run_until_complete(asyncio.sleep(0))  # up to where it waits for the server
        if text not in self._planned or sum(len(value) for value in values if isinstance(value, str)) > _AT_ONCE:
            # The driver has it planned first, or the socket takes only a part: it would be sent when it is answered.
            loop.run_until_complete(asyncio.wait([self._asked]))
        self._planned.add(text)

    def answer(self) -> Rows:
        """Wait for the rows of the statement."""
        assert self._loop is not None
        assert self._asked is not None
        asked, self._asked = self._asked, None
        with self._errors():
            rows = self._loop.run_until_complete(asked)
        self._used = time.monotonic()
        return rows

    def close(self) -> None:
        """Hang up; it can be used again."""
        if self._loop is None:
            return
        if self._asked is not None:  # who asked has failed
            self._asked.cancel()
            self._loop.run_until_complete(asyncio.gather(self._asked, return_exceptions=True))
            self._asked = None
        if self._connection is not None:
            self._loop.run_until_complete(self._connection.close())
        self._loop.close()
        self._planned.clear()
        self._loop = self._connection = None

    def _opened(self) -> asyncio.AbstractEventLoop:
        if self._connection is not None and time.monotonic() - self._used > connecting.ASK_AFTER and not self._lives():
            self.close()
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        if self._connection is None:
            with self._errors():
                self._connection = self._loop.run_until_complete(self._connected())
        return self._loop

    def _lives(self) -> bool:
        assert self._loop is not None
        assert self._connection is not None
        try:
            self._loop.run_until_complete(self._connection.execute("SELECT 1"))
        except self._engine.dialect.loaded_dbapi.Error:
            return False
        return True

    async def _connected(self) -> psycopg.AsyncConnection[tuple[Any, ...]]:
        connection = await connecting.connect_line(self._engine)
        await asyncio.get_running_loop().shutdown_default_executor()  # a thread that looked up the name of the host
        try:
            await connection.execute(_SET_UP)
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _fetched(self, text: str, values: Sequence[object]) -> Rows:
        assert self._connection is not None
        cursor = await self._connection.execute(
            statements.spelt(text, "numeric_dollar"), values, prepare=True, binary=True
        )
        return cast("Rows", await cursor.fetchall())

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except self._engine.dialect.loaded_dbapi.Error as error:
            self.close()
            raise statements.as_ours(self._engine.dialect, error, self._text, lost=True) from error
