"""Numbers over the rows of a model: the same on every database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import sqlalchemy as sa

from ..errors import ModelError
from .aggregates import aggregable, answered
from .kinds import FieldInfo
from .mapping import Model
from .reading import connection, naming_field, sortable, where
from .rows import JitDict

_FUNCTIONS: dict[str, Any] = {
    "count": sa.func.count,
    "countDistinct": lambda counted: sa.func.count(counted.distinct()),
    "sum": sa.func.sum,
    "avg": sa.func.avg,
    "min": sa.func.min,
    "max": sa.func.max,
}


@dataclass(frozen=True, slots=True)
class _Aggregate:
    """One number: of what field, and which."""

    field: FieldInfo
    kind: str

    @property
    def expression(self) -> sa.ColumnElement[Any]:
        return cast("sa.ColumnElement[Any]", _FUNCTIONS[self.kind](self.field.column))

    @property
    def label(self) -> str:
        return f"{self.kind}_{self.field.name}"

    def answer(self, found: Any) -> Any:
        return answered(self.field, self.kind, found)


def aggregate(model: Model, filter_: object, field: str, kind: str) -> Any:
    """One number over the rows that pass. ModelError if the field cannot be aggregated like that."""
    asked = _Aggregate(aggregable(model, field, kind), kind)
    wanted = sa.select(asked.expression).where(where(model, filter_))
    with connection(model) as reading, naming_field(model, [field]):
        return asked.answer(reading.execute(wanted).scalar())


def groups(
    model: Model, filter_: object, fields: str | Sequence[str], aggregates: Sequence[Sequence[str]]
) -> list[JitDict]:
    """One dictionary per group of rows; without fields, one for all rows together."""
    names = [fields] if isinstance(fields, str) else list(fields)
    asked = [_Aggregate(aggregable(model, name, kind), kind) for name, kind in map(partial(_pair, model), aggregates)]
    if not (names or asked):
        raise ModelError(model.name, "groupBy needs fields to group by, or aggregates like [['id', 'count']]")
    keys = [sortable(model, name) for name in names]
    wanted = sa.select(
        *[key.label(name) for key, name in zip(keys, names, strict=True)],
        *[each.expression.label(each.label) for each in asked],
    )
    with connection(model) as reading, naming_field(model, [*names, *[each.field.name for each in asked]]):
        found = reading.execute(wanted.where(where(model, filter_)).group_by(*keys)).mappings()
        return [JitDict({**row, **{each.label: each.answer(row[each.label]) for each in asked}}) for row in found]


def distinct(model: Model, filter_: object, field: str) -> list[Any]:
    """The different values of a field, in their order."""
    wanted = sortable(model, field)
    with connection(model) as reading, naming_field(model, [field]):
        return list(
            reading.execute(sa.select(wanted).where(where(model, filter_)).distinct().order_by(wanted)).scalars()
        )


def _pair(model: Model, given: object) -> tuple[str, str]:
    if isinstance(given, str) or not isinstance(given, Sequence) or len(given) != 2:
        raise ModelError(model.name, f"an aggregate is a pair like ['id', 'count'], not {given!r}")
    return given[0], given[1]
