"""The tables of model elements: made from the declared datatypes, created and extended by themselves."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from ..scopes import current_scope
from ..store import Database
from ..store.trouble import conflict
from .datatypes import Datatype
from .datatypes.numbers import AutoInt

_logger = logging.getLogger(__name__)

#: MySQL: a text without limit, or with one too high, cannot be in an index (MariaDB keeps its hash); what PostgreSQL
#: says when such a text is there already.
_LONGEST_NAME = 60
_TOO_LONG = frozenset({1170, 1071, "54000"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Fields of a table that the database cannot keep unique, and why."""

    fields: tuple[str, ...]
    reason: str


def make_table(
    name: str, declared: Mapping[str, Datatype], *, metadata: sa.MetaData, indexed: Iterable[str] = ()
) -> sa.Table:
    """The table of a model with these fields; fields in `indexed` get an index even if they do not ask for one."""
    wanted = {field for field, datatype in declared.items() if datatype.options.get("dbIndex")} | set(indexed)
    columns = [_column(field, datatype) for field, datatype in declared.items()]
    unique = [
        sa.Index(_unique_name(name, field, [field]), field, unique=True)
        for field in declared
        if _unique(declared[field])
    ]
    indexes = [sa.Index(f"ix_{name}_{field}"[:60], field) for field in declared if field in wanted]
    return sa.Table(
        name,
        metadata,
        *columns,
        *unique,
        *indexes,
        sqlite_autoincrement=_counts_up(declared),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",  # text compares as it does everywhere else
    )


def add_groups(table: sa.Table, groups: Iterable[Mapping[str, Any]], *, unique: bool) -> None:
    """The `unionIndexList` or `unionUniqueList` of a model: `[{"name": …, "fieldNameList": […]}]`; ValueError."""
    for group in groups:
        fields = [str(name) for name in group.get("fieldNameList") or ()]
        unknown = [name for name in fields if name not in table.c]
        if unknown or not fields:
            listed = "unionUniqueList" if unique else "unionIndexList"
            raise ValueError(f"{listed}: there is no field {', '.join(unknown) or 'at all'} in {dict(group)}")
        said = str(group.get("name") or "_".join(fields))
        name = _unique_name(table.name, said, fields) if unique else f"ix_{table.name}_{said}"[:60]
        sa.Index(name, *[table.c[field] for field in fields], unique=unique)


def _unique_name(table: str, said: str, fields: Sequence[str]) -> str:
    """With a sign of its own where an underscore, or a cut, could make two names one: SQLite has one space for all."""
    plain = f"uq_{table}_{said}"
    if "_" not in table + said and len(plain) <= _LONGEST_NAME:
        return plain
    sign = hashlib.blake2s("\0".join([table, *fields]).encode(), digest_size=4).hexdigest()
    return f"{plain[: _LONGEST_NAME - 9]}_{sign}"


def ensure(database: Database, table: sa.Table, unsure: set[sa.Table]) -> list[Refusal]:
    """Create the table, or add the columns and indexes that it lacks. Safe beside other processes doing the same.

    Answers what cannot be unique because of the rows that there are; the table is of use all the same.

    Inside a transaction of this app it joins it where there is only one writer, on SQLite. If that transaction undoes
    its work, the table goes into `unsure`.
    """
    unsure.discard(table)
    scope = current_scope.get()
    if scope is not None and scope.used and scope.database is database and database.dialect == "sqlite":
        refused = _complete(scope.session.connection(), table)
        sa.event.listen(scope.session, "after_soft_rollback", lambda _session, _undone: unsure.add(table))
        return refused
    with database.migrating() as connection:
        return _complete(connection, table)


def restore(connection: sa.Connection, table: sa.Table, unsure: set[sa.Table]) -> None:
    """Make a table again that may be undone, in the transaction of `connection`, which is about to use it."""
    if table in unsure:
        _complete(connection, table)


def _complete(connection: sa.Connection, table: sa.Table) -> list[Refusal]:
    refused = []
    for statement in list(_lacking(connection, table)):
        _logger.info("%s: %s", table.name, " ".join(str(statement).split()))
        if isinstance(statement, CreateIndex) and statement.element.unique:
            refused += _made_unique(connection, statement)
        else:
            connection.execute(statement)
    return refused


def _made_unique(connection: sa.Connection, statement: CreateIndex) -> list[Refusal]:
    """Make a unique index; answers what is in the way, if anything is."""
    index = statement.element
    reason = ""
    if index.name in {found["name"] for found in sa.inspect(connection).get_indexes(str(index.table))}:
        reason = f"index {index.name} is one of other fields; drop it"
    elif _repeat(connection, index):
        reason = "rows repeat"
    else:
        try:
            with _undoable(connection), _hurried(connection):
                connection.execute(statement)
        except sa.exc.IntegrityError:
            reason = "rows repeat"
        except sa.exc.DBAPIError as error:
            if not (_is_too_long(error) or conflict(error)):
                raise
            reason = str(error.orig).splitlines()[0]  # what follows are hints
    return [Refusal(fields=_fields(index), reason=reason)] if reason else []


def _repeat(connection: sa.Connection, index: sa.Index) -> bool:
    """Whether rows are in the way; to look waits for nobody, and most of the time nothing else is needed."""
    columns = list(index.columns)
    filled = sa.and_(*[column.is_not(None) for column in columns])
    twice = sa.select(sa.literal(1)).where(filled).group_by(*columns).having(sa.func.count() > 1).limit(1)
    return connection.execute(twice).first() is not None


@contextmanager
def _hurried(connection: sa.Connection) -> Iterator[None]:
    """Within it a change of a table waits for a second at most: who writes to it may be the one who waits for this."""
    known = {"postgresql": "SET LOCAL lock_timeout", "mysql": "SET SESSION lock_wait_timeout"}
    name = "mysql" if connection.dialect.name == "mariadb" else connection.dialect.name
    if name not in known:
        yield
        return
    connection.exec_driver_sql(f"{known[name]} = {1000 if name == 'postgresql' else 1}")
    try:
        yield
    except sa.exc.DBAPIError:
        if name == "mysql":  # what PostgreSQL was told ends with the savepoint
            connection.exec_driver_sql(f"{known[name]} = DEFAULT")
        raise
    connection.exec_driver_sql(f"{known[name]} = DEFAULT")


def _is_too_long(error: sa.exc.DBAPIError) -> bool:
    return not _TOO_LONG.isdisjoint((*getattr(error.orig, "args", ()), getattr(error.orig, "sqlstate", None)))


def _undoable(connection: sa.Connection) -> AbstractContextManager[object]:
    """PostgreSQL goes on after an error from a savepoint only; MariaDB commits with every change of a table."""
    return connection.begin_nested() if connection.dialect.name == "postgresql" else nullcontext()


def _lacking(connection: sa.Connection, table: sa.Table) -> Iterable[sa.schema.ExecutableDDLElement]:
    inspector = sa.inspect(connection)
    if not inspector.has_table(table.name):
        yield CreateTable(table, if_not_exists=True)
        yield from (CreateIndex(index) for index in table.indexes)
        return
    known = {column["name"] for column in inspector.get_columns(table.name)}
    for column in table.columns:
        if column.name not in known:
            yield _add_column(connection, column)
    indexes = {index["name"] for index in inspector.get_indexes(table.name)}
    unique = _unique_fields(inspector, table.name)
    for index in table.indexes:
        there = frozenset(_fields(index)) in unique if index.unique else index.name in indexes
        if not there:
            yield CreateIndex(index)


def _fields(index: sa.Index) -> tuple[str, ...]:
    return tuple(column.name for column in index.columns)


def _unique_fields(inspector: sa.Inspector, table: str) -> set[frozenset[object]]:
    """What the database keeps unique, in every row; tables have constraints for it where others have indexes."""
    found = [index for index in inspector.get_indexes(table) if index["unique"] and not _partial(index)]
    constraints = inspector.get_unique_constraints(table)
    return {frozenset(each["column_names"]) for each in (*found, *constraints)}  # type: ignore[call-overload]  # dicts of two kinds


def _partial(index: Mapping[str, Any]) -> bool:
    return any(name.endswith("_where") for name in index.get("dialect_options", ()))


def _add_column(connection: sa.Connection, column: sa.Column[Any]) -> sa.schema.ExecutableDDLElement:
    spec = connection.dialect.ddl_compiler(connection.dialect, None).get_column_specification(column)  # type: ignore[arg-type]
    table = connection.dialect.identifier_preparer.format_table(column.table)
    statement: sa.schema.ExecutableDDLElement = sa.DDL(f"ALTER TABLE {table} ADD COLUMN {spec}".replace("%", "%%"))  # type: ignore[no-untyped-call]
    return statement


def _column(name: str, datatype: Datatype) -> sa.Column[Any]:
    counts = isinstance(datatype, AutoInt) and datatype.primaryKey
    return sa.Column(name, datatype.column_type(), primary_key=datatype.primaryKey, autoincrement=counts)


def _unique(datatype: Datatype) -> bool:
    return bool(datatype.options.get("unique")) and not datatype.primaryKey


def _counts_up(declared: Mapping[str, Datatype]) -> bool:
    """SQLite gives the key of a deleted last row to the next one unless told not to; reminders would mix them up."""
    keys = [datatype for datatype in declared.values() if datatype.primaryKey]
    return len(keys) == 1 and isinstance(keys[0], AutoInt)
