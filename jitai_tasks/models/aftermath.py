"""Jobs that follow from a change: created in its transaction, or after it if that is on another database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..store import jobs as stored
from ..transactions import submit
from .change import Change
from .changes import once_committed
from .mapping import Model

if TYPE_CHECKING:
    from ..app import App
    from ..store.records import NewJob


def create_jobs(app: App, session: Session, change: Change, jobs: Sequence[NewJob]) -> None:
    """Create jobs that exist exactly if the change is committed."""
    held = on_our_database(app, session, change.model)
    if held is not None:
        submit(app, jobs, session=held)
        return

    def create_alone() -> None:
        with app.database.begin() as connection:
            stored.create(connection, jobs)

    once_committed(session, create_alone)


def is_same_database(app: App, session: Session, model: Model | None = None) -> bool:
    """Whether a session, or what it has for a model, writes where the jobs are; else both cannot commit together."""
    try:
        url = session.get_bind(mapper=None if model is None else model.entity).engine.url
    except Exception:  # noqa: BLE001 - the application may decide in code, and not without a model
        return False
    ours = app.opened_database.engine.url
    return (url.get_backend_name(), url.host, url.port, url.database) == (
        ours.get_backend_name(), ours.host, ours.port, ours.database,
    )  # fmt: skip


def on_our_database(app: App, session: Session, model: Model) -> Session | sa.Connection | None:
    """The session, or its connection for the model, whichever is where the jobs are; None if neither is."""
    if is_same_database(app, session):
        return session
    binding = {"mapper": model.entity}
    return session.connection(bind_arguments=binding) if is_same_database(app, session, model) else None
