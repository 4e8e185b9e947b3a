"""procrastinate on PostgreSQL: 30 jobs at once in each worker."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

import course
import procrastinate


class Peer(course.Peer):
    distribution = "procrastinate"
    setting = "30 jobs at once"

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))
        self._sync = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=url))
        self._nothing = self._sync.task(name="nothing")(self._performed)
        self._app.task(name="nothing")(self._performed)

    @staticmethod
    async def _performed() -> None:
        course.performed()

    def set_up(self) -> None:
        with self._sync.open():
            self._sync.schema_manager.apply_schema()

    def open(self) -> None:
        self._sync = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=self.url))
        self._nothing = self._sync.task(name="nothing")(self._performed)
        self._sync.open()

    def one(self, delay: float = 0.0) -> None:
        self._nothing.configure(**_due(delay)).defer()

    def bulk(self, count: int, delay: float) -> None:
        for start in range(0, count, 1000):
            self._nothing.configure(**_due(delay), priority=start // 1000 % 5 if delay else 0).batch_defer(
                *[{}] * min(1000, count - start)
            )

    def work(self) -> None:
        async def until_stopped() -> None:
            async with self._app.open_async():
                await self._app.run_worker_async(concurrency=30)

        asyncio.run(until_stopped())


def _due(delay: float) -> dict[str, datetime]:
    return {"schedule_at": datetime.now(UTC) + timedelta(seconds=delay)} if delay else {}  # noqa: TID251


if __name__ == "__main__":
    course.run(Peer)
