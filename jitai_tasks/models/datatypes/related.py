"""Datatypes that hold rows of another model, the one that `generic` names; stored as JSON, like other structures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, cast

from ...app import App
from ...errors import ModelError
from ..fields import plain
from ..rowlist import RowList as Rows
from ..rowlist import rows_of
from ..rows import RowData as Row
from .structures import JitDict, JitList, bare


class RowData(JitDict):
    """One row of another model: `RowData(generic="models.X")`. It holds a row or the dictionary of one.

    Nothing of the other model is read or written unless `refresh`, `save` or `delete` says so.
    """

    __slots__ = ()

    def toDict(self) -> dict[str, Any]:
        return cast("dict[str, Any]", bare(self._value or {}))

    @property
    def pkData(self) -> dict[str, Any]:
        """The primary key by field."""
        return cast("dict[str, Any]", self._row().pkData)

    def update(self, values: Mapping[str, object] | None = None, **more: object) -> None:
        """Set several members."""
        held = self._copy()
        held.update({name: plain(value) for name, value in {**(values or {}), **more}.items()})
        self.value = held

    def refresh(self) -> Self:
        """Read the row again; ModelError if it is gone."""
        self._take(self._row().refresh())
        return self

    def save(self, triggerEvent: int = 1) -> Self:
        """Insert or update the row in its own model."""
        self._take(self._row().save(triggerEvent))
        return self

    def delete(self, triggerEvent: int = 1) -> bool:
        """Delete the row from its own model; False if it is gone already."""
        return bool(self._row().delete(triggerEvent))

    def _row(self) -> Any:
        if self._value is None:
            raise ModelError(self.name or "RowData", "holds no row")
        held = self._value
        return held if _is_of_model(held) else _rows(self, needed=True)(held)

    def _take(self, row: Any) -> None:
        self.value = row if row is self._value else row.toDict()

    def _copy(self) -> Any:
        """A row knows itself what was before."""
        return self._value if isinstance(self._value, Row) else super()._copy()


class RowList(JitList):
    """Rows of another model: `RowList(generic="models.X")`. It holds a list of rows or dictionaries."""

    __slots__ = ()

    @property
    def length(self) -> int:
        """How many rows there are."""
        return self.listCount()

    @property
    def firstRow(self) -> Any:
        """The first row; None if there is none."""
        return self._list().firstRow

    def filter(self, filter: object = None) -> Rows:
        """The rows that pass a filter, without asking the database."""
        return self._list().filter(filter)

    def aggregate(self, aggrField: str, aggrType: str = "count") -> Any:
        """count, countDistinct, sum, avg, min or max of a field over the rows; empty values do not count."""
        return self._list().aggregate(aggrField, aggrType)

    def update(self, values: Mapping[str, object] | None = None, **more: object) -> None:
        """Set fields of every row; `save` writes them."""
        rows = self._list()
        rows.update(values, **more)
        self._take(rows)

    def save(self, triggerEvent: int = 1) -> Self:
        """Save every row in its own model, all or nothing."""
        self._take(self._list().save(triggerEvent))
        return self

    def delete(self, triggerEvent: int = 1) -> int:
        """Delete every row from its own model, all or nothing; answers how many there were."""
        return self._list().delete(triggerEvent)

    def _list(self) -> Rows:
        held = self._value or []
        first = next((type(item) for item in held if _is_of_model(item)), None)
        return rows_of(held, first or _rows(self, needed=False))

    def _take(self, rows: Rows) -> None:
        """Hold the rows; what was a dictionary stays one."""
        pairs = zip(self._value or [], rows, strict=True)
        self.value = [row if row is held else row.toDict() for held, row in pairs]


def _is_of_model(value: object) -> bool:
    """Whether a value is a row of a model, by what its class knows: models are made of datatypes, and import this."""
    return hasattr(type(value), "__model__")


def _rows(field: RowData | RowList, *, needed: bool) -> Any:
    """The class of the rows of the model that a field's `generic` names; None if it names none."""
    generic = field.options.get("generic")
    if not generic:
        if needed:
            raise ModelError(field.name or type(field).__name__, "needs a model: say which one, generic='models.X'")
        return None
    found = getattr(App.current().getElement(str(generic)), "rows", None)
    if found is None:
        raise ModelError(str(generic), "this element is no model")
    return found
