"""The tables of model elements: made from the declared datatypes, created and extended by themselves."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from ..scopes import current_scope
from ..store import Database
from .datatypes import Datatype
from .datatypes.numbers import AutoInt

_logger = logging.getLogger(__name__)


def make_table(
    name: str, declared: Mapping[str, Datatype], *, metadata: sa.MetaData, indexed: Iterable[str] = ()
) -> sa.Table:
    """The table of a model with these fields; fields in `indexed` get an index even if they do not ask for one."""
    wanted = {field for field, datatype in declared.items() if datatype.options.get("dbIndex")} | set(indexed)
    columns = [_column(field, datatype) for field, datatype in declared.items()]
    unique = [
        sa.UniqueConstraint(field, name=f"uq_{name}_{field}"[:60]) for field in declared if _unique(declared[field])
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
    """The `unionIndexList` or `unionUniqueList` of a model: `[{"name": …, "fieldNameList": […]}]`."""
    for group in groups:
        fields = list(group["fieldNameList"])
        name = f"{'uq' if unique else 'ix'}_{table.name}_{group.get('name') or '_'.join(fields)}"[:60]
        if unique:
            table.append_constraint(sa.UniqueConstraint(*fields, name=name))
        else:
            sa.Index(name, *[table.c[field] for field in fields])


def ensure(database: Database, table: sa.Table, unsure: set[sa.Table]) -> None:
    """Create the table, or add the columns and indexes that it lacks. Safe beside other processes doing the same.

    Inside a transaction of this app it joins it where there is only one writer, on SQLite. If that transaction undoes
    its work, the table goes into `unsure`.
    """
    unsure.discard(table)
    scope = current_scope.get()
    if scope is not None and scope.used and scope.database is database and database.dialect == "sqlite":
        _complete(scope.session.connection(), table)
        sa.event.listen(scope.session, "after_soft_rollback", lambda _session, _undone: unsure.add(table))
        return
    with database.migrating() as connection:
        _complete(connection, table)


def restore(connection: sa.Connection, table: sa.Table, unsure: set[sa.Table]) -> None:
    """Make a table again that may be undone, in the transaction of `connection`, which is about to use it."""
    if table in unsure:
        _complete(connection, table)


def is_complete(database: Database, table: sa.Table) -> bool:
    """Whether the database has the table with all its columns and indexes."""
    with database.read() as connection:
        return not list(_lacking(connection, table))


def _complete(connection: sa.Connection, table: sa.Table) -> None:
    for statement in list(_lacking(connection, table)):
        _logger.info("%s: %s", table.name, " ".join(str(statement).split()))
        connection.execute(statement)


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
    yield from (CreateIndex(index) for index in table.indexes if index.name not in indexes)


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
