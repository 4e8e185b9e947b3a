"""A connection pooler before PostgreSQL, as small as can be: it lends one of its own connections to a client for a
transaction, or for a session. Like the real ones it tells its clients process ids of its own invention.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import struct
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

_ASKS_FOR_ENCRYPTION = (80877103, 80877104)
_GOODBYE, _READY, _AT_REST = b"X", b"Z", b"I"


@dataclass(slots=True)
class Lent:
    """A connection of the pooler to the server, and what the server said at its start."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    greeting: bytes


class Pooler:
    """Listens on `port`. `rotating`: the connection that has rested longest is lent first, else the last one used."""

    def __init__(self, server_port: int, *, by_transaction: bool, rotating: bool = False) -> None:
        self.port = 0
        self._server_port = server_port
        self._by_transaction = by_transaction
        self._rotating = rotating
        self._rest: deque[Lent] = deque()
        self._invented = itertools.count(1_000_001)

    @contextlib.contextmanager
    def running(self) -> Iterator[Pooler]:
        listening = threading.Event()
        thread = threading.Thread(target=lambda: asyncio.run(self._serve(listening)))
        thread.start()
        listening.wait(10)
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._over.set)
            thread.join(10)

    async def _serve(self, listening: threading.Event) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._client, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        listening.set()
        await self._over.wait()
        server.close()
        clients = asyncio.all_tasks() - {asyncio.current_task()}
        for task in clients:
            task.cancel()
        await asyncio.gather(*clients, return_exceptions=True)
        for lent in self._rest:
            await _closed(lent.writer)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lent: Lent | None = None
        try:
            startup = await _startup(reader, writer)
            lent = await self._lend(startup)
            key = b"K" + struct.pack("!iii", 12, next(self._invented), 0)
            writer.write(lent.greeting + key + _READY + struct.pack("!i", 5) + _AT_REST)
            while True:
                if self._by_transaction and lent is not None:
                    self._rest.append(lent)
                    lent = None
                first = await _message(reader)
                if first[:1] == _GOODBYE:
                    return
                lent = lent or await self._lend(startup)
                await _until_at_rest(first, reader, writer, lent)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            await _closed(writer)
            if lent is not None:
                await _closed(lent.writer)

    async def _lend(self, startup: bytes) -> Lent:
        if self._rest:
            return self._rest.popleft() if self._rotating else self._rest.pop()
        reader, writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        writer.write(startup)
        greeting = b""
        while (message := await _message(reader))[:1] != _READY:
            greeting += b"" if message[:1] == b"K" else message
        return Lent(reader, writer, greeting)


async def _startup(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """The first message of a client, which goes to the server as it is."""
    while True:
        head = await reader.readexactly(8)
        length, code = struct.unpack("!ii", head)
        if code not in _ASKS_FOR_ENCRYPTION:
            return head + await reader.readexactly(length - 8)
        writer.write(b"N")


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


async def _message(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(5)
    return head + await reader.readexactly(struct.unpack("!i", head[1:])[0] - 4)


async def _until_at_rest(first: bytes, client: asyncio.StreamReader, writer: asyncio.StreamWriter, lent: Lent) -> None:
    """Pass messages in both directions, from the client's first one to the end of its transaction."""

    async def onwards() -> None:
        lent.writer.write(first)
        while True:
            lent.writer.write(await _message(client))

    passing = asyncio.create_task(onwards())
    try:
        while True:
            answer = await _message(lent.reader)
            writer.write(answer)
            if answer[:1] == _READY and answer[5:] == _AT_REST:
                return
    finally:
        passing.cancel()
        await asyncio.gather(passing, return_exceptions=True)
