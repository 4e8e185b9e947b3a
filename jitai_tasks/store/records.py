"""What crosses the border of the store: frozen records. Instants are microseconds since 1970 UTC.

The records of the hot path are frozen by the type checker alone: doing it at run time triples the price of making one,
and several are made for every job.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


class Status(StrEnum):
    """The states of a job (waiting, running) and of a run (the others, final). `docs/states.md` draws them."""

    WAITING = "waiting"
    RUNNING = "running"
    SUCCESS = "success"
    RETRIED = "retried"
    ERROR = "error"
    EXPIRED = "expired"
    TERMINATED = "terminated"
    CANCELED = "canceled"
    SKIPPED = "skipped"


class OnInterrupt(StrEnum):
    """What becomes of a job whose worker died: it runs again, or it ends in error."""

    RERUN = "rerun"
    ERROR = "error"


@dataclass_transform(kw_only_default=True, frozen_default=True)
def _record(cls: type[T]) -> type[T]:
    return dataclass(slots=True, kw_only=True, unsafe_hash=True)(cls)


@_record
class NewJob:
    """A job about to be inserted."""

    id: int
    #: Full name of the task element; "" for a temporary task.
    task: str = ""
    #: Full name of the Type that performs it, like "tasks.NormalType".
    task_type: str
    #: Path of the function, like "services.OrderSvc.cancel"; "" for the task's own inner function.
    func: str = ""
    title: str = ""
    #: Keyword arguments as JSON text, made by `payload.dumps`.
    args: str = "{}"
    due: int
    #: The planned moment this job stands for; None if it stands for none (temporary, manual).
    slot: int | None = None
    #: What a date-field job is about: the row's primary key as text; "" for none.
    subject: str = ""
    queue: str = "default"
    #: Higher runs first.
    priority: int = 0
    tags: tuple[str, ...] = ()
    creator: str = ""
    #: Time limit in milliseconds.
    timeout_ms: int = 43_200_000
    max_retries: int = 0
    retry_delay_ms: int = 120_000
    on_interrupt: OnInterrupt = OnInterrupt.RERUN
    #: 1 for the first attempt.
    attempt: int = 1
    #: The job this one retries, and the first of that chain; None for a first attempt.
    retry_of: int | None = None
    root_id: int | None = None
    #: Asked for by a person or a program, outside the schedule.
    manual: bool = False
    #: Why it may not be claimed yet; None for a job that may.
    hold: str | None = None


@_record
class Job(NewJob):
    """A row of `jobs`: waiting or running."""

    created: int
    status: Status = Status.WAITING
    claim_token: int | None = None
    runner: int | None = None
    worker: int | None = None
    #: When it was claimed.
    claimed: int | None = None
    #: How often its worker died under it.
    interruptions: int = 0


@_record
class Outcome:
    """What came of performing a job; made in one place, then only handed on."""

    status: Status
    #: The returned value as JSON text; None if there is none.
    result: str | None = None
    error_type: str = ""
    error: str = ""
    traceback: str = ""
    #: The reason of a skip, a cancel or a forced end.
    reason: str = ""
    #: None when the function never began.
    started: int | None = None
    ended: int
    #: What the function printed and logged.
    log: str = ""


@_record
class Finish:
    """One performed job on its way into history, with what follows from it in the same transaction."""

    job: Job
    outcome: Outcome
    #: Retries and children: plain inserts.
    creates: tuple[NewJob, ...] = ()
    #: The next planned run: inserted only if its occurrence is new.
    successor: NewJob | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A row of `runs`: the job as it was, and its outcome. Never changed. The id is the job's id."""

    job: Job
    outcome: Outcome
    #: The job that took over, when the status is "retried".
    retried_by: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState:
    """A row of `schedules`: what the database remembers about a task."""

    task: str
    #: The latest planned moment, however it ended.
    watermark: int | None = None
    #: Runtime override of `enable`; None leaves it to the file.
    enabled: bool | None = None
    paused: bool = False
    #: Hash of the definition that planned the waiting job.
    definition_hash: str = ""
    #: Runtime override of the rule (`timerCfg`) as JSON text; None leaves it to the file.
    rule: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerRecord:
    """A row of `runners`."""

    id: int
    host: str
    pid: int
    #: Distinguishes boots of a machine, for leases measured by the boot clock.
    boot_id: str = ""
    app_id: str = ""
    generation: str = ""
    queues: tuple[str, ...] = field(default=("default",))
    #: Path of the doorbell socket, "" if it has none.
    doorbell: str = ""
    started: int
    heartbeat: int = 0
    #: By folder of an element (like tasks/Daily) or by file, why it could not be loaded as it is now.
    refused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What became of the jobs of a worker or a runner that died."""

    runner: int
    #: None when a whole runner died.
    worker: int | None = None
    #: Waiting again.
    rerun: tuple[Job, ...] = ()
    #: In history as errors: interrupted too often, or not to be run twice.
    ended: tuple[Run, ...] = ()
