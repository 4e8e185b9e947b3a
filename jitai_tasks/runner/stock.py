"""The stock: the files of an app as they were at one moment, in folders that nobody changes.

Each generation of the app runs on a folder of its own: what it has not imported yet is still there, whatever people do
to their files meanwhile. A file that did not change is a hard link to the one of the generation before, so a generation
costs as much as what differs. The copies are where the good version of a broken element comes from.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import queue
import shutil
import tempfile
import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import AppError
from ..layers import Copy
from .looking import Look, Stamp

#: Larger files that are neither code nor JSON are not copied but linked to: data, not part of a program.
_LARGEST_COPY = 1 << 20
_PREFIX = "jitai-tasks-files-"
#: A file system in memory, on Linux. An app of more bytes is copied to the disk; each reload adds what has changed.
_MEMORY = Path("/dev/shm")  # noqa: S108
_MOST_IN_MEMORY = 32 << 20
_LEAST_FREE = 8 * _MOST_IN_MEMORY
_LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Filed:
    """One file of a generation: where its copy is, what it held, and the stamp of the original then."""

    copy: Path
    digest: str
    stamp: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """The files that one set of processes runs on."""

    number: int
    folder: Path
    copies: tuple[Copy, ...]
    #: By the path that people know.
    files: Mapping[Path, Filed]
    elements: frozenset[Path]
    #: The same for the same files, on every machine.
    hash: str

    def changed_since(self, before: Generation) -> list[Path]:
        """The files that came, went, or hold something else."""
        both = {*self.files, *before.files}
        return sorted(path for path in both if _digest(self, path) != _digest(before, path))


def unit_of(path: Path, elements: Collection[Path]) -> Path:
    """What a file is a part of: the nearest element's folder above it, else the file itself."""
    return next((parent for parent in path.parents if parent in elements), path)


def name_of(unit: Path, homes: Iterable[Path]) -> str:
    """A unit's path from the folder of its layer, like services/Desk."""
    home = next((home for home in homes if unit.is_relative_to(home)), None)
    return str(unit) if home is None else unit.relative_to(home).as_posix()


class Stock:
    """Makes and keeps the generations of one runner, in a temporary folder of its own."""

    def __init__(self) -> None:
        self._home: _Home | None = None
        self._made = 0
        self._dropped: queue.SimpleQueue[Path | None] = queue.SimpleQueue()
        # Thousands of folders take a second to remove, and nobody is to wait for that.
        self._cleaner = threading.Thread(target=self._clean, name="clean", daemon=True)
        self._cleaner.start()
        self._digests: dict[Path, tuple[Stamp, str]] = {}

    def take(
        self, look: Look, before: Generation | None = None, *, kept: Collection[Path] = frozenset()
    ) -> Generation | None:
        """Copy what was looked at; the units in `kept` are those of `before`. None if files moved meanwhile.

        AppError when there is no place for copies.
        """
        self._made += 1
        self._home = self._home or _Home(look)
        making = _Making(self._home.folder / str(self._made), look, before, frozenset(kept))
        try:
            making.copy()
        except OSError:
            shutil.rmtree(making.folder, ignore_errors=True)
            return None
        for path, filed in making.files.items():
            self._digests[path] = (filed.stamp, filed.digest)
        return making.generation(self._made)

    def content(self, look: Look, units: Iterable[Path]) -> dict[Path, str]:
        """What the files of some units hold now, in short."""
        return {unit: self._content(look, unit) for unit in units}

    def drop(self, generation: Generation) -> None:
        """Nobody runs on it any more: it is removed in a while."""
        self._dropped.put(generation.folder)

    def close(self) -> None:
        """Clear everything away."""
        self._dropped.put(None)
        self._cleaner.join()
        if self._home is not None:
            self._home.close()

    def _clean(self) -> None:
        while (folder := self._dropped.get()) is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def _content(self, look: Look, unit: Path) -> str:
        parts = sorted(path for path in look.files if path == unit or unit in path.parents)
        return _joined((str(path), self._digest_of(path, look.files[path])) for path in parts)

    def _digest_of(self, path: Path, stamp: Stamp) -> str:
        known = self._digests.get(path)
        if known is None or known[0] != stamp:
            try:
                known = (stamp, _hashed(path.read_bytes()))
            except OSError:
                known = (stamp, "")
            self._digests[path] = known
        return known[1]


class _Home:
    """The folder of a runner's generations, which no other runner clears away."""

    def __init__(self, look: Look) -> None:
        try:
            _clear_away()
            self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_place_for(look)))
            # Held as long as a process of this runner lives: others can tell whether they may clear away.
            self._lock = os.open(self.folder / _LOCK, os.O_CREAT | os.O_RDONLY, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_SH)
        except OSError as error:
            raise AppError(
                f"there is no room for copies of the app's files: {error}; name a folder in TMPDIR"
            ) from error

    def close(self) -> None:
        os.close(self._lock)
        shutil.rmtree(self.folder, ignore_errors=True)


def _place_for(look: Look) -> Path:
    """A folder in memory if there is one with room: on a disk, each of thousands of small files may take a millisecond.

    Who names a folder in TMPDIR gets that one.
    """
    disk = Path(tempfile.gettempdir())
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK | os.X_OK):
        return disk
    state = os.statvfs(_MEMORY)
    size = sum(stamp.size for path, stamp in look.files.items() if not _is_data(path, stamp))
    is_good = size <= _MOST_IN_MEMORY and state.f_bavail * state.f_frsize >= _LEAST_FREE
    # Compiled modules cannot be loaded from where nothing may be executed.
    return disk if state.f_flag & os.ST_NOEXEC or not is_good else _MEMORY


def _is_data(path: Path, stamp: Stamp) -> bool:
    return stamp.size > _LARGEST_COPY and path.suffix not in (".py", ".json")


class _Making:
    """One generation on its way."""

    def __init__(self, folder: Path, look: Look, before: Generation | None, kept: frozenset[Path]) -> None:
        self.folder = folder
        self.files: dict[Path, Filed] = {}
        self._look = look
        self._before = before
        self._kept = kept
        self._elements = look.elements | (before.elements if before else frozenset())
        self._roots = {home: folder / str(index) for index, home in enumerate(look.homes)}
        #: By a folder of people's, the one of the copy, once it is made.
        self._folders: dict[Path, Path] = {}

    def copy(self) -> None:
        for root in self._roots.values():
            root.mkdir(parents=True)
        for path, stamp in self._look.files.items():
            if not self._kept or unit_of(path, self._elements) not in self._kept:
                self._file(path, stamp)
        for path, filed in (self._before.files if self._before and self._kept else {}).items():
            if unit_of(path, self._elements) in self._kept and (place := self._place(path)) is not None:
                self._link(path, filed, place)

    def generation(self, number: int) -> Generation:
        skipped = len(str(self.folder)) + 1
        told = sorted((str(filed.copy)[skipped:], filed.digest) for filed in self.files.values())
        return Generation(
            number=number,
            folder=self.folder,
            copies=tuple(Copy(home=home, root=root) for home, root in self._roots.items()),
            files=self.files,
            elements=frozenset(path.parent for path in self.files if path.name == "e.json"),
            hash=_joined(told)[:16],
        )

    def _file(self, path: Path, stamp: Stamp) -> None:
        place = self._place(path)
        known = self._before.files.get(path) if self._before else None
        if place is None:
            return
        if known is not None and known.stamp == stamp:
            self._link(path, known, place)
        elif _is_data(path, stamp):
            place.symlink_to(path)
            self.files[path] = Filed(place, repr(stamp), stamp)
        else:
            content = path.read_bytes()
            place.write_bytes(content)
            self.files[path] = Filed(place, _hashed(content), stamp)

    def _link(self, path: Path, known: Filed, place: Path) -> None:
        os.link(known.copy, place, follow_symlinks=False)
        self.files[path] = Filed(place, known.digest, known.stamp)

    def _place(self, path: Path) -> Path | None:
        """Where the copy of a file goes; None if its layer is none any more."""
        parent = path.parent
        if parent not in self._folders:
            home = next((home for home in self._roots if path.is_relative_to(home)), None)
            if home is None:
                return None
            self._folders[parent] = self._roots[home] / parent.relative_to(home)
            self._folders[parent].mkdir(parents=True, exist_ok=True)
        return self._folders[parent] / path.name


def _digest(generation: Generation, path: Path) -> str:
    filed = generation.files.get(path)
    return "" if filed is None else filed.digest


def _hashed(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _joined(parts: Iterable[tuple[str, str]]) -> str:
    return _hashed("\0".join(f"{name}\0{digest}" for name, digest in parts).encode("utf-8", "surrogatepass"))


def _clear_away() -> None:
    """Remove what runners have left behind that were killed."""
    places = {Path(tempfile.gettempdir()), _MEMORY}
    for folder in [found for place in places for found in place.glob(f"{_PREFIX}*")]:
        try:
            lock = os.open(folder / _LOCK, os.O_RDONLY)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue
        finally:
            os.close(lock)
