"""The causes why something has not run, and what a past run says about it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from ..ids import shown
from ..plansteps import PAUSED, REPLACED
from ..store.claims import INTERRUPTED
from ..store.records import Run, Status


class Cause(StrEnum):
    """Why a task or a job has not run; the last ones: what its latest run came to."""

    BROKEN = "broken"
    GONE = "gone"
    DISABLED = "disabled"
    PAUSED = "paused"
    NO_TIMES = "noTimes"
    NOT_DUE = "notDue"
    RETRYING = "retrying"
    ENDED = "ended"
    NO_ROW = "noRow"
    NOT_PLANNED = "notPlanned"
    HOLIDAY = "holiday"
    CLOCK_CHANGE = "clockChange"
    HELD = "held"
    RUNNING = "running"
    OVERLAP = "overlap"
    NO_RUNNER = "noRunner"
    QUEUE_WITHOUT_WORKER = "queueWithoutWorker"
    BUSY = "busy"
    UNKNOWN = "unknown"
    MISSED = "missed"
    SKIPPED = "skipped"
    QUARANTINED = "quarantined"
    FAILED = "failed"
    EXPIRED = "expired"
    FORCED = "forced"
    CANCELED = "canceled"
    SUCCEEDED = "succeeded"


class Reason(NamedTuple):
    """One cause that holds: what is, and what to do."""

    cause: Cause
    text: str
    advice: str = ""


def ended_so(run: Run, text: Callable[[int], str]) -> Reason:
    """What a past run says; `text` tells instants."""
    outcome, planned = run.outcome, text(run.job.slot if run.job.slot is not None else run.job.due)
    which = f"the run of {planned} ended {text(outcome.ended)}"
    see = f"jitai-tasks show {shown(run.job.id)}"
    if outcome.status is Status.SKIPPED:
        return _skipped(outcome.reason, which)
    if outcome.status is Status.SUCCESS:
        return Reason(Cause.SUCCEEDED, f"{which} with success: it did run", see)
    if outcome.error_type == INTERRUPTED:
        return Reason(Cause.QUARANTINED, f"{which}: its workers died again and again, so it is not tried again", see)
    if outcome.status is Status.TERMINATED:
        whose = "to make way for the next" if outcome.reason == REPLACED else "by force"
        return Reason(Cause.FORCED, f"{which} {whose}: {outcome.reason}", see)
    if outcome.status is Status.CANCELED:
        return Reason(Cause.CANCELED, f"{which}: it was canceled{': ' if outcome.reason else ''}{outcome.reason}", see)
    if outcome.status is Status.EXPIRED:
        return Reason(Cause.EXPIRED, f"{which}, expired: {outcome.reason}", see)
    return Reason(Cause.FAILED, f"{which} in error: {outcome.error_type}: {outcome.error[:200]}", see)


def _skipped(reason: str, which: str) -> Reason:
    if "the run before was at work" in reason or reason.startswith("another run"):
        return Reason(Cause.OVERLAP, reason, "let runs end sooner, or choose another overlap policy")
    if "missed" in reason:
        return Reason(Cause.MISSED, reason, "misfire runOnce or runAll makes up for missed runs; or: backfill")
    if reason.endswith(PAUSED):
        return Reason(Cause.PAUSED, reason, "jitai-tasks backfill makes up for it")
    return Reason(Cause.SKIPPED, f"{which}, skipped: {reason}")
