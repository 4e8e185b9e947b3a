"""What is stored of arguments and results: JSON, plus dates, decimals, UUIDs and bytes as tagged objects.

An object of another kind is stored as what its `__plain__()` answers, if it has one: fields and rows do.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from .errors import PayloadError

LIMIT_BYTES = 64 * 1024
LIMIT_DEPTH = 32
TAG = "$type"

_ENCODERS: tuple[tuple[type, str, Callable[..., str]], ...] = (
    (datetime, "datetime", datetime.isoformat),
    (date, "date", date.isoformat),
    (time, "time", time.isoformat),
    (timedelta, "timedelta", lambda span: str(span // timedelta(microseconds=1))),
    (Decimal, "decimal", str),
    (UUID, "uuid", str),
    (bytes, "bytes", lambda raw: base64.b64encode(raw).decode("ascii")),
)
_DECODERS: dict[str, Callable[[str], object]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "timedelta": lambda text: timedelta(microseconds=int(text)),
    "decimal": Decimal,
    "uuid": UUID,
    "bytes": base64.b64decode,
}


def dumps(value: object, *, where: str, limit: int = LIMIT_BYTES) -> str:
    """The JSON text of `value`; raises PayloadError that names the part of `where` that cannot be stored."""
    if value is None:
        return "null"
    if value == {} and isinstance(value, dict):
        return "{}"
    plain = _Plain(limit).of(value, where, 0)
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    size = len(text.encode())
    if size > limit:
        raise PayloadError(
            where, f"{size} bytes of JSON are over the limit of {limit}; store it elsewhere, pass its id"
        )
    return text


def loads(text: str | None) -> object:
    """The value that `dumps` stored; None for no text."""
    return None if text is None else _decode(text)


class _Plain:
    """Turns a value into what JSON knows, within a budget of parts: shared references could multiply without end."""

    def __init__(self, limit: int) -> None:
        self._limit = self._left = limit

    def of(self, value: object, where: str, depth: int) -> object:
        self._spend(where, depth)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return _clean(str(value), where)
        if isinstance(value, int):
            return _within_64_bits(int(value), where)
        if isinstance(value, float):
            return _finite(value, where)
        if isinstance(value, Mapping):
            return self._mapping(value, where, depth)
        if isinstance(value, list | tuple):
            return [self.of(item, f"{where}[{index}]", depth + 1) for index, item in enumerate(value)]
        stand_in = getattr(type(value), "__plain__", None)
        return _tagged(value, where) if stand_in is None else self.of(stand_in(value), where, depth + 1)

    def _spend(self, where: str, depth: int) -> None:
        self._left -= 1
        if depth > LIMIT_DEPTH:
            raise PayloadError(where, f"nested deeper than {LIMIT_DEPTH} levels")
        if self._left < 0:
            raise PayloadError(where, f"more than {self._limit} parts are over the limit of {self._limit} bytes")

    def _mapping(self, value: Mapping[object, object], where: str, depth: int) -> dict[str, object]:
        if TAG in value:
            raise PayloadError(where, f"the key {TAG!r} is reserved")
        plain = {}
        for key, item in value.items():
            if not isinstance(key, str):
                raise PayloadError(where, f"the key {key!r} is of type {type(key).__name__}; JSON keys are text")
            plain[_clean(key, where)] = self.of(item, f"{where}.{key}", depth + 1)
        return plain


def _tagged(value: object, where: str) -> dict[str, str]:
    if isinstance(value, Decimal) and not value.is_finite():
        raise PayloadError(where, f"{value} is no number; pass None, or text")
    for kind, name, encode in _ENCODERS:
        if isinstance(value, kind):
            return {TAG: name, "value": encode(value)}
    raise PayloadError(where, f"a {type(value).__name__} object cannot be stored as JSON; pass an id or plain data")


def _clean(text: str, where: str) -> str:
    if "\0" in text:
        raise PayloadError(where, "text with a NUL character cannot be stored")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise PayloadError(where, "text with a lone surrogate cannot be stored") from None
    return text


def _within_64_bits(number: int, where: str) -> int:
    if not -(1 << 63) <= number < 1 << 63:
        raise PayloadError(where, "the integer is beyond 64 bits; pass it as text")
    return number


def _finite(number: float, where: str) -> float:
    if not math.isfinite(number):
        raise PayloadError(where, f"{number} is not JSON")
    return number


def _untagged(found: dict[str, object]) -> object:
    decode = _DECODERS.get(str(found.get(TAG))) if TAG in found else None
    return decode(str(found["value"])) if decode else found


#: Made once: a decoder costs more than most arguments take to read.
_decode = json.JSONDecoder(object_hook=_untagged).decode
