"""pgqueuer on PostgreSQL: asyncpg with uvloop, batches of 100."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent))

import asyncpg
import course
import uvloop
from pgqueuer import PgQueuer
from pgqueuer.queries import Queries


class Peer(course.Peer):
    distribution = "pgqueuer"
    setting = "asyncpg, uvloop, batch 100"

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self._queries: Any = None

    def set_up(self) -> None:
        async def install() -> None:
            connection = await asyncpg.connect(self.url)
            await Queries.from_asyncpg_connection(connection).install()
            await connection.close()

        self._runner.run(install())

    def open(self) -> None:
        async def connect() -> None:
            self._queries = Queries.from_asyncpg_connection(await asyncpg.connect(self.url))

        self._runner.run(connect())

    def one(self, delay: float = 0.0) -> None:
        after = timedelta(seconds=delay) if delay else None
        self._runner.run(self._queries.enqueue("nothing", None, execute_after=after))

    def bulk(self, count: int, delay: float) -> None:
        after = [timedelta(seconds=delay)] * 1000
        for _ in range(0, count, 1000):
            self._runner.run(
                self._queries.enqueue(
                    ["nothing"] * 1000, [None] * 1000, [n % 5 if delay else 0 for n in range(1000)], execute_after=after
                )
            )

    def work(self) -> None:
        self._runner.run(self._work())

    async def _work(self) -> None:
        pgq = PgQueuer.from_asyncpg_connection(await asyncpg.connect(self.url))

        @pgq.entrypoint("nothing")
        async def nothing(_job: object) -> None:
            course.performed()

        await pgq.run(batch_size=100)


if __name__ == "__main__":
    course.run(Peer)
