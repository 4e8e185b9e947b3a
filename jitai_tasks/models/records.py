"""Jobs and runs as models: read-only views of the framework's own tables, with JitAi's names for what they hold."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from .. import payload
from ..app import App
from ..clock import instant, moment
from ..definition import Definition
from ..ids import parsed, shown
from ..store.tables import jobs, runs
from . import inferred
from .kinds import FieldInfo, Kind
from .mapping import Model, field_info
from .normal import NormalModel

#: What changes them instead, by whether they are past.
_CHANGED_BY = {
    False: "services.TaskSvc changes what they show: createTimerTask creates one, forcedEnd(taskId) ends one",
    True: "history is never changed",
}


class Moment(sa.types.TypeDecorator[Any]):
    """An instant, as the local time of a zone: naive, or the exact one with its zone."""

    impl = sa.BigInteger
    cache_ok = True
    kind = Kind.DATETIME

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
        return local if self.timezone else local.replace(tzinfo=None)


class Id(sa.types.TypeDecorator[Any]):
    """A job's id, as the 24 hex digits that users see."""

    impl = sa.BigInteger
    cache_ok = True
    kind = Kind.TEXT

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        return None if value is None else parsed(value) or 0

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        return None if value is None else shown(value)


class Stored(sa.types.TypeDecorator[Any]):
    """Arguments and results."""

    impl = sa.Text
    cache_ok = True
    kind = Kind.JSON

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        return payload.loads(value)


def bind_records(app: App, definition: Definition, rows: type[NormalModel], *, past: bool) -> Model:
    """The model of live jobs, or of past runs."""
    view = _view(app.timezone, past=past)
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
        changed_by=_CHANGED_BY[past],
    )
    return model


def _view(zone: str, *, past: bool) -> sa.Subquery:
    table = runs if past else jobs
    columns = [*_planned(table, zone), *(_ended(zone) if past else ())]
    return sa.select(*columns).subquery("T_JitTaskHistory" if past else "T_JitTask")


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
