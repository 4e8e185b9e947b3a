"""Runs that are ended from outside, their worker killed or gone: nobody is left to tell those who listen.

So each of them gets a job, written by whoever ends the run, in the same transaction: it exists exactly if the run has
ended that way. Who does it, a supervisor, knows no element; it is told beforehand who listens to what.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError

from .. import newjobs, payload
from ..app import App
from ..errors import JitaiTasksError
from ..ids import new_id
from ..store import jobs
from ..store.records import NewJob, OnInterrupt, Run
from .endings import ENDED, facts_of
from .publishing import events

_logger = logging.getLogger(__name__)

#: By sender (`tasks.<Name>.onExpired`): the fields of the job that each listener's call is, ready for JSON.
Listeners = Mapping[str, Sequence[Mapping[str, Any]]]

_KNOWN_LATER = ("id", "args", "due")


def listeners(app: App) -> dict[str, list[Mapping[str, Any]]]:
    """Who listens to how runs of tasks end."""
    endings = tuple(f".{happening}" for happening in ENDED.values())
    heard = {
        sender: names
        for sender, names in events(app).custom.items()
        if sender.startswith("tasks.") and sender.endswith(endings)
    }
    calls = {sender: [_call(app, name) for name in names] for sender, names in heard.items()}
    return {sender: [call for call in made if call is not None] for sender, made in calls.items()}


def teller(known: Listeners) -> Callable[[sa.Connection, Run], None] | None:
    """What a Database calls when it ends a run from outside; None if nobody listens."""
    return partial(tell, known) if known else None


def tell(known: Listeners, connection: sa.Connection, run: Run) -> None:
    """Create the calls of those who listen to the end of this run, in the transaction that ends it."""
    called = known.get(f"{run.job.task}.{ENDED.get(run.outcome.status)}")
    if not called:
        return
    args = payload.dumps({"args": [facts_of(run.job, run.outcome)], "kwargs": {}}, where="argDict")
    jobs.create(connection, [_new_call(each, args, run.outcome.ended) for each in called])


def _call(app: App, event: str) -> dict[str, Any] | None:
    """None for an event whose e.json makes no job; that is logged, for a runner has to start all the same."""
    try:
        job = asdict(newjobs.new_manual(app, event))
    except (ValidationError, JitaiTasksError) as error:
        _logger.error("%s is not told of runs that are killed: %s", event, error)
        return None
    return {name: value for name, value in job.items() if name not in _KNOWN_LATER}


def _new_call(call: Mapping[str, Any], args: str, due: int) -> NewJob:
    typed = {"tags": tuple(call["tags"]), "on_interrupt": OnInterrupt(call["on_interrupt"])}
    return NewJob(id=new_id(), args=args, due=due, **{**call, **typed})
