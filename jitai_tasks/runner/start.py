"""The first minutes of a template: waiting until the app is open, or saying why it cannot be opened."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable

from .. import errors
from .channel import ChannelClosed, Failed, Opened
from .crew import Crew
from .signals import Signals, readable

_logger = logging.getLogger(__name__)

#: How often a template is started that a signal kills before it has opened the app.
_TRIES = 4
_DIED = "the process that opens the app died (exit status {how}); run `jitai-tasks check` to see where"
#: Errors that a template reports by name, and that the command line answers with an exit code of their own.
_KINDS: dict[str, type[errors.JitaiTasksError]] = {
    kind.__name__: kind
    for kind in (errors.AppError, errors.DatabaseUnreachable, errors.SchemaOutdated, errors.SchemaTooNew)
}


def opened_by(hire: Callable[[], Crew], signals: Signals) -> tuple[Crew, Opened] | None:
    """A crew whose template has opened the app, and what it says of it; None if a signal to stop came first.

    A template that a signal killed is replaced a few times: the system may have been short of memory. Raises what
    opening the app has raised, in the words of the template.
    """
    for tries_left in reversed(range(_TRIES)):
        crew = hire()
        try:
            opened = _word_of(crew, signals)
        except ChannelClosed:
            how = crew.ending()
            crew.destroy()
            if how >= 0 or not tries_left:
                raise errors.AppError(_DIED.format(how=how)) from None
            _logger.warning("the process that opens the app was killed by signal %d; another one is started", -how)
            continue
        except BaseException:
            crew.destroy()
            raise
        if opened is not None:
            return crew, opened
        crew.destroy()
        return None
    raise AssertionError("unreachable")


def _word_of(crew: Crew, signals: Signals) -> Opened | None:
    while True:
        ready = readable(crew, signals)
        if signals in ready and {signal.SIGTERM, signal.SIGINT} & set(signals.take()):
            return None
        if crew in ready:
            return _first_word(crew)


def _first_word(crew: Crew) -> Opened:
    said = crew.hear()[0]
    if isinstance(said, Failed):
        raise _KINDS.get(said.kind, errors.JitaiTasksError)(said.message)
    assert isinstance(said, Opened)
    return said
