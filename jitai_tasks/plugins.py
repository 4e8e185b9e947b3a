"""The plug-ins of one app: the built-in one, those of installed packages, those named in app.json."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import pluggy

from .errors import AppError, ElementBroken
from .hookspecs import PROJECT, Change, Hooks, hookimpl
from .importer import Reference

if TYPE_CHECKING:
    from .app import App
    from .element import Element
    from .store.records import Job

_logger = logging.getLogger(__name__)

#: The `backendLoadTime` of elements that are loaded when the app opens, not when they are first used.
LOAD_AT_ONCE = "afterAppInit"
#: Names that JitAi code uses without importing them, and the elements they come from.
NAMES = {
    "GlobalVar": Reference("globals.GlobalVar:GlobalVar"),
    "Q": Reference("models.Meta:Q"),
    "datatypes": Reference("datatypes.Meta:datatypes"),
}


#: Parts of the framework that stand above this one, and so come as plug-ins too.
OWN = ("jitai_tasks.rowhooks",)


class BuiltIn:
    """What the framework itself does at its hooks: names without import, and the functions of lifecycle.py."""

    @hookimpl
    def jit_names(self, app: App) -> Mapping[str, object]:
        """Those of `NAMES` whose element exists."""
        return {name: origin for name, origin in NAMES.items() if origin.module in app.catalog.definitions}

    @hookimpl
    def jit_app_opened(self, app: App) -> None:
        """Load the elements that ask for it; a broken one is logged, and broken for whoever needs it."""
        for definition in list(app.catalog.definitions.values()):
            if definition.config.get("backendLoadTime") == LOAD_AT_ONCE:
                try:
                    app.getElement(definition.full_name).load()
                except ElementBroken as error:
                    _logger.error("%s", error)

    @hookimpl
    def jit_element_loaded(self, app: App, element: Element) -> None:
        """Run the element's onLoad()."""
        element.run_lifecycle("onLoad")

    @hookimpl
    def jit_element_called(self, app: App, element: Element) -> None:
        """Run the element's onCalled()."""
        element.run_lifecycle("onCalled")

    @hookimpl
    def jit_app_closing(self, app: App) -> None:
        """Run onAppExit() of all that was loaded."""
        app.leave_all()

    @hookimpl
    def jit_element_changed(self, app: App, full_name: str, type_name: str, change: Change) -> None:
        """Run the Type's onCreate, onUpdate or onDelete."""
        verb = {Change.CREATED: "onCreate", Change.UPDATED: "onUpdate", Change.DELETED: "onDelete"}[change]
        app.run_type_lifecycle(type_name, verb, full_name)

    @hookimpl(trylast=True)
    def jit_perform(self, app: App, job: Job, call: Callable[[], object]) -> object:
        """Run the job."""
        return call()

    @hookimpl
    def jit_task_failed(self, app: App, job: Job, error: BaseException) -> None:
        """Run the Type's onException."""
        app.run_type_lifecycle(job.task_type, "onException", job.task, job.title, error)


def built_in_and_installed() -> pluggy.PluginManager:
    """A plug-in manager with the built-in plug-in and those of installed packages (entry-point group jitai_tasks)."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    manager.register(BuiltIn(), "built-in")
    add_named(manager, OWN)
    manager.load_setuptools_entrypoints(PROJECT)
    manager.check_pending()
    return manager


def add_named(manager: pluggy.PluginManager, modules: Iterable[str]) -> None:
    """Register plug-in modules by name; AppError if one cannot be imported or implements an unknown hook."""
    for name in modules:
        try:
            manager.register(importlib.import_module(name), name)
            manager.check_pending()
        except (ImportError, SyntaxError, ValueError, pluggy.PluginValidationError) as error:
            raise AppError(f"the plug-in {name} of app.json: {error}") from error
