"""What is written of the values of a row: as its columns hold them, or not at all and with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ..errors import ModelError
from .datatypes import Datatype
from .datatypes.times import Date, local_time_of
from .kinds import Kind, outgrows, rounded
from .mapping import Model


def new_entity(model: Model, values: Mapping[str, object]) -> object:
    """A new object of the mapped class; ModelError if a class of the application does not take the values."""
    try:
        return model.entity(**values)
    except TypeError as error:
        reason = f"{model.entity.__qualname__} cannot be made of {', '.join(values)}: {error}"
        raise ModelError(model.name, reason) from error


def to_write(model: Model, wanted: Mapping[str, object], *, new: bool) -> dict[str, object]:
    """The values as the fields hold them, with defaults of new rows and times that update themselves."""
    values = {name: fitting(model, name, value) for name, value in wanted.items()}
    for name, declared in model.declared.items():
        stamped = _stamp(model, declared, new=new)
        if stamped is not None and (name not in values or not new or values[name] is None):
            values[name] = stamped
        elif new and values.get(name) is None and declared.default is not None:
            values[name] = fitting(model, name, declared.default)
    return {name: value for name, value in values.items() if not (value is None and new and name in model.primary)}


def fitting(model: Model, name: str, value: object) -> object:
    """A value as its field holds it; ModelError says why it cannot."""
    held = model.held(name, value)
    declared = model.declared[name]
    try:
        declared.check(held)
    except ValueError as error:
        raise ModelError(model.name, f"{name}: {error}") from None
    limit = declared.max_length()
    if limit is not None and isinstance(held, str) and len(held) > limit:
        raise ModelError(model.name, f"{name}: {len(held)} characters are over the limit of {limit}")
    return _number(model, name, held) if isinstance(held, Decimal) else held


def _number(model: Model, name: str, number: Decimal) -> Decimal:
    """As the column will hold it: rounded half up to its decimals, and exactly, or refused."""
    field = model.field(name)
    room = field.column.type
    held = rounded(field, number)
    if outgrows(field, held):
        raise ModelError(model.name, f"{name}: {number:f} has too many digits for {room!r}")
    if model.database.dialect == "sqlite" and rounded(field, Decimal(repr(float(held)))) != held:
        reason = "has more digits than SQLite keeps exactly (15); use another database, or a text field"
        raise ModelError(model.name, f"{name}: {number:f} {reason}")
    return held


def _stamp(model: Model, declared: Datatype, *, new: bool) -> object:
    """The present, for a date field that is to hold when the row was created or last saved; else None."""
    if not isinstance(declared, Date):
        return None
    if not (declared.options.get("updateDefault") or (new and declared.options.get("createDefault"))):
        return None
    now = local_time_of(model.app.clock.now(), model.app.timezone)
    return now.date() if declared.kind is Kind.DATE else now
