"""Between rows and records: positional, because this is paid for every job."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Any, cast

from ..errors import StoreError
from .records import Finish, Job, NewJob, OnInterrupt, Outcome, Run, Status
from .tables import JOB_COLUMNS, LENGTHS, NEW_COLUMNS, OUTCOME_COLUMNS

#: A row as every driver hands it out.
type_row = Sequence[Any]

_CREATED = len(NEW_COLUMNS) - 1
_DUE = NEW_COLUMNS.index("due")  # then come slot and subject
_SUBJECT = NEW_COLUMNS.index("subject")
_TAGS = JOB_COLUMNS.index("tags")
_ON_INTERRUPT = JOB_COLUMNS.index("on_interrupt")
_MANUAL = JOB_COLUMNS.index("manual")
_STATUS = JOB_COLUMNS.index("status")
_TOKEN = JOB_COLUMNS.index("claim_token")
_CLAIMED = JOB_COLUMNS.index("claimed")
_WIDTH = len(JOB_COLUMNS)

_INTERRUPT_OF = {member.value: member for member in OnInterrupt}
_STATUS_OF = {member.value: member for member in Status}
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
    """Spelt out in the order of JOB_COLUMNS: a third of the price of the keyword constructor."""
    made: Any = object.__new__(Job)
    (
        made.id, made.task, made.task_type, made.func, made.title, made.args, made.due, made.slot, made.subject,
        made.queue, made.priority, made.tags, made.creator, made.timeout_ms, made.max_retries, made.retry_delay_ms,
        made.on_interrupt, made.attempt, made.retry_of, made.root_id, made.manual, made.hold, made.created,
        made.status, made.claim_token, made.runner, made.worker, made.claimed, made.interruptions,
    ) = values  # fmt: skip
    return cast("Job", made)


def run(row: type_row, log: str = "") -> Run:
    """The run in a row of JOB_COLUMNS followed by OUTCOME_COLUMNS."""
    values = _values(row)
    status, began = values[_STATUS], values[_CLAIMED] is not None
    values[_STATUS] = Status.RUNNING if began else Status.WAITING
    result, error_type, error, traceback, reason, started, ended, retried_by = row[
        _WIDTH : _WIDTH + len(OUTCOME_COLUMNS)
    ]
    outcome = Outcome(
        status=status, result=result, error_type=error_type, error=error, traceback=traceback, reason=reason,
        started=started, ended=ended, log=log,
    )  # fmt: skip
    return Run(job=_made(values), outcome=outcome, retried_by=retried_by)


def new(job: NewJob, created: int) -> tuple[object, ...]:
    """The values of NEW_COLUMNS; StoreError if a text is too long for its column."""
    values = list(_new_fields(job))
    values[_TAGS] = json.dumps(job.tags, ensure_ascii=False) if job.tags else "[]"
    values[_ON_INTERRUPT] = job.on_interrupt.value
    values.append(created)
    if len("".join(_lengths(job))) > _SHORTEST:  # together shorter than the shortest limit: nearly always
        _check_lengths(job)
    return tuple(values)


def of_moments(like: NewJob, moments: Sequence[tuple[int, str, int]], created: int) -> list[tuple[object, ...]]:
    """The values of NEW_COLUMNS of jobs that differ only in id, subject and slot, in this order."""
    values = new(like, created)
    if too_long := [moment for moment in moments if len(moment[1]) > LENGTHS["subject"]]:
        _check_lengths(replace(like, id=too_long[0][0], subject=too_long[0][1]))
    between, rest = values[1:_DUE], values[_SUBJECT + 1 :]
    return [(id_, *between, slot, slot, subject, *rest) for id_, subject, slot in moments]


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
