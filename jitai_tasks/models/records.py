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


class Moment(sa.types.TypeDecorator[Any]):
    """An instant, as the naive local time of a zone."""

    impl = sa.BigInteger
    cache_ok = True
    kind = Kind.DATETIME

    def __init__(self, zone: str) -> None:
        super().__init__()
        self.zone = zone

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        return None if value is None else instant(value.replace(tzinfo=ZoneInfo(self.zone)))

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        return None if value is None else moment(value).astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)


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
        read_only=True,
    )
    return model


def _view(zone: str, *, past: bool) -> sa.Subquery:
    table = runs if past else jobs
    at = Moment(zone)
    columns: list[sa.ColumnElement[Any]] = [
        sa.type_coerce(table.c.id, Id()).label("taskId"),
        table.c.id.label("id"),
        table.c.task.label("element"),
        table.c.task_type.label("taskType"),
        table.c.title.label("title"),
        table.c.func.label("func"),
        table.c.status.label("status"),
        table.c.subject.label("rowId"),
        table.c.queue.label("queue"),
        table.c.priority.label("priority"),
        table.c.attempt.label("attempt"),
        table.c.creator.label("creator"),
        sa.type_coerce(table.c.due, at).label("startTime"),
        sa.type_coerce(table.c.created, at).label("createdAt"),
        sa.type_coerce(table.c.args, Stored()).label("argDict"),
    ]
    if past:
        columns += [
            sa.type_coerce(table.c.started, at).label("realStartTime"),
            sa.type_coerce(table.c.ended, at).label("realEndTime"),
            sa.type_coerce(table.c.result, Stored()).label("result"),
            table.c.error.label("errmsg"),
            table.c.traceback.label("traceback"),
            table.c.reason.label("reason"),
        ]
    return sa.select(*columns).subquery("T_JitTaskHistory" if past else "T_JitTask")
