"""What a running function prints and logs, kept per run: the first and the last half of a mebibyte.

In a worker process the descriptors 1 and 2 themselves lead into a file, so the output of C code and of subprocesses is
there too, in order; a job that prints nothing costs one `lseek`. In a thread, `sys.stdout` and `sys.stderr` are
routed by a context variable, which Python code cannot tell from the real ones.
"""

from __future__ import annotations

import io
import logging
import os
import sys
import tempfile
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, TextIO
from zoneinfo import ZoneInfo

from ..app import App
from ..clock import SECOND, moment
from ..errors import AppError

LIMIT = 1024 * 1024
_HALF = LIMIT // 2
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class Capture(Protocol):
    """Collects what one run after the other writes."""

    def begin(self) -> None:
        """A run starts."""

    def end(self) -> str:
        """The run is over: everything it wrote."""


class FileCapture:
    """Descriptors 1 and 2 of this process lead into a file; what the framework logs still reaches the terminal."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="jitai-tasks-log-")  # noqa: SIM115 - lives as long as the process
        self._descriptor = self._file.fileno()
        self._stdout, self._stderr = sys.stdout, sys.stderr

    def install(self) -> None:
        """Lead the descriptors of this process into the file, and log records with them."""
        _flush(self._stdout, self._stderr)
        terminal = open(os.dup(2), "w", buffering=1, encoding="utf-8", errors="backslashreplace")  # noqa: SIM115, PTH123
        _keep_on_terminal(terminal)
        os.dup2(self._descriptor, 1)
        os.dup2(self._descriptor, 2)
        self._open()
        _log_into(_CurrentStderr())

    def _open(self) -> None:
        self._stdout = sys.stdout = _writer(1)
        self._stderr = sys.stderr = _writer(2)

    def begin(self) -> None:
        """Nothing to do: the file is empty between runs."""

    def end(self) -> str:
        """What was written since the last run ended; the file is emptied."""
        if self._stdout.closed or self._stderr.closed:  # by the run
            self._open()
        _flush(self._stdout, self._stderr)
        size = os.lseek(self._descriptor, 0, os.SEEK_CUR)
        return self._taken(size) if size else ""

    def _taken(self, size: int) -> str:
        head = os.pread(self._descriptor, min(size, _HALF if size > LIMIT else LIMIT), 0)
        tail = os.pread(self._descriptor, _HALF, size - _HALF) if size > LIMIT else b""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        os.ftruncate(self._descriptor, 0)
        return _joined(head, tail, size - len(head) - len(tail))


class StreamCapture:
    """`sys.stdout`, `sys.stderr` and log records of the present context go into a buffer while a run lasts."""

    @classmethod
    @contextmanager
    def installed(cls) -> Iterator[StreamCapture]:
        """Within it, the streams are routed; afterwards they are what they were."""
        stdout, stderr, handler = sys.stdout, sys.stderr, _BufferHandler()
        root = logging.getLogger()
        level, others, quiet = root.level, root.handlers[:], _AsBefore()
        sys.stdout, sys.stderr = _Routed(stdout), _Routed(stderr)
        _log_into(handler)
        for other in others if root.level != level else []:
            other.addFilter(quiet)
        try:
            yield cls()
        finally:
            for other in others:
                other.removeFilter(quiet)
            sys.stdout, sys.stderr = stdout, stderr
            root.removeHandler(handler)
            root.setLevel(level)

    def begin(self) -> None:
        _buffer.set(HeadAndTail())

    def end(self) -> str:
        buffer = _buffer.get()
        _buffer.set(None)
        return buffer.text() if buffer is not None else ""


class HeadAndTail:
    """Keeps the first and the last half mebibyte of what is written."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_size = 0
        self._left_out = 0

    def write(self, text: str) -> None:
        raw = text.encode("utf-8", "backslashreplace")
        room = _HALF - len(self._head)
        self._head += raw[:room]
        if rest := raw[room:]:
            self._tail.append(rest[-_HALF:])
            self._left_out += max(len(rest) - _HALF, 0)
            self._tail_size += len(self._tail[-1])
            self._trim()

    def _trim(self) -> None:
        while self._tail_size - len(self._tail[0]) >= _HALF:
            dropped = len(self._tail.popleft())
            self._tail_size -= dropped
            self._left_out += dropped

    def text(self) -> str:
        tail = b"".join(self._tail)
        over = max(len(tail) - _HALF, 0)
        return _joined(bytes(self._head), tail[over:], self._left_out + over)


_buffer: ContextVar[HeadAndTail | None] = ContextVar("jitai_tasks_log", default=None)


class _Routed(io.TextIOBase):
    """A text stream that writes into the present run's buffer, or to the stream it stands for."""

    def __init__(self, fallback: TextIO) -> None:
        self.fallback = fallback

    def write(self, text: str) -> int:
        buffer = _buffer.get()
        if buffer is None:
            return self.fallback.write(text)
        buffer.write(text)
        return len(text)

    def flush(self) -> None:
        if _buffer.get() is None:
            self.fallback.flush()

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return _buffer.get() is None and self.fallback.isatty()

    def fileno(self) -> int:
        return self.fallback.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"


class _BufferHandler(logging.Handler):
    """Writes log records into the present run's buffer, if there is one."""

    def emit(self, record: logging.LogRecord) -> None:
        if (buffer := _buffer.get()) is not None:
            buffer.write(self.format(record) + "\n")


class _CurrentStderr(logging.StreamHandler[TextIO]):
    """Writes log records to whatever `sys.stderr` is now."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


class _InAppZone(logging.Formatter):
    """Tells when a record was written by the clock of the open app's zone, as everything else the app sees."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging's name
        at = moment(int(record.created * SECOND)).astimezone(_zone())
        return f"{at:%Y-%m-%d %H:%M:%S},{at.microsecond // 1000:03}"


def _zone() -> ZoneInfo:
    try:
        return ZoneInfo(App.current().timezone)
    except AppError:
        return ZoneInfo("UTC")


class _OnlyOwn(logging.Filter):
    """Passes what the framework itself says; the words of tasks go into their runs."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.name.split(".", 1)[0] == "jitai_tasks"


class _OnlyForeign(logging.Filter):
    """Passes what tasks and their libraries say."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.name.split(".", 1)[0] != "jitai_tasks"


class _AsBefore(logging.Filter):
    """Keeps from the program's own handlers what the root logger let through only for the sake of runs."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING or _has_own_level(record.name)


def _has_own_level(name: str) -> bool:
    """Whether a logger, or one above it but the root, was told what to let through."""
    logger: logging.Logger | None = logging.getLogger(name)
    while logger is not None and logger.parent is not None:
        if logger.level:
            return True
        logger = logger.parent
    return False


def _log_into(handler: logging.Handler) -> None:
    root = logging.getLogger()
    own = logging.getLogger("jitai_tasks")
    own.setLevel(own.getEffectiveLevel())  # what the framework says is not turned up with what tasks say
    handler.setFormatter(_InAppZone(_FORMAT))
    handler.addFilter(_OnlyForeign())
    root.addHandler(handler)
    if root.level == logging.WARNING:  # Python's default, which would drop what tasks log at info
        root.setLevel(logging.INFO)


def _keep_on_terminal(terminal: TextIO) -> None:
    standard = (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__)
    for logger in (logging.getLogger(), logging.getLogger("jitai_tasks")):
        for handler in logger.handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream in standard:
                handler.setStream(terminal)
                handler.addFilter(_OnlyOwn())


def _writer(descriptor: int) -> TextIO:
    raw = open(descriptor, "wb", closefd=False)  # noqa: SIM115
    return io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", line_buffering=True)


def _flush(*streams: TextIO) -> None:
    for stream in streams:
        stream.flush()


def _joined(head: bytes, tail: bytes, left_out: int) -> str:
    if left_out <= 0:
        return (head + tail).decode("utf-8", "replace").replace("\0", "\\0")
    note = f"\n… {left_out} bytes left out …\n"
    return (head.decode("utf-8", "replace") + note + tail.decode("utf-8", "replace")).replace("\0", "\\0")
