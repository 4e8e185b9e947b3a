"""How idle workers learn that there is something to do: one pipe that they all watch, and the next due time."""

from __future__ import annotations

import os
import select
import time
from enum import Enum

from .signals import drain

_JOB, _LOOK = b"j", b"l"


class Woken(Enum):
    """Why a rest is over."""

    JOB = "a job was committed"
    LOOK = "another worker has left its watch"
    TIME = "the time is up"
    SIGNAL = "a signal came"


class WakePipe:
    """Bytes in a pipe: each wakes one of the workers that rest."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)

    def ring(self) -> None:
        """A job may be due: one worker shall claim."""
        self._put(_JOB)

    def pass_watch(self) -> None:
        """One worker that rests shall look again for the next due time, instead of the one that goes to work."""
        self._put(_LOOK)

    def rest(self, seconds: float, signals: int) -> Woken:
        """Sleep until a byte is for this worker, the descriptor `signals` can be read, or the time is up."""
        end = time.monotonic() + seconds
        while True:
            ready, _, _ = select.select([self._read, signals], [], [], max(end - time.monotonic(), 0.0))
            if not ready:
                return Woken.TIME
            if signals in ready:
                drain(signals)
                return Woken.SIGNAL
            if word := self._taken():
                return Woken.JOB if word == _JOB else Woken.LOOK

    def close(self) -> None:
        """Give both ends back."""
        os.close(self._read)
        os.close(self._write)

    def _put(self, word: bytes) -> None:
        try:
            os.write(self._write, word)
        except BlockingIOError:
            return  # the pipe is full of wake-ups: one more would say nothing new

    def _taken(self) -> bytes:
        try:
            return os.read(self._read, 1)
        except BlockingIOError:
            return b""  # another worker was quicker
