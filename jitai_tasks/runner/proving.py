"""Proving what has changed: the files are compiled and imported, and the tasks loaded, before anybody works with them.

It happens in a process that may hang or die of it. What the last words were tells whose fault that was.
"""

from __future__ import annotations

import importlib
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..app import App, prepared_app
from ..catalog import Catalog
from ..definition import Layer
from ..element import saying
from ..errors import ElementBroken
from ..places import PLATFORM_CODE
from .hand import Hand
from .outcome import attempt
from .plan import Plan
from .trial import Trial


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a generation must not be taken as it is."""

    #: By unit, what is wrong with it.
    failures: dict[Path, str]
    #: They do not compile: no change of other files can make them right.
    alone: bool


def opened(plan: Plan, trial: Trial, hand: Hand) -> App:
    """The app of a trial, open; what it runs meanwhile is in `hand`."""
    copies = trial.generation.copies
    app = prepared_app(plan.app_path, database=plan.database, settings=plan.settings or None, copies=copies)
    app.importer.running = partial(hand.holding, trial)
    app.start()
    return app


def proved(app: App, trial: Trial) -> Fault | None:
    """What is wrong with the changed units; None if the generation may be taken."""
    fault = read(app.catalog, trial)
    if fault is not None:
        return fault
    proof = _Proof(app, trial)
    for step in (proof.imports, proof.tasks):
        if failures := dict(step()):
            return Fault(failures, alone=False)
    return None


def read(catalog: Catalog, trial: Trial) -> Fault | None:
    """What can be seen without running anything: definitions that do not hold, code that does not compile."""
    reading = _Reading(catalog, trial)
    for step in (reading.definitions, reading.syntax):
        if failures := dict(step()):
            return Fault(failures, alone=step == reading.syntax)
    return None


def failing_tasks(app: App) -> frozenset[str]:
    """Load every task, and answer the names of those that cannot be loaded."""
    names = [definition.full_name for definition in app.tasks()]
    return frozenset(name for name in names if attempt(app.getElement(name).load).error is not None)


class _Reading:
    """Each step answers (unit, what is wrong); the next one is only taken when nothing is."""

    def __init__(self, catalog: Catalog, trial: Trial) -> None:
        self._problems = catalog.problems
        self._trial = trial
        self._layers = catalog.layers

    def definitions(self) -> Iterator[tuple[Path, str]]:
        """Every changed e.json holds."""
        for problem in self._problems:
            unit = self._trial.unit(self._shown(problem.path)) if problem.is_error and problem.path else None
            if unit in self._trial.units:
                yield unit, str(problem)

    def syntax(self) -> Iterator[tuple[Path, str]]:
        """Every changed file of code compiles."""
        for path, copy in self._code():
            tried = attempt(lambda path=path, copy=copy: compile(copy.read_bytes(), str(path), "exec"))
            if tried.error is not None:
                yield self._trial.unit(path), told(tried.error, self._layers)

    def _code(self) -> Iterator[tuple[Path, Path]]:
        """The changed files of code that are there: (path, copy)."""
        for path in self._trial.changed:
            filed = self._trial.generation.files.get(path)
            if filed is not None and path.suffix == ".py":
                yield path, filed.copy

    def _shown(self, path: Path) -> Path:
        layer = next((layer for layer in self._layers if layer.holds(path)), None)
        return path if layer is None else layer.shown(path)


class _Proof(_Reading):
    """The steps that run what has changed."""

    def __init__(self, app: App, trial: Trial) -> None:
        super().__init__(app.catalog, trial)
        self._app = app

    def imports(self) -> Iterator[tuple[Path, str]]:
        """Every changed module can be imported."""
        for path, copy in self._code():
            name = self._module_of(path, copy)
            if name is None:
                continue
            tried = attempt(importlib.import_module, name)
            if tried.error is not None:
                yield self._blamed(tried.error, self._trial.unit(path)), told(tried.error, self._layers)

    def tasks(self) -> Iterator[tuple[Path, str]]:
        """Every task that could be loaded still can."""
        for definition in self._app.tasks():
            if definition.full_name in self._trial.failing:
                continue
            tried = attempt(self._app.getElement(definition.full_name).load)
            if tried.error is not None:
                home = self._trial.unit(self._shown(definition.folder / "e.json"))
                for unit in self._suspects(tried.error, home):
                    yield unit, told(tried.error, self._layers)

    def _suspects(self, error: BaseException, home: Path) -> Iterable[Path]:
        """An unchanged task fails: what has changed on its way is to blame; if nothing has, everything that changed."""
        blamed = self._blamed(error, home)
        return [blamed] if blamed in self._trial.units else self._trial.units

    def _blamed(self, error: BaseException, unit: Path) -> Path:
        """The changed unit in which an error arose, or else the one that was being proved."""
        cause = _cause(error)
        files = [frame.filename for frame in traceback.extract_tb(cause.__traceback__)]
        if isinstance(cause, SyntaxError) and cause.filename:
            files.append(cause.filename)
        for name in reversed(files):
            if any(layer.holds(Path(name)) for layer in self._layers):
                found = self._trial.unit(Path(name))
                if found in self._trial.units:
                    return found
        return unit

    def _module_of(self, path: Path, copy: Path) -> str | None:
        """The name a file is imported by; None if it is no module of the app, or a test."""
        layer = next((layer for layer in self._layers if layer.holds(path)), None)
        if layer is None or path.name.startswith("test_") or path.name in ("conftest.py", "__main__.py"):
            return None
        parts = list(path.relative_to(layer.place).with_suffix("").parts)
        if parts[-1] == "__init__":
            parts.pop()
        names = [".".join(parts), ".".join(part for part in parts if part != "backend")]
        return next((name for name in names if self._leads_to(name, copy)), None)

    def _leads_to(self, name: str, copy: Path) -> bool:
        if not name or name.partition(".")[0] in PLATFORM_CODE:
            return False
        place = self._app.importer.locate(name)
        return place is not None and place.file == copy


def told(error: BaseException, layers: Iterable[Layer]) -> str:
    """`tasks/X/inner.py:3:5: SyntaxError: …` – the place in the app's code that an error comes from, and what it is."""
    cause = _cause(error)
    return f"{_place(cause, layers)}{saying(cause)}"


def _cause(error: BaseException) -> BaseException:
    return error.__cause__ if isinstance(error, ElementBroken) and error.__cause__ is not None else error


def _place(error: BaseException, layers: Iterable[Layer]) -> str:
    places = [
        (frame.filename, frame.lineno or 1, (frame.colno or 0) + 1)
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    if isinstance(error, SyntaxError) and error.filename:
        places.append((error.filename, error.lineno or 1, error.offset or 1))
    for name, line, column in reversed(places):
        for layer in layers:
            if layer.holds(Path(name)):
                return f"{layer.shown(Path(name)).relative_to(layer.place)}:{line}:{column}: "
    return ""
