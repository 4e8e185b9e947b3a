"""huey on SQLite: the consumer with one process worker."""

import sys
from datetime import datetime, timedelta
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

import course
from huey import SqliteHuey
from huey.consumer import Consumer


class Peer(course.Peer):
    distribution = "huey"
    setting = "process workers, WAL, no results stored, fsync=False (synchronous=OFF)"

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._huey = SqliteHuey(filename=url.removeprefix("sqlite:///"), results=False, fsync=False)
        self._nothing = self._huey.task(name="nothing")(course.performed)

    def one(self, delay: float = 0.0) -> None:
        if delay:
            self._nothing.schedule(eta=datetime.now() + timedelta(seconds=delay))  # noqa: TID251
        else:
            self._nothing()

    def work(self) -> None:
        Consumer(self._huey, workers=1, worker_type="process", periodic=False, initial_delay=0.01, max_delay=0.1).run()


if __name__ == "__main__":
    course.run(Peer)
