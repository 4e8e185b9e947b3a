"""What `app.getElement("models.X")` hands out: the model's class, and at the same time a row to fill in and save."""

from __future__ import annotations

from inspect import getattr_static
from typing import Any

from .mapping import Model
from .normal import FieldAttribute, NormalModel


def offers(rows: type[NormalModel], name: str) -> bool:
    """Whether rows of this class have something of their own by that name; a field of that name is an item only."""
    found = getattr_static(rows, name, None)
    return found is not None and not isinstance(found, FieldAttribute)


class ModelElement:
    """`M = app.getElement("models.X")`: `M.query(...)`, `M(name="Ann")`, or `M.id = 1; M.status = "paid"; M.save()`.

    Every `getElement` answers one of its own, so a row half filled in is never seen by others.
    """

    __slots__ = ("_model", "_row")

    _model: Model
    _row: NormalModel | None

    def __init__(self, model: Model) -> None:
        object.__setattr__(self, "_model", model)
        object.__setattr__(self, "_row", None)

    def fresh(self) -> ModelElement:
        """Another one of the same model, without a row."""
        return ModelElement(self._model)

    @property
    def model(self) -> Model:
        """What the framework knows of the model."""
        return self._model

    @property
    def rows(self) -> type[NormalModel]:
        """The class of its rows."""
        return self._model.rows

    @property
    def table(self) -> Any:
        """SQLAlchemy's table."""
        return self._model.table

    @property
    def entity(self) -> type:
        """The class that SQLAlchemy maps to the table, for use with `app.session()`."""
        return self._model.entity

    @property
    def __filled__(self) -> NormalModel | None:
        """The row that was begun by assigning to fields."""
        return self._row

    def __call__(self, *args: Any, **kwargs: Any) -> NormalModel:
        return self._model.rows(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in self._model.declared and not offers(self._model.rows, name):
            return self._draft()[name]
        return getattr(self._model.rows() if self._row is None else self._row, name)

    def __setattr__(self, name: str, value: object) -> None:
        self[name] = value

    def __getitem__(self, name: str) -> Any:
        return self._draft()[name] if name in self._model.declared else getattr(self, name)

    def __setitem__(self, name: str, value: object) -> None:
        self._draft()[name] = value

    def _draft(self) -> NormalModel:
        if self._row is None:
            object.__setattr__(self, "_row", self._model.rows())
        assert self._row is not None
        return self._row

    def __repr__(self) -> str:
        return f"<model {self._model.name}>"
