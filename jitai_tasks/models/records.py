"""Jobs and runs as models: read-only views of the framework's own tables, with JitAi's names for what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from .. import payload
from ..app import App
from ..clock import instant, moment
from ..definition import Definition
from ..errors import BadArguments, ModelError
from ..ids import parsed, shown
from ..store.records import Status
from ..store.tables import jobs, runs
from . import inferred
from .fields import plain
from .kinds import FieldInfo, Kind
from .mapping import Model, field_info
from .normal import NormalModel
from .q import Q
from .rows import JitDict

LARGEST_PAGE = 500

#: What changes them instead.
_CHANGED_BY = {
    "jobs": "services.TaskSvc changes what they show: createTimerTask creates one, forcedEnd(taskId) ends one",
    "runs": "history is never changed",
    "calls": "events.services.EventSvc makes new ones: sendEvent publishes, callEvent calls one event",
}


class Moment(sa.types.TypeDecorator[Any]):
    """An instant, as the local time of a zone: naive and to the second, or the exact one with its zone."""

    impl = sa.BigInteger
    cache_ok = True
    kind = Kind.INSTANT

    def __init__(self, zone: str, *, timezone: bool = False) -> None:
        super().__init__()
        self.zone = zone
        self.timezone = timezone

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        if value is None:
            return None
        return instant(value if value.tzinfo else value.replace(tzinfo=ZoneInfo(self.zone)))

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        if value is None:
            return None
        local = moment(value).astimezone(ZoneInfo(self.zone))
        return local if self.timezone else local.replace(tzinfo=None, microsecond=0)


class Id(sa.types.TypeDecorator[Any]):
    """A job's id, as the 24 hex digits that users see."""

    impl = sa.BigInteger
    cache_ok = True
    kind = Kind.ID

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        return None if value is None else parsed(value) or 0

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        return None if value is None else shown(value)


class Stored(sa.types.TypeDecorator[Any]):
    """Arguments and results."""

    impl = sa.Text
    cache_ok = True
    kind = Kind.PAYLOAD

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        return payload.loads(value)


def bind_records(app: App, definition: Definition, rows: type[NormalModel], *, of: str) -> Model:
    """The model of live jobs, of past runs, or of the calls of asynchronous events; ModelError for anything else."""
    if of not in _VIEWS:
        raise ModelError(definition.full_name, f"RECORDS is {of!r}; it is one of {', '.join(_VIEWS)}")
    view = _VIEWS[of](app.timezone)
    zone = ZoneInfo(app.timezone)
    fields: dict[str, FieldInfo] = {column.name: field_info(column.name, column, zone) for column in view.columns}
    rows.__declared__ = inferred.declared(fields)
    rows.__model__ = model = Model(
        app=app,
        definition=definition,
        fields=fields,
        declared=rows.__declared__,
        table=view,
        entity=rows,
        primary=("taskId",),
        rows=rows,
        database=app.database,
        changed_by=_CHANGED_BY[of],
    )
    return model


def between(field: str, start: object, end: object) -> Q:
    """A filter: from `start` on and before `end`; None is no limit."""
    since = Q() if start is None else Q(field, ">=", plain(start))
    return since if end is None else since & Q(field, "<", plain(end))


def of_status(status: object, known: Sequence[str], *, where: str) -> Q:
    """A filter: rows in this state, or in any if there is none. BadArguments for a state that is not known."""
    wanted = plain(status)
    if wanted and wanted not in known:
        raise BadArguments(where, f"status: expected one of {', '.join(known)}, got {wanted!r}")
    return Q(status=wanted) if wanted else Q()


def newest(model: Any, filter_: Q, field: str, *, page: int = 1, size: int = LARGEST_PAGE) -> JitDict:
    """A page of the rows of a model element, those with the highest `field` first; at most 500 rows."""
    size = min(max(size, 1), LARGEST_PAGE)
    return cast("JitDict", model.query(filter_, orderList=[[field, -1]], page=page, size=size))


def _jobs(zone: str) -> sa.Subquery:
    return sa.select(*_planned(jobs, zone)).subquery("T_JitTask")


def _runs(zone: str) -> sa.Subquery:
    return sa.select(*_planned(runs, zone), *_ended(zone)).subquery("T_JitTaskHistory")


def _calls(zone: str) -> sa.Subquery:
    """Live and ended calls in one, with the words of events for their states: waiting, running, success, fail."""
    status = sa.case((runs.c.status == Status.SUCCESS.value, "success"), else_="fail").label("status")
    ended = [status if column.name == "status" else column for column in _planned(runs, zone)]
    parts = [(jobs, [*_planned(jobs, zone), *_not_ended(zone)]), (runs, [*ended, *_ended(zone)])]
    selects = [
        sa.select(sa.type_coerce(table.c.id, Id()).label("requestId"), *columns).where(
            table.c.task.startswith("events.", autoescape=True)
        )
        for table, columns in parts
    ]
    return sa.union_all(*selects).subquery("T_JitEventLog")


_VIEWS = {"jobs": _jobs, "runs": _runs, "calls": _calls}


def _planned(table: sa.Table, zone: str) -> list[sa.ColumnElement[Any]]:
    """What live jobs and runs have in common."""
    planned = sa.func.coalesce(table.c.slot, table.c.due)
    return [
        sa.type_coerce(table.c.id, Id()).label("taskId"),
        table.c.id.label("id"),
        table.c.task.label("element"),
        table.c.task_type.label("taskType"),
        table.c.title.label("title"),
        table.c.func.label("func"),
        table.c.func.label("funcName"),
        sa.case((table.c.func == "", "Inner"), else_="Global").label("funcType"),
        table.c.status.label("status"),
        table.c.subject.label("rowId"),
        table.c.queue.label("queue"),
        table.c.priority.label("priority"),
        table.c.attempt.label("attempt"),
        sa.case((table.c.manual, 1), else_=0).label("isManual"),
        table.c.creator.label("creator"),
        sa.type_coerce(planned, Moment(zone)).label("startTime"),
        sa.type_coerce(planned, Moment(zone, timezone=True)).label("dueTime"),
        sa.type_coerce(table.c.created, Moment(zone)).label("createdAt"),
        sa.type_coerce(table.c.args, Stored()).label("argDict"),
    ]


def _ended(zone: str) -> list[sa.ColumnElement[Any]]:
    """What came of a run; `duration` in milliseconds."""
    began = sa.func.coalesce(runs.c.started, runs.c.ended)
    return [
        sa.type_coerce(runs.c.started, Moment(zone)).label("realStartTime"),
        sa.type_coerce(runs.c.ended, Moment(zone)).label("realEndTime"),
        sa.cast((runs.c.ended - began) // 1000, sa.BigInteger).label("duration"),
        sa.type_coerce(runs.c.result, Stored()).label("result"),
        sa.func.coalesce(sa.func.nullif(runs.c.error, ""), runs.c.reason).label("errmsg"),
        runs.c.traceback.label("traceback"),
        runs.c.reason.label("reason"),
    ]


def _not_ended(zone: str) -> list[sa.ColumnElement[Any]]:
    """The same of a job that waits or runs."""
    number, text = sa.cast(sa.null(), sa.BigInteger), sa.cast(sa.null(), sa.Text)
    return [
        sa.type_coerce(jobs.c.claimed, Moment(zone)).label("realStartTime"),
        sa.type_coerce(number, Moment(zone)).label("realEndTime"),
        number.label("duration"),
        sa.type_coerce(text, Stored()).label("result"),
        *[text.label(name) for name in ("errmsg", "traceback", "reason")],
    ]
