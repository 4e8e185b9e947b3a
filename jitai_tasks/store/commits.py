"""What shall happen once a transaction has committed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from . import trouble

_CALLS = "jitai_on_commit"
_UNDONE = "jitai_undone_by"
Call = Callable[[], object]


def watch(engine: sa.Engine) -> None:
    """Make `engine` run what `on_commit` registered, right after the database has committed.

    SQLAlchemy's own "commit" event comes before the commit; a doorbell rung then wakes a runner too early.
    A transaction that the server has undone is never committed, even if the code in it went on after the error: half of
    it would be missing.
    """
    commit, rollback = engine.dialect.do_commit, engine.dialect.do_rollback

    def commit_then_call(dbapi_connection: sa.PoolProxiedConnection) -> None:
        if (error := dbapi_connection.info.get(_UNDONE)) is not None:
            raise error
        commit(dbapi_connection)
        _call(cast("dict[str, list[Call]]", dbapi_connection.info))

    def rollback_and_forget(dbapi_connection: sa.PoolProxiedConnection) -> None:
        _forget(dbapi_connection.info)
        rollback(dbapi_connection)

    engine.dialect.do_commit = commit_then_call  # type: ignore[method-assign]
    engine.dialect.do_rollback = rollback_and_forget  # type: ignore[method-assign]
    event.listen(engine, "handle_error", _note_undone)


def on_commit(held: sa.Connection | Session, call: Call) -> None:
    """Register `call`, once, for the transaction that `held` is in."""
    connection = held.connection() if isinstance(held, Session) else held
    if connection.get_execution_options().get("jitai_database") is not None:
        _register(cast("dict[str, list[Call]]", connection.info), call)
    elif isinstance(held, Session):
        _register_foreign_session(held, call)
    else:
        _register_foreign_connection(held, call)


def _register(info: dict[str, list[Call]], call: Call) -> None:
    calls = info.setdefault(_CALLS, [])
    if call not in calls:
        calls.append(call)


def _call(info: dict[str, list[Call]]) -> None:
    for call in info.pop(_CALLS, ()):
        call()


def _note_undone(context: sa.ExceptionContext) -> None:
    if context.connection is not None and trouble.undone(context.original_exception):
        context.connection.info[_UNDONE] = context.original_exception


def _forget(info: dict[Any, Any]) -> None:
    info.pop(_CALLS, None)
    info.pop(_UNDONE, None)


def _register_foreign_session(session: Session, call: Call) -> None:
    """A session on the application's own engine has an event after its commit."""
    info = cast("dict[str, list[Call]]", session.info)
    if _CALLS + "_watched" not in session.info:
        session.info[_CALLS + "_watched"] = True
        event.listen(session, "after_commit", lambda _session: _call(info))
        event.listen(session, "after_rollback", lambda _session: info.pop(_CALLS, None))
    _register(info, call)


def _register_foreign_connection(connection: sa.Connection, call: Call) -> None:
    """A connection of the application's own engine has none: called just before, and the runners' polling covers it."""
    info = cast("dict[str, list[Call]]", connection.info)
    if _CALLS + "_watched" not in connection.info:
        connection.info[_CALLS + "_watched"] = True
        event.listen(connection, "commit", lambda _connection: _call(info))
        event.listen(connection, "rollback", lambda _connection: info.pop(_CALLS, None))
    _register(info, call)
