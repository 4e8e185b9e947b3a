"""What numbers there are over the values of a field, and how they are answered: the same in databases and in memory."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, cast

from ..errors import ModelError
from .kinds import EXACT, NUMBERS, FieldInfo, Kind

if TYPE_CHECKING:
    from .mapping import Model

AGGREGATES = ("count", "countDistinct", "sum", "avg", "min", "max")
#: Decimals of an average beyond those of its field,
_FINER = 4
#: and where the field says none.
_UNSAID = 10

_ORDERED = NUMBERS | {Kind.TEXT, Kind.DATE, Kind.DATETIME, Kind.TIME, Kind.INSTANT, Kind.ID}
_WANTS = {
    "countDistinct": frozenset(Kind) - {Kind.JSON},
    "sum": NUMBERS,
    "avg": NUMBERS,
    "min": _ORDERED,
    "max": _ORDERED,
}


def known(name: str, aggregate: str) -> str:
    """The aggregate; ModelError that names the model if there is no such one."""
    if aggregate not in AGGREGATES:
        raise ModelError(name, f"no aggregate {aggregate!r}; there are {', '.join(AGGREGATES)}")
    return aggregate


def aggregable(model: Model, name: str, aggregate: str) -> FieldInfo:
    """The field of that name; ModelError if such an aggregate of what it holds makes no sense."""
    field = model.field(name)
    wanted = _WANTS.get(known(model.name, aggregate))
    if wanted is not None and field.kind not in wanted:
        raise ModelError(model.name, f"{aggregate} of {name} makes no sense: it holds {field.kind}")
    return field


def answered(field: FieldInfo, aggregate: str, found: Any) -> Any:
    """A sum or an average of a field's values as people expect it, whatever a driver or Python makes of it."""
    if found is None or aggregate not in ("sum", "avg") or field.kind is Kind.FLOAT:
        return found
    if aggregate == "sum" and field.kind is Kind.INTEGER:
        return int(found)
    scale = cast("int | None", getattr(field.column.type, "scale", 0))
    number = Decimal(str(found))
    if scale is None and aggregate == "sum":
        return number
    places = _UNSAID if scale is None else scale if aggregate == "sum" else scale + _FINER
    return number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, EXACT)
