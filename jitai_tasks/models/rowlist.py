"""Lists of rows: what a query answers, and what several rows can do together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

from ..errors import ModelError
from .aggregates import aggregable, answered, known
from .fields import plain
from .q.memory import holds
from .rows import RowData, plain_member

if TYPE_CHECKING:
    from .normal import NormalModel

_FUNCTIONS: dict[str, Callable[[Sequence[Any]], Any]] = {
    "count": len,
    "countDistinct": lambda values: len(set(values)),
    "sum": lambda values: sum(values) if values else None,
    "avg": lambda values: sum(values) / len(values) if values else None,
    "min": lambda values: min(values, default=None),
    "max": lambda values: max(values, default=None),
}


class RowList(list[Any]):
    """A list of rows of one model, in memory. Slices of it are such lists too."""

    __slots__ = ("_of",)

    def __init__(self, rows: Iterable[Any] = (), of: type[NormalModel] | None = None) -> None:
        super().__init__(rows)
        #: The class of the rows; None if they are of no model.
        self._of = of

    def __reduce__(self) -> tuple[Any, ...]:
        return RowList, (list(self), self._of)

    @overload
    def __getitem__(self, index: SupportsIndex) -> Any: ...

    @overload
    def __getitem__(self, index: slice) -> RowList: ...

    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        found = super().__getitem__(index)
        return RowList(found, self._of) if isinstance(index, slice) else found

    @property
    def length(self) -> int:
        """How many rows there are."""
        return len(self)

    @property
    def firstRow(self) -> Any:
        """The first row; None if there is none."""
        return self[0] if self else None

    def append(self, row: Any) -> None:
        """Add a row at the end; a dictionary becomes a row of the model."""
        super().append(self._of(row) if self._of is not None and isinstance(row, Mapping) else row)

    def filter(self, filter: object = None) -> RowList:
        """The rows that pass a filter, without asking the database; FilterError for what is none."""
        wanted = self._class("filter").model().checked(filter)
        return RowList([row for row in self if holds(wanted, partial(plain_member, row))], self._of)

    def aggregate(self, aggrField: str, aggrType: str = "count") -> Any:
        """count, countDistinct, sum, avg, min or max of a field over the rows; empty values do not count."""
        function = _FUNCTIONS[known(self._name(), aggrType)]
        field = None if self._of is None else aggregable(self._of.model(), aggrField, aggrType)
        values = [value for row in self if (value := self._held(row, aggrField)) is not None]
        try:
            found = function(values)
        except TypeError as error:  # rows of no model hold anything
            reason = f"{aggrType} of {aggrField} makes no sense for the values that it holds: {error}"
            raise ModelError(self._name(), reason) from None
        return found if field is None else answered(field, aggrType, found)

    def update(self, values: Mapping[str, object] | None = None, **more: object) -> None:
        """Set fields of every row; `save` writes them."""
        for row in self:
            row.update({**(values or {}), **more})

    def save(self, triggerEvent: int = 1) -> RowList:
        """Save every row, all or nothing; `triggerEvent=0`: nothing follows from it."""
        with self._class("save").model().app.transaction():
            for row in self:
                row.save(triggerEvent)
        return self

    def delete(self, triggerEvent: int = 1) -> int:
        """Delete every row, all or nothing; answers how many there were. The list keeps what they held."""
        with self._class("delete").model().app.transaction():
            return sum(row.delete(triggerEvent) for row in self)

    def _held(self, row: Any, name: str) -> Any:
        value = plain_member(row, name)
        return plain(value) if self._of is None else self._of.model().held(name, value)

    def _class(self, verb: str) -> type[NormalModel]:
        if self._of is None:
            raise ModelError(self._name(), f"{verb} needs a model: say which one, generic='models.X'")
        return self._of

    def _name(self) -> str:
        return "rows of no model" if self._of is None else self._of.model().name


def rows_of(values: Iterable[Any], rows: type[NormalModel] | None) -> RowList:
    """Rows and dictionaries as rows of a class; without one, as rows of no model."""
    make = RowData if rows is None else rows
    return RowList([value if isinstance(value, RowData) else make(value) for value in values], rows)
