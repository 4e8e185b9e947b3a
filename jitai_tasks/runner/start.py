"""The first minutes of a template: waiting until the app is open, or saying why it cannot be opened."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from .. import errors
from .channel import ChannelClosed, Failed, Opened
from .crew import Crew
from .signals import Signals, readable
from .trial import DIED, HUNG

_logger = logging.getLogger(__name__)

#: How often a template is started that a signal kills while it has nothing of the app in hand; once more if it has.
_TRIES = 4
_LOOK_EVERY = 0.25
_DIED = "the process that opens the app died (exit status {how}); run `jitai-tasks check` to see where"
#: Errors that a template reports by name, and that the command line answers with an exit code of their own.
_KINDS: dict[str, type[errors.JitaiTasksError]] = {
    kind.__name__: kind
    for kind in (errors.AppError, errors.DatabaseUnreachable, errors.SchemaOutdated, errors.SchemaTooNew)
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """A template that has ended, or hangs, before it has opened the app."""

    said: str
    #: What it had in hand; None if that was nothing of the app.
    unit: Path | None
    #: Its exit status, negative for a signal; None if it hangs.
    status: int | None = None


def opened_by(
    hire: Callable[[], Crew],
    signals: Signals,
    stops: Callable[[Collection[int]], bool],
    leave_out: Callable[[Path, str], object],
) -> tuple[Crew, Opened] | None:
    """A crew whose template has opened the app, and what it says of it; None if a signal to stop came first.

    What hangs while it is loaded, or ends its process, is left out, and the rest is opened. A template that a signal
    killed is replaced first: the system may have been short of memory. Raises what opening the app has raised, in the
    words of the template.
    """
    killed: list[Path | None] = []
    while True:
        crew = hire()
        try:
            word = _Opening(crew, signals, stops).word()
        except BaseException:
            crew.destroy()
            raise
        if isinstance(word, Opened):
            return crew, word
        crew.destroy()
        if word is None:
            return None
        if word.status is not None and word.status < 0 and _may_be_chance(word.unit, killed):
            _logger.warning("the process that opens the app was killed by signal %d; another is started", -word.status)
            killed.append(word.unit)
        elif word.unit is None:
            raise errors.AppError(_DIED.format(how=word.status))
        else:
            leave_out(word.unit, f"{crew.trial.name(word.unit)}: {word.said}")


def _may_be_chance(unit: Path | None, killed: list[Path | None]) -> bool:
    """Nobody kills a process twice at the same place by chance."""
    return unit not in killed if unit is not None else len(killed) < _TRIES - 1


class _Opening:
    """A template on its way to an open app."""

    def __init__(self, crew: Crew, signals: Signals, stops: Callable[[Collection[int]], bool]) -> None:
        self._crew = crew
        self._stops = stops
        self._signals = signals
        self._begin()

    def word(self) -> Opened | Trouble | None:
        """What becomes of it; None if a signal to stop came first."""
        while True:
            ready = readable(self._crew, self._signals, seconds=_LOOK_EVERY)
            if self._stops(self._signals.take()):
                return None
            if self._crew in ready and (said := self._first_word()) is not None:
                return said
            if self._hangs():
                return Trouble(HUNG.format(seconds=self._crew.load_within), self._crew.hand.unit)

    def _begin(self) -> None:
        self._changes, self._since = self._crew.hand.changes, time.monotonic()

    def _hangs(self) -> bool:
        if self._crew.hand.changes != self._changes or self._crew.hand.unit is None:
            self._begin()
        return time.monotonic() - self._since > self._crew.load_within

    def _first_word(self) -> Opened | Trouble | None:
        """None if it has not been said to its end."""
        try:
            said = next(iter(self._crew.hear()), None)
        except ChannelClosed:
            return Trouble(DIED, self._crew.hand.unit, self._crew.ending())
        if said is None:
            return None
        if isinstance(said, Failed):
            raise _KINDS.get(said.kind, errors.JitaiTasksError)(said.message)
        assert isinstance(said, Opened)
        return said
