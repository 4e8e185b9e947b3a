"""Watching folders: an event whenever a file in them may have changed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import watchfiles

from .looking import is_part

_logger = logging.getLogger(__name__)

#: Events of this many milliseconds come as one.
_TOGETHER, _STEP = 50, 25
_PAUSE = 1.0


class Watch:
    """Watches a set of folders, each for itself, on a thread; `changed` is called there."""

    def __init__(self, changed: Callable[[], object]) -> None:
        logging.getLogger("watchfiles").setLevel(logging.WARNING)  # it tells of every change
        self._changed = changed
        self._folders: Mapping[Path, object] = {}
        self._closing = threading.Event()
        self._moved = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)
        self._warned = False

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._closing.set()
        self._moved.set()
        if self._thread.is_alive():
            self._thread.join(_PAUSE)

    def move_to(self, folders: Mapping[Path, object]) -> bool:
        """Watch these folders from now on; True if they are others than before, so that what changes in the next
        moment may go unnoticed. A folder that was moved or made anew is another one, though its name is the same."""
        moved = self._folders != folders
        if moved:
            self._folders = folders
            self._moved.set()
        return moved

    def _watch(self) -> None:
        while not self._closing.is_set():
            if not self._folders:
                self._moved.wait(_PAUSE)
            self._moved.clear()
            try:
                self._listen([str(folder) for folder in self._folders if folder.is_dir()])
            except OSError as error:
                self._fail(error)

    def _listen(self, folders: list[str]) -> None:
        for _ in watchfiles.watch(
            *folders, watch_filter=_matters, debounce=_TOGETHER, step=_STEP, stop_event=self._moved, recursive=False,
            rust_timeout=1000, yield_on_timeout=False, raise_interrupt=False, ignore_permission_denied=True,
        ):  # fmt: skip
            self._changed()
            if self._moved.is_set():
                return

    def _fail(self, error: OSError) -> None:
        """A folder went at this moment, or the system gives no more watches; the rescan goes on."""
        if not self._warned:
            _logger.warning("changes of files may be noticed late: %s", error)
        self._warned = True
        self._closing.wait(_PAUSE)


def _matters(_change: watchfiles.Change, path: str) -> bool:
    return is_part(Path(path).name, everything=True)
