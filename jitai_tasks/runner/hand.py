"""What a template has in hand: the unit whose code it runs, to be read by the supervisor when it hangs or has died."""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .trial import Trial

#: How often it was written, and how long the name is.
_HEAD = struct.Struct("=QI")
#: Bytes.
SIZE = 2 * mmap.PAGESIZE


class Hand:
    """A piece of memory that both processes see, made before a fork, or a file's; only the one that loads writes it."""

    def __init__(self, file: int = -1) -> None:
        self._memory = mmap.mmap(file, SIZE)
        self._units: list[Path] = []
        self._written = 0

    @property
    def unit(self) -> Path | None:
        """What is in hand, or was when the process died."""
        _, length = _HEAD.unpack_from(self._memory)
        return Path(os.fsdecode(self._memory[_HEAD.size : _HEAD.size + length])) if length else None

    @property
    def changes(self) -> int:
        """How often something else has been taken in hand."""
        count: int = _HEAD.unpack_from(self._memory)[0]
        return count

    def open(self) -> None:
        """Show that it is there, with nothing in it."""
        self._write(None)

    @contextmanager
    def holding(self, trial: Trial, file: str) -> Iterator[None]:
        """Within it, the code of this file runs; what no trial may blame is passed over."""
        unit = trial.suspect(file)
        if unit is None:
            yield
            return
        self._units.append(unit)
        self._write(unit)
        try:
            yield
        finally:
            self._units.pop()
            self._write(self._units[-1] if self._units else None)

    def _write(self, unit: Path | None) -> None:
        name = b"" if unit is None else os.fsencode(unit)[: SIZE - _HEAD.size]
        self._written += 1
        self._memory[_HEAD.size : _HEAD.size + len(name)] = name
        _HEAD.pack_into(self._memory, 0, self._written, len(name))
