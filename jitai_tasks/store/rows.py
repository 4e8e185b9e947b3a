"""Between rows and records: positional, because this is paid for every job."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from itertools import repeat
from operator import attrgetter, call
from typing import Any

from ..errors import StoreError
from .records import Finish, Job, NewJob, OnInterrupt, Outcome, Run, Status
from .tables import JOB_COLUMNS, LENGTHS, NEW_COLUMNS, OUTCOME_COLUMNS

#: A row as every driver hands it out.
type_row = Sequence[Any]

_CREATED = len(NEW_COLUMNS) - 1
_TAGS = JOB_COLUMNS.index("tags")
_ON_INTERRUPT = JOB_COLUMNS.index("on_interrupt")
_MANUAL = JOB_COLUMNS.index("manual")
_STATUS = JOB_COLUMNS.index("status")
_TOKEN = JOB_COLUMNS.index("claim_token")
_WIDTH = len(JOB_COLUMNS)

_INTERRUPT_OF = {member.value: member for member in OnInterrupt}
_STATUS_OF = {member.value: member for member in Status}
_put = [getattr(Job, name).__set__ for name in JOB_COLUMNS]
_new_fields = attrgetter(*NEW_COLUMNS[:_CREATED])
_lengths = attrgetter(*LENGTHS)


def job(row: type_row) -> Job:
    """The job in a row of JOB_COLUMNS."""
    return _made(_values(row))


def claimed(row: type_row, token: int, runner: int, worker: int, now: int) -> Job:
    """The job in a row that was read just before it was claimed."""
    values = _values(row)
    values[_STATUS] = Status.RUNNING
    values[_TOKEN : _TOKEN + 4] = (token, runner, worker, now)
    return _made(values)


def _values(row: type_row) -> list[Any]:
    values = list(row[:_WIDTH])
    tags = values[_TAGS]
    values[_TAGS] = tuple(json.loads(tags)) if tags != "[]" else ()
    values[_ON_INTERRUPT] = _INTERRUPT_OF[values[_ON_INTERRUPT]]
    values[_MANUAL] = bool(values[_MANUAL])
    values[_STATUS] = _STATUS_OF[values[_STATUS]]
    return values


def _made(values: list[Any]) -> Job:
    """Fills the slots directly: less than half of the time of the keyword constructor."""
    made: Job = object.__new__(Job)
    deque(map(call, _put, repeat(made), values), maxlen=0)
    return made


def run(row: type_row, log: str = "") -> Run:
    """The run in a row of JOB_COLUMNS followed by OUTCOME_COLUMNS."""
    made = job(row)
    status = made.status
    _put[_STATUS](made, Status.WAITING if made.claimed is None else Status.RUNNING)
    result, error_type, error, traceback, reason, started, ended, retried_by = row[
        _WIDTH : _WIDTH + len(OUTCOME_COLUMNS)
    ]
    outcome = Outcome(
        status=status, result=result, error_type=error_type, error=error, traceback=traceback, reason=reason,
        started=started, ended=ended, log=log,
    )  # fmt: skip
    return Run(job=made, outcome=outcome, retried_by=retried_by)


def new(job: NewJob, created: int) -> tuple[object, ...]:
    """The values of NEW_COLUMNS; StoreError if a text is too long for its column."""
    values = list(_new_fields(job))
    values[_TAGS] = json.dumps(job.tags, ensure_ascii=False) if job.tags else "[]"
    values[_ON_INTERRUPT] = job.on_interrupt.value
    values.append(created)
    if max(map(len, _lengths(job))) > _SHORTEST:
        _check_lengths(job)
    return tuple(values)


def whole(job: Job) -> tuple[object, ...]:
    """The values of JOB_COLUMNS."""
    return (
        *new(job, job.created),
        job.status.value, job.claim_token, job.runner, job.worker, job.claimed, job.interruptions,
    )  # fmt: skip


def outcome(outcome: Outcome, retried_by: int | None) -> tuple[object, ...]:
    """The values of OUTCOME_COLUMNS, cut to what the columns hold."""
    return (
        outcome.result, outcome.error_type[:255], storable(outcome.error), storable(outcome.traceback),
        storable(outcome.reason[:500]),
        outcome.started, outcome.ended, retried_by,
    )  # fmt: skip


def storable(text: str) -> str:
    """Text that every database takes: user code prints and raises what it likes, NUL and lone surrogates included."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    return text if text.isascii() else text.encode(errors="replace").decode()


def retried_by(finish: Finish) -> int | None:
    """The job that takes over, if the outcome says that one does."""
    if finish.outcome.status is not Status.RETRIED:
        return None
    return next((created.id for created in finish.creates if created.retry_of == finish.job.id), None)


def _check_lengths(job: NewJob) -> None:
    for name, limit in LENGTHS.items():
        length = len(getattr(job, name))
        if length > limit:
            raise StoreError(f"job {job.id}: its {name} has {length} characters, the limit is {limit}")


_SHORTEST = min(LENGTHS.values())
