"""The models of an open app: bound to their tables when they are first needed, found by name and by mapped class."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, registry

from ..definition import Definition
from ..errors import ModelError
from ..scopes import following
from ..store.tables import metadata
from . import inferred, tables
from .aftermath import on_our_database
from .beforehand import is_given
from .changes import Follower, Watch
from .element import offers
from .fields import plain
from .kinds import Kind
from .mapping import Model, field_info, fields_of
from .normal import NormalModel

if TYPE_CHECKING:
    from ..app import App
    from ..store import Database
_logger = logging.getLogger(__name__)

NORMAL = "models.NormalType"
MAPPED = "models.SQLAlchemyType"
DEFAULT_DATABASE = "databases.Default"
_NOT_UNIQUE = "%s: the database does not keep %s unique: %s; the first start after that is mended makes it so"
_HIDDEN = "%s: rows have something of their own called %s; these fields are reached as items: row[%r]"
FRAMEWORK_TABLES = frozenset(metadata.tables)
#: What rows offer themselves.
TAKEN = frozenset(name for name in dir(NormalModel) if not name.startswith("_"))


def models(app: App) -> Models:
    """The models of an app."""
    return app.part(Models)


class Models:
    """See `models`."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._registry = registry()
        self._by_name: dict[str, Model] = {}
        self._by_class: dict[type, Model | None] = {}
        self._paths = _paths(app)
        self._watch: Watch | None = None
        self._unsure: set[sa.Table] = set()
        self._indexed = _watched_fields(app)

    @property
    def watched(self) -> bool:
        """Whether changes of rows are noticed."""
        return self._watch is not None

    def watch(self, followers: Iterable[Follower]) -> None:
        """Begin to notice changes of rows; once is enough."""
        if self._watch is None:
            self._watch = Watch(self.find, followers, self._inside)
            self._watch.install()

    def _inside(self, session: Session, model: Model) -> AbstractContextManager[None]:
        held = on_our_database(self._app, session, model)
        return nullcontext() if held is None else following(session, held, lambda: self._app.database)

    def unwatch(self) -> None:
        """Stop noticing changes."""
        if self._watch is not None:
            self._watch.remove()
            self._watch = None

    def get(self, full_name: str) -> Model:
        """The model of that name. ElementNotFound, ElementBroken or ModelError says what is wrong."""
        if full_name not in self._by_name:
            self._app.getElement(full_name).load()
        if full_name not in self._by_name:
            raise ModelError(full_name, "this element is no model")
        return self._by_name[full_name]

    def find(self, cls: type) -> Model | None:
        """The model that a mapped class belongs to; None if it belongs to none."""
        if cls not in self._by_class:
            self._by_class[cls] = self._found(cls)
        return self._by_class[cls]

    def _found(self, cls: type) -> Model | None:
        for base in cls.__mro__[:-1]:
            if self._by_class.get(base) is not None:
                return self._by_class[base]
            name = self._paths.get(f"{base.__module__}:{base.__qualname__}")
            if name is not None and not _shares_rows(sa.inspect(base, raiseerr=False)):
                return self.get(name)
        return None

    def bind(self, definition: Definition, rows: type[NormalModel]) -> Model:
        """Make a model of a class with datatype fields; its table is created or extended. If that fails (the database
        may be away for a moment), nothing is left of it, and it can be tried again."""
        table = self._table(definition, rows)
        try:
            meta = vars(rows).get("Meta")
            tables.add_groups(table, getattr(meta, "unionIndexList", None) or (), unique=False)
            tables.add_groups(table, getattr(meta, "unionUniqueList", None) or (), unique=True)
            if not table.primary_key.columns:
                raise _without_key(definition)
            for refused in tables.ensure(self._database(definition), table, self._unsure):
                _logger.error(_NOT_UNIQUE, definition.full_name, ", ".join(refused.fields), refused.reason)
            return self._kept(self._mapped(definition, rows, table))
        except BaseException:
            self._registry.metadata.remove(table)
            raise

    def _mapped(self, definition: Definition, rows: type[NormalModel], table: sa.Table) -> Model:
        entity = _entity(definition.name, rows)
        mapper: Any = self._registry.map_imperatively(entity, table)
        zone = ZoneInfo(self._app.timezone)
        fields = {
            name: field_info(name, mapper.columns[name], zone, declared.title)
            for name, declared in rows.__declared__.items()
        }
        return self._model(definition, rows, fields=fields, table=table, entity=entity)

    def bind_class(self, definition: Definition, rows: type[NormalModel]) -> Model:
        """Make a model of the mapped class that the e.json names; its table is left alone."""
        entity = _imported(definition, self._app)
        mapper: Any = sa.inspect(entity, raiseerr=False)
        if mapper is None or not mapper.is_mapper:
            raise ModelError(definition.full_name, f"{definition.config['class']} is no class that SQLAlchemy maps")
        if _shares_rows(mapper):
            parent = mapper.base_mapper.class_.__qualname__
            reason = (
                f"shares its rows with {parent}, which it inherits from; name {parent}, and use filters (columns of a "
                "table of its own cannot be followed)"
            )
            raise ModelError(definition.full_name, f"{definition.config['class']} {reason}")
        fields = fields_of(mapper, ZoneInfo(self._app.timezone))
        hidden = [name for name in fields if name.startswith("_") or offers(rows, name)]
        if hidden:
            _logger.warning(_HIDDEN, definition.full_name, ", ".join(hidden), hidden[0])
        rows.__declared__ = inferred.declared(fields)
        return self._kept(self._model(definition, rows, fields=fields, table=mapper.local_table, entity=entity))

    def _model(
        self, definition: Definition, rows: type[NormalModel], *, fields: dict[str, Any], table: Any, entity: type
    ) -> Model:
        keys = {column.name for column in cast(sa.Table, table).primary_key.columns}
        primary = tuple(name for name, field in fields.items() if field.column.name in keys)
        if not primary:
            raise _without_key(definition)
        return Model(
            app=self._app,
            definition=definition,
            fields=fields,
            declared=rows.__declared__,
            table=table,
            entity=entity,
            primary=primary,
            given=frozenset(name for name, field in fields.items() if is_given(field.column)),
            rows=rows,
            database=self._database(definition),
            unsure=self._unsure,
        )

    def _kept(self, model: Model) -> Model:
        model.rows.__model__ = model
        self._by_name[model.name] = model
        self._by_class[model.entity] = model
        return model

    def _table(self, definition: Definition, rows: type[NormalModel]) -> sa.Table:
        taken = [name for name in rows.__declared__ if name in TAKEN]
        if taken:
            raise ModelError(definition.full_name, f"no field can be called {', '.join(taken)}; rows have such methods")
        if not rows.__declared__:
            raise ModelError(definition.full_name, f"the class {rows.__qualname__} declares no fields")
        meta = vars(rows).get("Meta")
        name = plain(definition.config.get("dbTable") or getattr(meta, "dbTable", None) or definition.name)
        dates = {field for field, declared in rows.__declared__.items() if declared.kind in (Kind.DATE, Kind.DATETIME)}
        indexed = self._indexed.get(definition.full_name, set()) & dates
        if str(name) in FRAMEWORK_TABLES:
            raise ModelError(definition.full_name, f"the table {name} is one of jitai-tasks; say another `dbTable`")
        there = self._registry.metadata.tables.get(str(name))
        if owner := next((model.name for model in self._by_name.values() if model.table is there), None):
            raise ModelError(definition.full_name, f"its table {name} is that of {owner}; say another `dbTable`")
        return tables.make_table(str(name), rows.__declared__, metadata=self._registry.metadata, indexed=indexed)

    def _database(self, definition: Definition) -> Database:
        name = str(definition.config.get("db") or DEFAULT_DATABASE)
        if name == DEFAULT_DATABASE:
            return self._app.opened_database
        return cast("Database", self._app.getElement(name).database)


def _without_key(definition: Definition) -> ModelError:
    return ModelError(definition.full_name, "no field is the primary key; say primaryKey=True at one")


def _shares_rows(mapper: Any) -> bool:
    """Whether the rows of a mapped class are also rows of the class that it inherits from."""
    return mapper is not None and mapper.inherits is not None and not mapper.concrete


def _entity(name: str, rows: type[NormalModel]) -> type:
    """A class for SQLAlchemy to map; fields that are not given are empty, so that nothing has to be read back."""

    def __init__(self: object, **values: object) -> None:  # noqa: N807 - of the class made below
        unknown = values.keys() - rows.__declared__.keys()
        if unknown:
            raise TypeError(f"{name} has no field {', '.join(sorted(unknown))}")
        for field in rows.__declared__:
            setattr(self, field, values.get(field))

    return type(name, (), {"__module__": rows.__module__, "__init__": __init__})


def _watched_fields(app: App) -> dict[str, set[str]]:
    """The date fields, by model, that tasks watch; they get an index."""
    found: dict[str, set[str]] = {}
    for definition in app.tasks():
        timer = definition.config.get("timerCfg")
        if isinstance(timer, Mapping) and timer.get("startField"):
            found.setdefault(str(definition.config.get("modelPath")), set()).add(str(timer["startField"]))
    return found


def _paths(app: App) -> dict[str, str]:
    """`module:Class` → model, of all models that name a mapped class."""
    catalog = app.catalog
    return {
        str(definition.config["class"]): name
        for name, definition in catalog.definitions.items()
        if MAPPED in catalog.chain_names(definition) and "class" in definition.config
    }


def _imported(definition: Definition, app: App) -> type:
    path = str(definition.config["class"])
    module, _, name = path.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        hint = (
            f"start jitai-tasks where {module.partition('.')[0]} can be imported, or put it into commons/ of {app.root}"
        )
        raise ModelError(definition.full_name, f"class {path}: {error}; {hint}") from error
    return cast(type, found)
