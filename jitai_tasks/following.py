"""What follows from a change of a row: transitions, events, date-field jobs; all in the transaction of the save."""

from __future__ import annotations

from .app import App
from .datefields import DateFields
from .events import events
from .hookspecs import hookimpl
from .models.catalog import Models, models
from .transitions import Transitions


def watch(app: App) -> None:
    """Begin to notice changes of the app's rows, until it is closed; calling it again changes nothing."""
    if not models(app).watched:
        models(app).watch((Transitions(app), events(app), DateFields(app)))
        app.plugins.register(_Closing(models(app)))


class _Closing:
    """Stops noticing when the app closes: the next app of the process has rows of its own."""

    def __init__(self, watched: Models) -> None:
        self._watched = watched

    @hookimpl
    def jit_app_closing(self) -> None:
        """Leave SQLAlchemy's sessions alone."""
        self._watched.unwatch()
