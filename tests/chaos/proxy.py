"""A proxy before PostgreSQL that cuts connections at COMMIT: before the server has it, or before the client hears."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections.abc import Iterator


class CuttingProxy:
    """Forwards to a server on this host; while `share` is above 0, that share of the commits is cut."""

    def __init__(self, server_port: int) -> None:
        self.port = 0
        self.share = 0.0
        #: Commits cut before and after the server had them.
        self.before = 0
        self.after = 0
        self._server_port = server_port
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.Task[None]] = set()

    @contextlib.contextmanager
    def running(self) -> Iterator[CuttingProxy]:
        """Within it, the proxy listens on `port`."""
        listening = threading.Event()
        thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve(listening)), daemon=True)
        thread.start()
        listening.wait(5)
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._over.set)
            thread.join(5)
            self._loop.close()

    def cut_all(self) -> None:
        """Cut every connection, whatever it is in the middle of. The server does not notice while it is busy."""
        self._loop.call_soon_threadsafe(lambda: [task.cancel() for task in self._open])

    async def _serve(self, listening: threading.Event) -> None:
        self._over = asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        listening.set()
        await self._over.wait()
        server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connected(self, client_in: asyncio.StreamReader, client_out: asyncio.StreamWriter) -> None:
        server_in, server_out = await asyncio.open_connection("127.0.0.1", self._server_port)
        both = [
            asyncio.create_task(self._pass(client_in, server_out)),
            asyncio.create_task(_copy(server_in, client_out)),
        ]
        self._open.update(both)
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._open.difference_update(both)
            for task in both:
                task.cancel()
            for writer in (client_out, server_out):
                writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Client to server, until a commit is to be cut."""
        while data := await reader.read(65536):
            cut = b"COMMIT" in data and random.random() < self.share
            if cut and random.random() < 0.5:
                self.before += 1
                return
            writer.write(data)
            await writer.drain()
            if cut:
                self.after += 1
                return


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
