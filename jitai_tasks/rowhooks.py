"""The framework's plug-in for models and events: it costs nothing in apps that have none."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .hookspecs import hookimpl

if TYPE_CHECKING:
    from .app import App

MAPPED = "models.SQLAlchemyType"
EVENT = "events.NormalType"


@hookimpl
def jit_app_opened(app: App) -> None:
    """Follow the rows of classes that the application's own code saves, and runs of tasks that events listen to.

    Models of JitAi's kind are followed when they are first used: nothing else can change their rows.
    """
    catalog = app.catalog
    for definition in list(catalog.definitions.values()):
        chain = catalog.chain_names(definition)
        if MAPPED in chain:
            _part("following").watch(app)
        elif EVENT in chain and str(definition.config.get("sender", "")).startswith("tasks."):
            _part("events").watch_tasks(app)


def _part(name: str) -> Any:
    """Imported when an app needs it: SQLAlchemy takes a third of a second."""
    return importlib.import_module(f".{name}", __package__)
