"""What follows from a change of a row: transitions, events, date-field jobs; all in the transaction of the save."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from .app import App
from .datefields import DateFields
from .events import events
from .hookspecs import hookimpl
from .models.catalog import Models, models
from .models.change import Change
from .models.mapping import Model
from .transitions import Transitions


def watch(app: App) -> None:
    """Begin to notice changes of the app's rows, until it is closed; calling it again changes nothing."""
    if not models(app).watched:
        models(app).watch((events(app), Transitions(app), DateFields(app), _PlugIns(app)))
        app.plugins.register(_Closing(models(app)))


class _PlugIns:
    """Tells plug-ins of each change."""

    def __init__(self, app: App) -> None:
        self._app = app

    def needs(self, model: Model) -> Collection[str]:
        """All fields, if any plug-in listens."""
        return model.fields if self._app.hooks.jit_row_changed.get_hookimpls() else ()

    def before(self, session: Session, change: Change) -> None:
        """Nothing: they hear of what is written."""

    def after(self, session: Session, change: Change) -> None:
        """The change is written, and not committed."""
        if self._app.hooks.jit_row_changed.get_hookimpls():
            self._app.hooks.jit_row_changed(app=self._app, session=session, change=change)

    def commit(self, session: Session, changes: list[Change], *, sure: bool) -> None:
        """Nothing: all has been told."""


class _Closing:
    """Stops noticing when the app closes: the next app of the process has rows of its own."""

    def __init__(self, watched: Models) -> None:
        self._watched = watched

    @hookimpl
    def jit_app_closing(self) -> None:
        """Leave SQLAlchemy's sessions alone."""
        self._watched.unwatch()
