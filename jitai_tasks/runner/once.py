"""Performing what is due here and now, one job after the other: for tests and small programs."""

from __future__ import annotations

import os

from ..app import App
from ..ids import new_token
from ..store import claims
from ..store.records import Job
from .capture import StreamCapture
from .ledger import Ledger
from .patience import Patience
from .performing import Performer
from .seats import Seat

_AT_MOST = 1_000


def run_once(app: App, *, limit: int | None = None) -> int:
    """Claim and perform, in this process, the jobs that are due; answers how many (at most `limit`, default 1,000).

    Jobs that these create run as well if they are due. Nothing is killed here: time limits are not enforced, and a
    function that ends the process ends this one.
    """
    with StreamCapture.installed() as capture:
        performer = Performer(app, capture)
        ledger = Ledger(app, performer, Patience(), Seat(bytearray(128), 0))
        done = 0
        try:
            while done < (_AT_MOST if limit is None else limit) and (job := _claimed(app)):
                ledger.add(performer(job))
                ledger.settle()
                done += 1
        finally:
            performer.close()
    return done


def _claimed(app: App) -> Job | None:
    database = app.database
    with database.begin() as connection:
        found = claims.claim(
            connection, queues=app.settings.queues, limit=1, runner=0, worker=os.getpid(), token=new_token(),
            now=database.now(),
        )  # fmt: skip
    return found[0] if found else None
