"""What a field can hold: a closed set of kinds, and how any spelling of a value becomes the value of that kind."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

import arrow
import sqlalchemy as sa

from ..ids import parsed, shown
from .fields import plain


class Kind(StrEnum):
    """The kind of a field's values."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    UUID = "uuid"
    JSON = "json"
    OTHER = "other"
    #: In records of the framework: a job's id, shown as 24 hex digits and kept as a number;
    ID = "id"
    #: a moment, kept as an instant;
    INSTANT = "instant"
    #: arguments and results, kept as text.
    PAYLOAD = "payload"


#: Room for every number that a field may hold; the usual context rounds at 28 digits.
EXACT = Context(prec=1000)

NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT})


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldInfo:
    """One field of a model, as filters, rows and date-field tasks see it."""

    name: str
    kind: Kind
    column: sa.Column[object]
    title: str = ""
    #: The column keeps a time zone; its values are aware.
    aware: bool = False
    #: Naive times of this field are times of this zone.
    zone: ZoneInfo
    #: Members of an enumeration, and the text that the database holds for each.
    choices: Mapping[object, str] = field(default_factory=dict)


def coerce(field_: FieldInfo, value: object) -> object:
    """`value` as this field would hold it; None stays None. ValueError says what was expected."""
    given = plain(value)
    if given is None:
        return None
    if isinstance(given, arrow.Arrow):
        given = given.datetime
    return _COERCIONS[field_.kind](field_, given)


def outgrows(field_: FieldInfo, number: Decimal) -> bool:
    """Whether a number has more digits than the field has room for; SQLite would store it all the same."""
    type_ = field_.column.type
    if not isinstance(type_, sa.Numeric) or type_.precision is None:
        return False
    return rounded(field_, number).copy_abs() >= Decimal(1).scaleb(type_.precision - (type_.scale or 0))


def rounded(field_: FieldInfo, number: Decimal) -> Decimal:
    """A number as the field's column holds it, rounded half up; databases differ where they are left to do it."""
    type_ = field_.column.type
    if not isinstance(type_, sa.Numeric) or (type_.precision is None and type_.scale is None):
        return number
    return number.quantize(Decimal(1).scaleb(-(type_.scale or 0)), ROUND_HALF_UP, EXACT)


def assignable(field_: FieldInfo, held: object) -> object:
    """What a mapped object gets for a value as the field holds it: the member of an enumeration, not its text."""
    return next((member for member, text in field_.choices.items() if text == held), held)


def _text(field: FieldInfo, value: object) -> object:
    if field.choices:
        return _choice(field, value)
    if not isinstance(value, str):
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise ValueError(_expected(field, "text", value))
        value = str(value)
    if "\0" in value:
        raise ValueError(f"{field.name}: text with a NUL character cannot be stored")
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise ValueError(f"{field.name}: text with a lone surrogate cannot be stored")
    return value


def _choice(field: FieldInfo, value: object) -> object:
    texts = field.choices.values()
    if isinstance(value, str) and type(value) is str and value in texts:
        return value
    found = next((text for member, text in field.choices.items() if member == value), None)
    if found is None:
        raise ValueError(_expected(field, f"one of {', '.join(texts)}", value))
    return found


def _integer(field: FieldInfo, value: object) -> object:
    number = _number(field, value, "a whole number")
    if number != int(number):
        raise ValueError(_expected(field, "a whole number", value))
    return _within_64_bits(field, int(number))


def _within_64_bits(field: FieldInfo, number: int) -> int:
    if not -(1 << 63) <= number < 1 << 63:
        raise ValueError(f"{field.name}: the integer is beyond 64 bits")
    return number


def _number(field: FieldInfo, value: object, expected: str) -> int | Decimal:
    """An exact number, or ValueError; floats become the decimal that they print as."""
    if isinstance(value, bool | int):
        return int(value)
    if isinstance(value, float | str | Decimal):
        try:
            number = Decimal(str(value).strip())
        except InvalidOperation:
            raise ValueError(_expected(field, expected, value)) from None
        if not number.is_finite() or abs(number.adjusted()) > 40:
            raise ValueError(_expected(field, expected, value))
        return number
    raise ValueError(_expected(field, expected, value))


def _decimal(field: FieldInfo, value: object) -> object:
    return Decimal(_number(field, value, "a number"))


def _float(field: FieldInfo, value: object) -> object:
    number = float(_number(field, value, "a number"))
    if not math.isfinite(number):
        raise ValueError(_expected(field, "a number", value))
    return number


def _boolean(field: FieldInfo, value: object) -> object:
    if isinstance(value, bool | int) and value in (0, 1):
        return bool(value)
    raise ValueError(_expected(field, "true or false", value))


def _date(field: FieldInfo, value: object) -> object:
    if isinstance(value, datetime):
        return _local(field, value).date()
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        return _parsed(field, value, "a date like 2025-03-10").date()
    raise ValueError(_expected(field, "a date like 2025-03-10", value))


def _datetime(field: FieldInfo, value: object) -> object:
    if isinstance(value, str):
        value = _parsed(field, value, "a time like 2025-03-10 14:00:00")
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        raise ValueError(_expected(field, "a time like 2025-03-10 14:00:00", value))
    if not field.aware:
        return _local(field, value)
    return value if value.tzinfo else value.replace(tzinfo=field.zone).astimezone(UTC)


def _time(field: FieldInfo, value: object) -> object:
    if isinstance(value, str):
        try:
            return time.fromisoformat(value.strip())
        except ValueError:
            raise ValueError(_expected(field, "a time of day like 14:00", value)) from None
    if isinstance(value, datetime):
        return value.time()
    if isinstance(value, time):
        return value
    raise ValueError(_expected(field, "a time of day like 14:00", value))


def _uuid(field: FieldInfo, value: object) -> object:
    if isinstance(value, UUID):
        return value
    try:
        return UUID(str(value))
    except ValueError:
        raise ValueError(_expected(field, "a UUID", value)) from None


def _id(field: FieldInfo, value: object) -> object:
    """The id as it is shown; a text that is none stays what it is, and is equal to no id."""
    text = str(_text(field, value))
    number = parsed(text)
    return text if number is None else shown(number)


def _json(field: FieldInfo, value: object) -> object:
    del field
    return value


def _local(field: FieldInfo, value: datetime) -> datetime:
    """A plain naive datetime in the field's zone: subclasses such as JitNow are stripped."""
    here = value.astimezone(field.zone) if value.tzinfo else value
    return datetime.combine(here.date(), here.time())


def _parsed(field: FieldInfo, text: str, expected: str) -> datetime:
    try:
        return datetime.fromisoformat(text.strip().replace("/", "-"))
    except ValueError:
        raise ValueError(_expected(field, expected, text)) from None


def _expected(field: FieldInfo, expected: str, value: object) -> str:
    return f"{field.name}: expected {expected}, got {str(value)[:80]!r}"


_COERCIONS: dict[Kind, Callable[[FieldInfo, object], object]] = {
    Kind.TEXT: _text,
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _decimal,
    Kind.FLOAT: _float,
    Kind.BOOLEAN: _boolean,
    Kind.DATE: _date,
    Kind.DATETIME: _datetime,
    Kind.TIME: _time,
    Kind.UUID: _uuid,
    Kind.JSON: _json,
    Kind.OTHER: _json,
    Kind.ID: _id,
    Kind.INSTANT: _datetime,
    Kind.PAYLOAD: _json,
}
