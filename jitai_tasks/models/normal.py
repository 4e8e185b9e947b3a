"""Models: a class with datatype fields is a table, and its objects are rows. The names are JitAi's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from ..app import App
from ..errors import ModelError
from . import aggregating, reading, transitions, writing
from .datatypes import Datatype
from .fields import Field, plain
from .mapping import Model
from .rows import JitDict, RowData, snapshot

Order = Sequence[Sequence[Any]]


class FieldAttribute:
    """Stands in the class for a declared field: the declaration on the class, the row's field on a row."""

    def __init__(self, declared: Datatype) -> None:
        self.declared = declared

    def __get__(self, row: NormalModel | None, owner: type) -> Any:
        return self.declared if row is None else row[self.declared.name]

    def __set__(self, row: NormalModel, value: object) -> None:
        row[self.declared.name] = value


class NormalModel(RowData):
    """Base of an application's models, and of their rows.

    class OrderModel(NormalModel):
        id = datatypes.AutoInt(name="id", title="ID", primaryKey=True)
        status = datatypes.Stext(name="status", title="Status")

    A row may define `beforeSave`, `afterSave`, `beforeDelete` and `afterDelete(self, triggerEvent=1)`. While they run,
    `self._original_data` holds the values before the change.
    """

    #: Declared fields, those of base classes first.
    __declared__: ClassVar[dict[str, Datatype]] = {}
    #: Set once the model is bound to the open app.
    __model__: ClassVar[Model | None] = None

    _original_data: dict[str, object]
    #: Names of the fields that were assigned and are not committed yet.
    _assigned: set[str]
    #: The mapped object that was made of a new row.
    _entity: object = None

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        own = {name: value for name, value in vars(cls).items() if isinstance(value, Datatype)}
        cls.__declared__ = {**cls.__declared__, **own}
        cls.__model__ = None
        for name, declared in own.items():
            declared.name = name
            setattr(cls, name, FieldAttribute(declared))

    def __init__(self, values: Mapping[str, object] | None = None, **more: object) -> None:
        super().__init__()
        self.reset()
        self.update(values, **more)

    @classmethod
    def _loaded(cls, values: Mapping[str, object]) -> Self:
        """A row as it stands in the database."""
        row = cls.__new__(cls)
        row.reset(values)
        return row

    @classmethod
    def model(cls) -> Model:
        """What the framework knows of the model; binds it to the open app at first use."""
        return cls.__model__ or _bound(cls)

    def __getattr__(self, name: str) -> Any:
        if name == "_original_data":
            return {}
        return super().__getattr__(name)

    def __setattr__(self, name: str, value: object) -> None:
        if name.startswith("_"):
            object.__setattr__(self, name, value)
        else:
            self[name] = value

    def __setitem__(self, name: str, value: object) -> None:
        self.model().field(name)
        self._fields[name] = plain(value)
        self._assigned.add(name)

    def _assign(self, name: str, field: Field) -> None:
        super()._assign(name, field)
        if self._fields[name] is field:
            self._assigned.add(name)

    def _field(self, name: str, error: type[Exception]) -> Field:
        declared = self.model().declared.get(name)
        if declared is None:
            raise error(f"{self.model().name} has no field {name!r}; there are {', '.join(self.model().fields)}")
        found = self._fields.get(name)
        if not isinstance(found, Field):
            found = declared.with_value(found, self)
            if name in self._fields:
                self._fields[name] = found
        return found

    @property
    def pkData(self) -> dict[str, Any]:
        """The primary key by field."""
        return {name: plain(self._fields.get(name)) for name in self.model().primary}

    def save(self, triggerEvent: int = 1) -> Self:
        """Insert the row, or update the fields that were assigned if a row with its key exists.

        What others have written to other fields meanwhile stays, and the row holds it afterwards.
        `triggerEvent=0`: nothing follows from it, neither lifecycle methods nor events nor date-field tasks.
        """
        writing.save(self, trigger=bool(triggerEvent))
        return self

    def delete(self, triggerEvent: int = 1) -> bool:
        """Delete the row; False if it is gone already."""
        return writing.delete(self, trigger=bool(triggerEvent))

    def transition(self, name: str, **values: object) -> Self:
        """Make the transition of this name that the model declares, and write `values` with it.

        It sees the row as it is stored now. TransitionRefused, a ModelError, if the row is not ready for it.
        """
        transitions.make(self, name, values)
        return self

    def before(self) -> dict[str, object]:
        """The values before the last change."""
        return dict(self._original_data)

    def refresh(self) -> Self:
        """Read the row again; ModelError if it is gone."""
        fresh = reading.by_key(self.model(), self.pkData)
        if fresh is None:
            raise ModelError(self.model().name, f"row {self.pkData} is gone")
        self.reset(fresh)
        return self

    def reset(self, values: Mapping[str, object] | None = None) -> None:
        """Forget what was assigned, and hold these values instead."""
        object.__setattr__(self, "_fields", dict(values or {}))
        object.__setattr__(self, "_original_data", snapshot(values or {}))
        object.__setattr__(self, "_assigned", set())

    @classmethod
    def create(cls, rowData: Any = None, triggerEvent: int = 1, **values: object) -> Self:
        """Insert a row; answers it with its key."""
        row = cls({**writing.plain_values(rowData), **values})
        writing.save(row, trigger=bool(triggerEvent), insert=True)
        return row

    @classmethod
    def get(cls, filter: Any = None, orderList: Order | None = None, level: int = 2) -> Any:  # type: ignore[override]
        """The first row that passes the filter, or None. `orderList`: `[["name", 1], ["age", -1]]`."""
        del level
        found = reading.rows(cls.model(), filter, order=orderList, limit=1)
        return found[0] if found else None

    @classmethod
    def query(
        cls,
        filter: Any = None,
        fieldList: Any = None,
        orderList: Any = None,
        page: int | None = None,
        size: int | None = None,
        level: int = 2,
    ) -> JitDict:
        """`{"rowDatas": [...], "totalCount": n}`: the rows that pass; page 1 is the first, size -1 is all."""
        del level
        fields, order = reading.fields_and_order(fieldList, orderList)
        return reading.page(cls.model(), filter, fields=fields, order=order, page=page, size=size)

    @classmethod
    def updateByPK(cls, pkList: Any, updateData: Any, triggerEvent: int = 1) -> int:
        """Change the rows with these keys, one by one and with all that follows; answers how many there were."""
        return writing.update_keys(cls.model(), pkList, updateData, trigger=bool(triggerEvent))

    @classmethod
    def deleteByPK(cls, pkList: Any, triggerEvent: int = 1) -> int:
        """Delete the rows with these keys; answers how many there were."""
        return writing.delete_keys(cls.model(), pkList, trigger=bool(triggerEvent))

    @classmethod
    def updateByFilter(cls, filter: Any, updateData: Any) -> int:
        """Change all rows that pass, in one statement. No events; date-field tasks notice at the next sweep."""
        return writing.update_where(cls.model(), filter, updateData)

    @classmethod
    def deleteByFilter(cls, filter: Any) -> int:
        """Delete all rows that pass, in one statement. No events; date-field tasks notice at the next sweep."""
        return writing.delete_where(cls.model(), filter)

    @classmethod
    def createOrUpdateMany(cls, rowDataList: Sequence[Any], triggerEvent: int = 1) -> list[Self]:
        """Save every row: with a known key it is updated, otherwise inserted. All or nothing."""
        return writing.save_many(cls, rowDataList, trigger=bool(triggerEvent))

    @classmethod
    def updateOrAdd(
        cls, filter: Any, orderList: Order | None, updateData: Any, addData: Any, triggerEvent: int = 1
    ) -> Self:
        """Change the first row that passes, or insert one."""
        with cls.model().app.transaction():
            row: Self | None = cls.get(filter, orderList)
            if row is None:
                return cls.create(addData, triggerEvent)
            row.update(writing.without_key(cls.model(), row.pkData, updateData))
            return row.save(triggerEvent)

    @classmethod
    def aggregate(cls, filter: Any, aggrField: str, aggrType: str = "count") -> Any:
        """count, countDistinct, sum, avg, min or max of a field over the rows that pass; None if there are none.

        An avg is a Decimal with four decimals more than the field has (a float for fields that hold floats).
        """
        return aggregating.aggregate(cls.model(), filter, aggrField, aggrType)

    @classmethod
    def groupBy(
        cls, filter: Any = None, groupFields: str | Sequence[str] = (), aggrs: Sequence[Sequence[str]] = ()
    ) -> list[JitDict]:
        """One dictionary per group: the group's fields, and `<type>_<field>` for every (field, type) of `aggrs`.

        Without `groupFields` all rows are one group.
        """
        return aggregating.groups(cls.model(), filter, groupFields, aggrs)

    @classmethod
    def getFieldData(cls, filter: Any, fieldName: str) -> list[Any]:
        """The different values of a field."""
        return aggregating.distinct(cls.model(), filter, fieldName)

    @classmethod
    def getCompareResult(cls, q: Any, bizRow: Any) -> bool:
        """Whether a row or a dictionary passes a filter, without asking the database."""
        return reading.passes(cls.model(), q, writing.plain_values(bizRow))


def _bound(cls: type[NormalModel]) -> Model:
    """Bind a class that was imported and not yet asked for by name."""
    App.current().getElement(cls.__module__.removesuffix(".model")).load()
    if cls.__model__ is None:
        raise ModelError(cls.__qualname__, "this class is no model of the open app; its element has another class")
    return cls.__model__
