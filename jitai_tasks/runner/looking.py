"""What the folders of an app hold at one moment: each file with a stamp that changes when the file does."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ..discovery import E_JSON, IGNORED_FOLDERS, is_folder, is_stray
from ..errors import AppError
from ..layers import stack_of

#: What is read as code or as a definition; other files belong to a generation if they lie in an element's folder.
SOURCES = (".py", ".json")
#: What tools and editors leave behind, and data that programs write all the time.
_PASSING = (
    ".pyc", "~", ".swp", ".swx", ".tmp", ".log", ".db", ".db-wal", ".db-shm", ".db-journal", ".sqlite", ".sqlite3",
    "-wal", "-shm", "-journal",
)  # fmt: skip


class Stamp(NamedTuple):
    """Two equal ones mean that nobody has written to the file between."""

    inode: int
    size: int
    modified: int
    changed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The files of an app's layers, the official one left out."""

    #: The layers' folders, nearest first.
    homes: tuple[Path, ...]
    files: Mapping[Path, Stamp]
    #: The folders that hold an e.json.
    elements: frozenset[Path]
    #: All folders that were looked into, each with what changes when it is replaced, moved, or gets other files.
    folders: Mapping[Path, tuple[int, int]]
    #: Why the layers could not be told from app.json, so that they are those of the look before; "" if they could.
    trouble: str = ""


def look_at(app_root: Path, before: Look | None = None) -> Look:
    """The files as they are now. AppError when there are no layers to look at, neither now nor before."""
    homes, trouble = _homes(app_root, before)
    files: dict[Path, Stamp] = {}
    elements: set[Path] = set()
    folders: dict[Path, tuple[int, int]] = {}
    for home in homes:
        for folder, inside in _folders(home):
            folders[Path(folder)] = _identity(folder)
            names = [entry.name for entry in inside]
            if E_JSON in names and folder != str(home):
                elements.add(Path(folder))
            files.update(_stamped(inside, everything=E_JSON in names or _within(folder, elements)))
    return Look(homes=homes, files=files, elements=frozenset(elements), folders=folders, trouble=trouble)


def is_part(name: str, *, everything: bool) -> bool:
    """Whether a file of this name belongs to a generation; `everything`: it lies in an element's folder."""
    return not name.startswith(".") and not name.endswith(_PASSING) and (everything or name.endswith(SOURCES))


def being_written(paths: Iterable[Path]) -> bool:
    """Whether somebody has one of these files open for writing. Only Linux can tell, and only of files of our own."""
    return sys.platform == "linux" and any(_has_writer(path) for path in paths)


def _homes(app_root: Path, before: Look | None) -> tuple[tuple[Path, ...], str]:
    try:
        return tuple(layer.root for layer in stack_of(app_root).layers[:-1]), ""
    except AppError as error:
        if before is None:
            raise
        return before.homes, str(error)
    except OSError as error:  # a folder that goes while it is looked at
        if before is None:
            raise AppError(f"the files of {app_root} cannot be read: {error}") from error
        return before.homes, str(error)


def _folders(home: Path) -> Iterator[tuple[str, list[os.DirEntry[str]]]]:
    """Every folder that discovery looks into, with the files in it; a folder comes before those inside it."""
    pending = [str(home)]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(folder) as found:
                entries = list(found)
        except OSError:
            continue  # it went while we looked; the next look does not see it
        yield folder, [entry for entry in entries if _is_file(entry) and not is_stray(entry, home)]
        pending += [entry.path for entry in entries if is_folder(entry) and _is_worth_a_look(entry, home)]


def _identity(folder: str) -> tuple[int, int]:
    try:
        state = Path(folder).stat()
    except OSError:
        return 0, 0
    return state.st_ino, state.st_ctime_ns


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Whether it can be read to an end: who opens a named pipe may wait for ever."""
    try:
        return entry.is_file()
    except OSError:
        return False


def _is_worth_a_look(entry: os.DirEntry[str], home: Path) -> bool:
    if entry.name in IGNORED_FOLDERS or entry.name.startswith("."):
        return False
    if not entry.is_symlink():
        return True
    target, path = Path(entry.path).resolve(), Path(entry.path)
    return target.is_relative_to(home) and not path.is_relative_to(target)


def _within(folder: str, elements: set[Path]) -> bool:
    return any(parent in elements for parent in Path(folder).parents)


def _stamped(entries: Iterable[os.DirEntry[str]], *, everything: bool) -> Iterator[tuple[Path, Stamp]]:
    for entry in entries:
        if not is_part(entry.name, everything=everything):
            continue
        with contextlib.suppress(OSError):
            state = entry.stat()
            yield Path(entry.path), Stamp(state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)


def _has_writer(path: Path) -> bool:
    """The kernel grants a read lease exactly if nobody has the file open for writing."""
    import fcntl  # noqa: PLC0415  # not on every platform

    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)  # a writer that comes now is told of by a harmless one
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno in (errno.EAGAIN, errno.EACCES) and path.stat().st_uid == os.geteuid()
    finally:
        os.close(descriptor)
    return False
