"""A trial: a generation that a template is to open, what has changed in it, and what came of it."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .stock import Generation

#: How long a candidate may take.
LIMIT = 10.0
#: A candidate that takes this long is given up when other files have changed meanwhile.
_HURRY = 0.6
_LOOK_UP_EVERY = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a template opens, and what it has to prove before it may take over."""

    generation: Generation
    #: The files that differ from the generation in use; none at the start of a runner.
    changed: tuple[Path, ...] = ()
    #: The tasks that could not be loaded in the generation in use either.
    failing: frozenset[str] = frozenset()
    #: The generation in use; None at the start of a runner.
    before: Generation | None = None

    def unit(self, path: Path) -> Path:
        """What a file is a part of."""
        (unit,) = self.generation.units([path], self.before)
        return unit

    @property
    def units(self) -> frozenset[Path]:
        """What has changed."""
        return self.generation.units(self.changed, self.before)


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
        request = Request(trial)
        self._wanted.put(request)
        self._notify()
        while (verdict := request.wait(_LOOK_UP_EVERY)) is None:
            if self._closed.is_set():
                return Verdict(again=True)
            if not request.is_urgent and request.age > _HURRY and hurry():
                request.is_urgent = True
                self._notify()
        return verdict
