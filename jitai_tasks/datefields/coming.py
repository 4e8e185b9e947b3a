"""What is coming: the rows that a date-field task waits for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..app import App
from ..errors import ElementNotFound, ModelError
from ..models import reading
from ..store import jobs as stored
from ..store.records import Job, Status
from .rules import Rule, rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """One row and its next run."""

    job: Job
    #: The values of the row; None if it is gone, none at all if they cannot be read.
    row: Mapping[str, Any] | None
    #: The value of the watched field; why the row cannot be read, if it cannot.
    value: object
    #: What people call the row.
    title: str


def coming(app: App, task: str, *, limit: int = 50, offset: int = 0) -> list[Coming]:
    """The rows that a task waits for, the next one first. ElementNotFound or ModelError if it is no date-field task."""
    rule = rules(app).of_task(task)
    if rule is None:
        broken = rules(app).broken.get(task)
        if broken is None and app.catalog.find(task) is None:
            raise ElementNotFound(task, rules(app).tasks())
        raise ModelError(task, broken or "it is no date-field task, so it has no rows")
    with app.database.read() as connection:
        found = stored.find(connection, task=task, status=Status.WAITING, limit=limit, offset=offset)
    return [_coming(rule, job) for job in found if job.subject]


def _coming(rule: Rule, job: Job) -> Coming:
    try:
        values = reading.by_key(rule.model, rule.model.key(job.subject))
    except ModelError as error:
        return Coming(job=job, row={}, value=error.reason, title="")
    title = str(rule.model.definition.config.get("dataTitle") or "")
    return Coming(
        job=job,
        row=values,
        value=None if values is None else values.get(rule.timer.start_field),
        title="" if values is None else str(values.get(title, "")),
    )
