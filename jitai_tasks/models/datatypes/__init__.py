"""The datatypes of model fields, as `datatypes.Stext`, `datatypes.Datetime` and so on."""

from __future__ import annotations

from . import numbers, related, structures, texts, times
from .base import Datatype, Namespace

#: Every datatype by name.
TYPES: dict[str, type[Datatype]] = {
    name: found
    for module in (texts, numbers, times, structures, related)
    for name, found in vars(module).items()
    if isinstance(found, type) and issubclass(found, Datatype) and found.__module__ == module.__name__
}
del TYPES["Structure"]

datatypes = Namespace(TYPES)

__all__ = ["TYPES", "Datatype", "Namespace", "datatypes"]
