"""Jobs and runs as `--json` shows them, and as lines of a table."""

from __future__ import annotations

from collections.abc import Mapping

from .. import payload
from ..ids import shown
from ..store.records import Job, Outcome, Run, Status
from .moments import away, iso, local, span
from .output import shortened

View = dict[str, object]

SECRET = ("password", "passwd", "token", "secret", "key", "dsn")
MASK = "***"

JOB_COLUMNS = ("id", "what", "status", "due", "away", "queue", "priority", "attempt", "hold")
RUN_COLUMNS = ("id", "what", "status", "due", "took", "attempt", "outcome")


def job_view(job: Job) -> View:
    """Everything about a job that waits or runs; instants as ISO text in UTC, spans in seconds."""
    return {
        "id": shown(job.id),
        "task": job.task,
        "type": job.task_type,
        "func": job.func,
        "title": job.title,
        "args": masked(payload.loads(job.args)),
        "status": str(job.status),
        "due": iso(job.due),
        "slot": iso(job.slot),
        "subject": job.subject,
        "queue": job.queue,
        "priority": job.priority,
        "tags": list(job.tags),
        "attempt": job.attempt,
        "retryOf": shown(job.retry_of) if job.retry_of else None,
        "maxRetries": job.max_retries,
        "timeout": job.timeout_ms / 1000,
        "manual": job.manual,
        "creator": job.creator,
        "hold": job.hold,
        "created": iso(job.created),
        "claimed": iso(job.claimed),
        "interruptions": job.interruptions,
    }


def run_view(run: Run) -> View:
    """Everything about a run, but its log and traceback."""
    outcome = run.outcome
    return {
        **job_view(run.job),
        "status": str(outcome.status),
        "started": iso(outcome.started),
        "ended": iso(outcome.ended),
        "seconds": seconds(outcome),
        "result": masked(payload.loads(outcome.result)),
        "errorType": outcome.error_type,
        "error": outcome.error,
        "reason": outcome.reason,
        "retriedBy": shown(run.retried_by) if run.retried_by else None,
    }


def job_line(job: Job, *, zone: str, now: int) -> View:
    """A row of `jobs`, for people."""
    return {
        "id": shown(job.id),
        "what": what(job),
        "status": "held" if job.hold else str(job.status),
        "due": local(job.due, zone),
        "away": away(job.due, now) if job.status is Status.WAITING else f"since {span(now - (job.claimed or now))}",
        "queue": "" if job.queue == "default" else job.queue,
        "priority": job.priority or "",
        "attempt": job.attempt if job.attempt > 1 else "",
        "hold": job.hold,
    }


def run_line(run: Run, *, zone: str) -> View:
    """A row of `history`, for people."""
    outcome = run.outcome
    return {
        "id": shown(run.job.id),
        "what": what(run.job),
        "status": str(outcome.status),
        "due": local(run.job.due, zone),
        "took": span(outcome.ended - outcome.started) if outcome.started is not None else "",
        "attempt": run.job.attempt if run.job.attempt > 1 else "",
        "outcome": shortened(said(outcome), 60),
    }


def what(job: Job) -> str:
    """The task, or the function of a temporary task."""
    return job.task or job.func or job.title


def said(outcome: Outcome) -> str:
    """The outcome in a few words: the error, the reason, or the result."""
    if outcome.error_type:
        return f"{outcome.error_type}: {outcome.error}" if outcome.error else outcome.error_type
    return outcome.reason or (outcome.result or "" if outcome.result != "null" else "")


def seconds(outcome: Outcome) -> float | None:
    """How long the function ran; None if it never began."""
    return None if outcome.started is None else (outcome.ended - outcome.started) / 1_000_000


def masked(value: object) -> object:
    """The value, with `***` for what stands under keys that look like secrets."""
    if isinstance(value, Mapping):
        return {key: MASK if secret(str(key)) and item else masked(item) for key, item in value.items()}
    return [masked(item) for item in value] if isinstance(value, list) else value


def secret(key: str) -> bool:
    """True for keys like `password`, `apiKey` and `db_dsn`."""
    return any(word in key.lower() for word in SECRET)
