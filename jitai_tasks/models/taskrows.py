"""The rows that tasks are about: a job as its function sees it, and live and past jobs as models show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from .. import payload
from ..clock import moment
from ..ids import shown
from ..store.records import Job, NewJob, Run, Status
from .rows import RowData


class TaskRow(RowData):
    """The row of a job, as `handle(task)` gets it and `GlobalVar.currentTask` shows it.

    Moments are naive datetimes of the zone to the second, as JitAi shows them; `dueTime` is the exact, aware one.
    `argDict.value` is always a dict. Most runs look at few fields, so all are made when the first is asked for.
    """

    def __init__(self, job: NewJob, zone: str) -> None:
        object.__setattr__(self, "_job", job)
        object.__setattr__(self, "_zone", zone)

    def __getattr__(self, name: str) -> Any:
        if name != "_fields":
            return super().__getattr__(name)
        fields = _job_fields(self._job, ZoneInfo(self._zone))
        object.__setattr__(self, "_fields", fields)
        return fields

    def plain(self, name: str, default: object = None) -> Any:
        """The plain value of a field, or `default`; what every run needs is read straight from the job."""
        if name in _NEEDED and "_fields" not in self.__dict__:
            return _NEEDED[name](self._job)
        return super().plain(name, default)


def task_row(job: NewJob, zone: str) -> RowData:
    """The row of a job; `zone` is the IANA zone of its local times."""
    return TaskRow(job, zone)


def job_of(row: object) -> Job | None:
    """The job behind the row of a run; None for any other row."""
    found = row._job if isinstance(row, TaskRow) else None  # noqa: SLF001 - of this module
    return found if isinstance(found, Job) else None


def history_row(run: Run, zone: str) -> RowData:
    """The row of an ended job: the fields of its task row and what came of it."""
    tz, outcome = ZoneInfo(zone), run.outcome
    fields = _job_fields(run.job, tz)
    began = outcome.started if outcome.started is not None else outcome.ended
    fields |= {
        "status": outcome.status.value,
        "realStartTime": _local(outcome.started, tz),
        "realEndTime": _local(outcome.ended, tz),
        "duration": (outcome.ended - began) // 1000,
        "result": payload.loads(outcome.result),
        "errmsg": outcome.error or outcome.reason,
        "traceback": outcome.traceback,
    }
    return RowData(fields)


def _job_fields(job: NewJob, tz: ZoneInfo) -> dict[str, object]:
    created = getattr(job, "created", None)
    start = _local(job.due if job.slot is None else job.slot, tz)
    return {
        "id": job.id,
        "taskId": shown(job.id),
        "element": job.task,
        "taskType": job.task_type,
        "title": job.title,
        "func": job.func,
        "funcName": job.func,
        "funcType": "Global" if job.func else "Inner",
        "argDict": arguments(job),
        "startTime": start,
        "dueTime": moment(job.due if job.slot is None else job.slot).astimezone(tz),
        "status": getattr(job, "status", Status.WAITING).value,
        "rowId": job.subject,
        "isManual": int(job.manual),
        "attempt": job.attempt,
        "queue": job.queue,
        "priority": job.priority,
        "creator": job.creator,
        "createdAt": _local(created, tz),
    }


def arguments(job: NewJob) -> dict[str, Any]:
    """The keyword arguments of a job."""
    if job.args == "{}":
        return {}
    return cast(dict[str, Any], payload.loads(job.args) or {})


_NEEDED: dict[str, Callable[[NewJob], Any]] = {
    "func": lambda job: job.func,
    "isManual": lambda job: int(job.manual),
    "argDict": arguments,
}


def _local(at: int | None, tz: ZoneInfo) -> datetime | None:
    return None if at is None else moment(at).astimezone(tz).replace(tzinfo=None, microsecond=0)


def as_mapping(row: object) -> Mapping[str, object]:
    """The fields of a task row, or of the dictionary that stands for one; empty for None."""
    if row is None:
        return {}
    return row.toDict() if isinstance(row, RowData) else cast(Mapping[str, object], row)
