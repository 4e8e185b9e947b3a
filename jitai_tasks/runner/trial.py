"""A trial: a generation that a template is to open, what has changed in it, and what came of it."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from .stock import Generation, name_of, unit_of

HUNG = "it was not loaded within {seconds:g} s"
DIED = "the process that loads it ends: it calls exit, or crashes"
SLOW = "it is slow to load, and is tried again by itself"
#: A candidate that takes this long is given up when other files have changed meanwhile.
_HURRY = 0.5
_LOOK_UP_EVERY = 0.02


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a template opens, and what it has to prove before it may take over."""

    generation: Generation
    #: The files that differ from the generation in use; none at the start of a runner.
    changed: tuple[Path, ...] = ()
    #: The tasks that could not be loaded in the generation in use either.
    failing: frozenset[str] = frozenset()
    #: The generation in use; None at the start of a runner.
    before: Generation | None = None
    #: What has changed was set aside before: it gives way at once to anything else.
    yields: bool = False

    def unit(self, path: Path) -> Path:
        """What a file is a part of."""
        return unit_of(path, self._elements)

    @cached_property
    def units(self) -> frozenset[Path]:
        """What has changed."""
        return frozenset(self.unit(path) for path in self.changed)

    def suspect(self, file: str) -> Path | None:
        """The unit of a file (or of its copy) that is to blame if its code hangs: a changed one, at a start any.

        None if the file is not of the generation, or has not changed.
        """
        path = self._originals.get(file)
        if path is None:
            return None
        unit = self.unit(path)
        return unit if self.before is None or unit in self.units else None

    def name(self, unit: Path) -> str:
        """A unit's path from the folder of its layer, like services/Desk."""
        return name_of(unit, [copy.home for copy in self.generation.copies])

    @cached_property
    def _elements(self) -> frozenset[Path]:
        return self.generation.elements | (self.before.elements if self.before else frozenset())

    @cached_property
    def _originals(self) -> dict[str, Path]:
        files = self.generation.files
        return {str(path): path for path in files} | {str(filed.copy): path for path, filed in files.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of a trial."""

    accepted: bool = False
    failing: frozenset[str] = frozenset()
    #: By unit, what is wrong with it.
    failures: Mapping[Path, str] = field(default_factory=dict)
    #: No change of other files can make these units right.
    alone: bool = False
    #: These units are not broken but slow: to be tried again, each by itself, after the others.
    aside: bool = False
    #: Why the whole cannot be opened, if no unit is to blame.
    refusal: str = ""
    #: It was given up because of others, or for a reason outside of the files: to be tried again.
    again: bool = False


def blamed(trial: Trial, unit: Path | None, said: str, *, alone: bool = False, aside: bool = False) -> Verdict:
    """What hangs, or ends its process, is the unit in hand; if it has none, one of those that have changed."""
    suspects = [unit] if unit is not None else sorted(trial.units)
    told = {suspect: f"{trial.name(suspect)}: {said}" for suspect in suspects}
    if len(suspects) == 1:
        return Verdict(failures=told, alone=alone, aside=aside)
    return Verdict(failures=told, aside=True)


class Request:
    """A trial on its way from the reloader's thread to the supervisor, and its verdict on the way back."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.is_urgent = False
        self._made = time.monotonic()
        self._verdicts: queue.SimpleQueue[Verdict] = queue.SimpleQueue()

    @property
    def age(self) -> float:
        """Seconds since it was made."""
        return time.monotonic() - self._made

    def answer(self, verdict: Verdict) -> None:
        """Say what came of it."""
        self._verdicts.put(verdict)

    def wait(self, seconds: float) -> Verdict | None:
        """The verdict, if there is one within this time."""
        try:
            return self._verdicts.get(timeout=seconds)
        except queue.Empty:
            return None


class Requests:
    """Where the reloader's thread puts its requests; `notify` makes the supervisor look."""

    def __init__(self, notify: Callable[[], object]) -> None:
        self._notify = notify
        self._wanted: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._closed = threading.Event()

    def close(self) -> None:
        """Nobody will answer any more."""
        self._closed.set()

    def next(self) -> Request | None:
        """The next request, for the supervisor."""
        return None if self._wanted.empty() else self._wanted.get()

    def make(self, trial: Trial, hurry: Callable[[], bool]) -> Verdict:
        """Have a trial made, and wait for the verdict; `hurry`: something else waits for its turn."""
        request, patience = Request(trial), 0.0 if trial.yields else _HURRY
        self._wanted.put(request)
        self._notify()
        while (verdict := request.wait(_LOOK_UP_EVERY)) is None:
            if self._closed.is_set():
                return Verdict(again=True)
            if not request.is_urgent and request.age > patience and hurry():
                request.is_urgent = True
                self._notify()
        return verdict
