"""What those who listen to a task are told of the end of a run."""

from __future__ import annotations

from typing import Any

from .. import payload
from ..ids import shown
from ..store.records import NewJob, Outcome, Status

#: What is published when a run has ended, by its status.
ENDED = {Status.SUCCESS: "onSuccess", Status.ERROR: "onError", Status.RETRIED: "onError", Status.EXPIRED: "onExpired"}


def facts_of(job: NewJob, outcome: Outcome | None) -> dict[str, Any]:
    """Which run it is, and what came of it if it has ended. `error`: the message, or why it was ended."""
    facts = {"task": job.task, "taskId": shown(job.id), "rowId": job.subject}
    if outcome is None:
        return facts
    return {
        **facts,
        "status": outcome.status.value,
        "error": outcome.error or outcome.reason,
        "result": payload.loads(outcome.result),
    }
