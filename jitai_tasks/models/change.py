"""One row, before and after it is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .mapping import Model


class Operate(StrEnum):
    """What happens to a row."""

    ADD = "Add"
    UPDATE = "Update"
    DELETE = "Delete"


@dataclass(slots=True, kw_only=True)
class Change:
    """One row, before and after. Its own fields are for reading; `entity` and `notes` are where followers write."""

    model: Model
    operate: Operate
    #: The mapped object; its attributes may be set while the change is not written yet.
    entity: object
    #: The values before; None for a new row.
    prev: Mapping[str, object] | None
    #: The values after; None for a deleted row.
    post: Mapping[str, object] | None = None
    #: Those that its object has not loaded, and so leaves as they are.
    unloaded: Mapping[str, object] = field(default_factory=dict)
    #: Whether its object holds what the database holds. A session may have loaded it long ago; what it did not change
    #: since may have been changed by others.
    current: bool = False
    #: Whether only the flush has found out about it, or about a part of it: that was written before anybody was asked.
    late: bool = False
    #: What followers note before the change is written, for when it is.
    notes: dict[type, object] = field(default_factory=dict)
    _changed: frozenset[str] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Take over what its followers and the database have set meanwhile."""
        self._changed = None
        if self.operate is not Operate.DELETE:
            self.post = {**self.unloaded, **self.model.values(self.entity)}

    @property
    def changed(self) -> frozenset[str]:
        """Names of the fields whose values differ."""
        if self._changed is None:
            self._changed = different(self.prev or {}, self.post or {})
        return self._changed

    @property
    def subject(self) -> str:
        """The primary key as text."""
        return self.model.subject(self.post or self.prev or {})


def different(before: Mapping[str, object], after: Mapping[str, object]) -> frozenset[str]:
    """Names of the fields whose values differ; of a new row, those that have one."""
    if not before:
        return frozenset(name for name, value in after.items() if value is not None)
    return frozenset(name for name in {**before, **after} if before.get(name) != after.get(name))
