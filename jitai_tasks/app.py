"""The open app: its elements by name, its database, its transactions. The names are JitAi's."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar, cast, overload

import pluggy

from . import plugins
from .catalog import Catalog
from .clock import Clock, SystemClock
from .discovery import discover
from .element import Element
from .errors import AppError
from .facts import Facts
from .importer import installed
from .layers import Copy
from .scopes import JobScope, entered
from .settings import Settings, database_url, make_room, settings_for
from .transactions import Transaction, session_here, transaction

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from .store import Database
    from .store.records import Job

_logger = logging.getLogger(__name__)

Part = TypeVar("Part")
P = ParamSpec("P")
R = TypeVar("R")


def open_app(
    path: str | os.PathLike[str],
    *,
    database: str | None = None,
    clock: Clock | None = None,
    settings: Mapping[str, object] | None = None,
    copies: Sequence[Copy] = (),
) -> App:
    """Open the app in the folder `path`: its elements can be imported and had by name until it is closed.

    `database` and `settings` go before the environment and the files; `copies` of its layers are read in their place.
    Broken elements are in `app.problems`, everything else works. Raises AppError when the folder is no app, another app
    is open in this process, or one of its root names is already imported from elsewhere; then nothing has changed.
    """
    app = prepared_app(path, database=database, clock=clock, settings=settings, copies=copies)
    app.start()
    return app


def prepared_app(
    path: str | os.PathLike[str],
    *,
    database: str | None = None,
    clock: Clock | None = None,
    settings: Mapping[str, object] | None = None,
    copies: Sequence[Copy] = (),
) -> App:
    """The same, but nothing of the app has run yet: `start` opens it."""
    root = Path(path).resolve()
    if not root.is_dir():
        raise AppError(f"there is no folder {root}; name the folder that holds app.json")
    chosen = settings_for(root, {**(settings or {}), **({"database": database} if database else {})})
    hooks = plugins.built_in_and_installed()
    plugged = [Path(folder) for folders in hooks.hook.jit_layers(app_root=root) for folder in folders]
    catalog = discover(root, plugged=plugged, copies=copies)
    return App(catalog, hooks=hooks, clock=clock or SystemClock(), settings=chosen)


class App(Facts):
    """One application, open. Also a context manager that closes it."""

    def __init__(self, catalog: Catalog, *, hooks: pluggy.PluginManager, clock: Clock, settings: Settings) -> None:
        """Use `open_app`."""
        super().__init__(catalog, hooks.hook, settings)
        self.plugins = hooks
        self.clock = clock
        self._opened: Database | None = None
        self._database: Database | None = None
        self._parts: dict[Callable[..., object], object] = {}
        self._to_end = ExitStack()

    def start(self) -> None:
        """Make it the open app of the process; `open_app` does."""
        self.importer.install()
        try:
            plugins.add_named(self.plugins, self._plugin_modules())
            for names in self.hooks.jit_names(app=self):
                self.importer.names.update(names)
            self.hooks.jit_app_opened(app=self)
        except BaseException:
            self.importer.remove()
            raise

    def close(self) -> None:
        """Run what elements do at the end, then give back the database, the imports and the modules. Twice is once."""
        if installed() is not self.importer:
            return
        try:
            self.notify("jit_app_closing")
        finally:
            self.importer.remove()
            self._elements.clear()
            self._to_end.close()
            self._opened = self._database = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @classmethod
    def current(cls) -> App:
        """The app that is open in this process; AppError if none is."""
        importer = installed()
        if importer is None or not isinstance(importer.owner, App):
            raise AppError("no app is open in this process; open one: `with open_app(folder) as app:`")
        return importer.owner

    def _plugin_modules(self) -> list[str]:
        """`settings.plugins` of every app.json, those of the extended apps first."""
        named = [layer.config.settings.get("plugins", ()) for layer in reversed(self.catalog.layers)]
        return [name for names in named for name in cast("list[str]", names)]

    def part(self, make: Callable[[App], Part]) -> Part:
        """What `make(app)` answers, made at the first call: state of a component that lives as long as the app."""
        if make not in self._parts:
            self._parts[make] = make(self)
        return cast("Part", self._parts[make])

    @property
    def database(self) -> Database:
        """Its database with our tables, which an empty one gets at the first access.

        Raises DatabaseUnreachable or SchemaOutdated.
        """
        if self._database is None:
            from .store import migrations  # noqa: PLC0415  # start-up cost: SQLAlchemy

            migrations.ensure(self.opened_database)
            self._database = self.opened_database
        return self._database

    @property
    def opened_database(self) -> Database:
        """Its database with whatever tables are there, for looking at them first; or DatabaseUnreachable."""
        if self._opened is None:
            from .store import Database  # noqa: PLC0415  # start-up cost: `list` and `check` do without SQLAlchemy

            make_room(self.root, self.database_url)
            self._opened = self.connected(Database.open(self.database_url, clock=self.clock))
        return self._opened

    def connected(self, database: Database) -> Database:
        """The same; its connections are given back when the app closes."""
        self._to_end.callback(database.dispose)
        return database

    @property
    def database_url(self) -> str:
        """The URL it is opened with, password included."""
        return database_url(self.root, self.settings, self.config)

    def session(self) -> Session:
        """A session that joins the running job or the transaction around; outside of both, one the caller commits."""
        return session_here(self)

    @overload
    def transaction(self) -> Transaction: ...

    @overload
    def transaction(self, function: Callable[P, R]) -> Callable[P, R]: ...

    def transaction(self, function: Callable[P, R] | None = None) -> Transaction | Callable[P, R]:
        """`with app.transaction() as session:` or `@app.transaction`: commits at the end, rolls back on an exception.

        Inside a running job or another transaction it joins: its end commits nothing, an exception undoes its part.
        """
        return transaction(self, function)

    @overload
    def newTransaction(self) -> Transaction: ...

    @overload
    def newTransaction(self, function: Callable[P, R]) -> Callable[P, R]: ...

    def newTransaction(self, function: Callable[P, R] | None = None) -> Transaction | Callable[P, R]:
        """The same, but never joining: it commits at its end, whatever becomes of what is around it."""
        return transaction(self, function, independent=True)

    @contextmanager
    def run_as(self, job: Job) -> Iterator[JobScope]:
        """Within it, code runs as that job: sessions join its transaction, jobs it creates go to the scope's outbox.

        Nothing is committed here; the scope is handed to the finish.
        """
        scope = JobScope(job, lambda: self.database)
        error: BaseException | None = None
        with entered(scope):
            try:
                yield scope
            except BaseException as raised:
                error = raised
                raise
            finally:
                self.leave(scope.touched.values(), error)

    def leave(self, elements: Iterable[Element], error: BaseException | None = None, result: object = None) -> None:
        """Run onAppExit() of elements at the end of a job or of the app. What it raises is logged."""
        for element in elements:
            try:
                element.run_lifecycle("onAppExit", exc_val=error, resData=result)
            except Exception:
                _logger.exception("onAppExit of %s failed", element.fullName)

    def leave_all(self) -> None:
        """Run onAppExit() of every element that was loaded."""
        self.leave([element for element in self._elements.values() if element.is_loaded])

    def run_type_lifecycle(self, type_name: str, verb: str, *args: object) -> Any:
        """Call onCreate, onUpdate, onDelete or onException of a Type, or of the nearest above it that has it."""
        definition = self.catalog.find(type_name)
        for node in [] if definition is None else [self._known(type_name), *self.nodes_above(definition)]:
            function = node.lifecycle_function(verb)
            if function is not None:
                return function(*args)
        return None

    def notify(self, hook: str, **facts: object) -> None:
        """Call a hook that only tells; what a plug-in raises is logged, and the plug-ins after it are not told."""
        try:
            getattr(self.hooks, hook)(app=self, **facts)
        except Exception:
            _logger.exception("a plug-in failed at %s", hook)

    def registerGlobalVar(self, name: str, value: object) -> None:
        """Make `name` known in every module of the app, without import; a module's own definition goes before it."""
        self.importer.add_name(name, value)

    def __repr__(self) -> str:
        return f"<app {self.appKey} in {self.root}>"
