"""DBOS on PostgreSQL or SQLite: a queue without limits, polled as it comes."""

import sys
import threading
import uuid
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

import course
from dbos import DBOS, DBOSClient, SetEnqueueOptions  # noqa: F401


class Peer(course.Peer):
    distribution = "dbos"
    setting = "a queue without limits, polled every second as it comes"

    def __init__(self, url: str) -> None:
        super().__init__(url)
        config = {
            "name": "bench", "system_database_url": url, "log_level": "ERROR", "application_version": "1",
            "executor_id": uuid.uuid4().hex,
        }  # fmt: skip
        DBOS(config=config)
        DBOS.workflow(name="nothing")(course.performed)

    def set_up(self) -> None:
        DBOS.launch()
        DBOS.register_queue("bench")
        DBOS.destroy()

    def open(self) -> None:
        self._client = DBOSClient(system_database_url=self.url)

    def one(self, delay: float = 0.0) -> None:
        options = {"workflow_name": "nothing", "queue_name": "bench", "app_version": "1"}
        self._client.enqueue({**options, "delay_seconds": delay} if delay else options)

    def work(self) -> None:
        DBOS.launch()
        DBOS.register_queue("bench")
        threading.Event().wait()


if __name__ == "__main__":
    course.run(Peer)
