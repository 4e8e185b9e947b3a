"""What to do while the database does not answer, or refuses: wait, say which, at most once a second, and never exit."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from ..errors import StoreError
from ..store.trouble import refused

_logger = logging.getLogger(__name__)

#: What a database that is locked, restarting or gone raises, or one whose tables or rights somebody has taken away and
#: will give back. Anything else is a fault of ours and is not waited out.
TROUBLE = (SQLAlchemyError, StoreError)

_GRANT = "give this user the right (GRANT)"
_UPGRADE = "its tables do not fit this version: run `jitai-tasks db upgrade`, or the version that made them"
_FIRST, _LONGEST = 0.05, 1.0
_SAY_EVERY = 1.0


class Patience:
    """Waits between two tries, ever longer; `sleep` (seconds) returns early when the process shall end.

    `may_speak` says whether it is time for a line in the log; all processes of a runner share one.
    """

    def __init__(
        self, sleep: Callable[[float], object] = time.sleep, may_speak: Callable[[], bool] = lambda: True
    ) -> None:
        self._sleep = sleep
        self._may_speak = may_speak
        self._pause = _FIRST
        self._said = 0.0
        self._since: float | None = None

    def wait(self, error: Exception) -> None:
        """The database has failed with this error: wait before the next try."""
        now = time.monotonic()
        if self._since is None:
            self._since = now
        if now - self._said >= _SAY_EVERY and self._may_speak():
            self._said = now
            _say(error, now - self._since)
        self._sleep(self._pause)
        self._pause = min(self._pause * 2, _LONGEST)

    def answered(self) -> None:
        """The database has answered."""
        if self._since is None:
            return
        if self._may_speak():
            _logger.info("the database answers again, after %.1f s", time.monotonic() - self._since)
        self._since = None
        self._pause = _FIRST


def _say(error: Exception, seconds: float) -> None:
    said = first_line(error)
    if not refused(error):
        _logger.warning("the database does not answer, for %.1f s now: %s", seconds, said)
        return
    advice = _GRANT if any(sign in said.lower() for sign in ("denied", "permission")) else _UPGRADE
    _logger.error("the database refuses what the runner asks, for %.1f s now: %s; %s", seconds, said, advice)


def first_line(error: BaseException) -> str:
    """The words of the database, without the statement and its values."""
    words = str(getattr(error, "orig", None) or error).strip()
    return words.splitlines()[0] if words else type(error).__name__
