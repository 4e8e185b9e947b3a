"""Finds every element of every layer by its e.json. Imports nothing of the app.

The walk handles plain strings: an app may have ten thousand elements, and a Path costs more than a look at a folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from .catalog import LOADER_FILE, SCHEMA_FILE, Candidate, Catalog, Stamp, catalog_of
from .definition import Layer, name_problem
from .jsonsource import Source, read_json
from .layers import Copy, stack_of
from .normalise import normalised
from .places import FAMILIES, SHARED_CODE
from .problems import Problem

E_JSON = "e.json"
#: Never looked into: build output, runtime data, front ends, and what tools leave behind.
IGNORED_FOLDERS = frozenset({"__pycache__", "appData", "dist", "frontend", "node_modules", "venv"})
#: Folders of a layer that modules are imported from without being part of an element.
_WITH_CODE = FAMILIES | {SHARED_CODE}


def discover(app_root: Path, *, plugged: Sequence[Path] = (), copies: Sequence[Copy] = ()) -> Catalog:
    """Everything the app in `app_root` is made of. Broken elements are left out as problems; AppError if it is no app.

    `plugged` folders are layers between the app's own and the official one; `copies` are read in the place of the app.
    """
    return Discovery(app_root, plugged=plugged, copies=copies).look()


class Discovery:
    """Discovers an app again and again: a file that has not changed is not read a second time."""

    def __init__(self, app_root: Path, *, plugged: Sequence[Path] = (), copies: Sequence[Copy] = ()) -> None:
        self._root = app_root
        self._plugged = plugged
        self._copies = copies
        #: By path of an e.json: the state of the file when it was read, and what it held.
        self._known: dict[str, tuple[Stamp, Source]] = {}
        self._seen: list[object] = []
        self._catalog: Catalog | None = None

    def look(self) -> Catalog:
        """The app as it is now; the catalog of the last look if nothing has changed since."""
        stack = stack_of(self._root, plugged=self._plugged, copies=self._copies)
        problems = list(stack.problems)
        found = [each for layer in stack.layers for each in _elements_in(layer, problems)]
        seen = [stack.layers, problems, found]
        if self._catalog is None or seen != self._seen:
            self._known = {each.path: (each.stamp, self._source(each)) for each in found}
            self._catalog = catalog_of(stack.layers, map(self._read, found), list(problems))
            self._seen = seen
        return self._catalog

    def _source(self, found: Found) -> Source:
        known = self._known.get(found.path)
        if known is not None and known[0] == found.stamp:
            return known[1]
        return normalised(read_json(Path(found.path)), family=found.full_name.partition(".")[0])

    def _read(self, found: Found) -> Candidate:
        return Candidate(
            full_name=found.full_name,
            layer=found.layer,
            folder=Path(found.path).parent,
            source=self._known[found.path][1],
            has_loader=found.has_loader,
            schema=found.schema,
        )


class Found(NamedTuple):
    """An e.json, not read yet."""

    path: str
    full_name: str
    layer: Layer
    stamp: Stamp
    has_loader: bool
    #: The state of the schema.json beside it; None if there is none.
    schema: Stamp | None


def _elements_in(layer: Layer, problems: list[Problem]) -> Iterator[Found]:
    pending: list[tuple[str, tuple[str, ...]]] = [(str(layer.root), ())]
    while pending:
        folder, segments = pending.pop()
        try:
            with os.scandir(folder) as entries:
                inside = {entry.name: entry for entry in entries}
        except PermissionError:
            problems.append(_closed_problem(Path(folder), layer, segments))
            continue
        strays = [entry for entry in inside.values() if entry.is_symlink() and is_stray(entry, layer.root)]
        if segments and E_JSON in inside:
            yield from _found(layer, inside, segments, problems, strays)
        elif segments and segments[0] in _WITH_CODE:
            problems += [_link_problem(Path(entry.path), layer, "") for entry in strays]
        deeper = [entry for entry in inside.values() if _is_deeper(entry, layer, problems)]
        deeper.sort(key=lambda entry: entry.name, reverse=True)
        pending += [(entry.path, (*segments, entry.name)) for entry in deeper]


def is_stray(entry: os.DirEntry[str], root: Path) -> bool:
    """Whether it is code or a definition that really lies outside the layer in `root`: a symbolic link out of it."""
    if not entry.name.endswith(".py") and entry.name not in (E_JSON, SCHEMA_FILE):
        return False
    return entry.is_symlink() and not _target(entry.path).is_relative_to(root)


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder, or a link to one; a link that leads to itself is none."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _target(path: str | Path) -> Path:
    """Where a path really leads; unlike `Path.resolve`, a link that leads to itself raises nothing."""
    return Path(os.path.realpath(path))


def _is_deeper(entry: os.DirEntry[str], layer: Layer, problems: list[Problem]) -> bool:
    if entry.name in IGNORED_FOLDERS or entry.name.startswith(".") or not is_folder(entry):
        return False
    path = Path(entry.path)
    if not entry.is_symlink() or _stays_inside(path, layer):
        return True
    if (path / E_JSON).is_file():
        problems.append(_link_problem(path, layer, ".".join(path.relative_to(layer.root).parts)))
    return False


def _stays_inside(path: Path, layer: Layer) -> bool:
    """False for a link out of the layer, and for one to a folder above itself, which would never end."""
    target = path.resolve()
    return target.is_relative_to(layer.root) and not path.is_relative_to(target)


def _link_problem(path: Path, layer: Layer, full_name: str) -> Problem:
    return Problem(
        path=path,
        message=f"a symbolic link out of the app, to {_target(path)}",
        advice="copy it into the app, or make it part of an app of its own and extend that",
        element=full_name,
        root=layer.root,
    )


def _closed_problem(folder: Path, layer: Layer, segments: tuple[str, ...]) -> Problem:
    """An error where elements usually lie; elsewhere it may be anybody's data."""
    return Problem(
        path=folder,
        message="this folder cannot be read, nor what elements it holds",
        advice="give the user that runs this the right to read it, or move it out of the app",
        severity="error" if segments and segments[0] in _WITH_CODE else "warning",
        root=layer.root,
    )


def _found(
    layer: Layer,
    inside: Mapping[str, os.DirEntry[str]],
    segments: tuple[str, ...],
    problems: list[Problem],
    strays: Sequence[os.DirEntry[str]],
) -> Iterator[Found]:
    entry, full_name = inside[E_JSON], ".".join(segments)
    if (reason := name_problem(segments)) is not None:
        advice, path = "rename the folder", Path(entry.path)
        problems.append(Problem(path=path, message=reason, advice=advice, element=full_name, root=layer.root))
    elif strays:
        problems += [_link_problem(Path(stray.path), layer, full_name) for stray in strays]
    else:
        schema = _stamp(inside[SCHEMA_FILE]) if SCHEMA_FILE in inside else None
        yield Found(entry.path, full_name, layer, _stamp(entry), LOADER_FILE in inside, schema)


def _stamp(entry: os.DirEntry[str]) -> Stamp:
    """What tells one state of a file from another; zeros for a link that leads nowhere."""
    try:
        state = entry.stat()
    except OSError:
        return 0, 0, 0, 0
    return state.st_mtime_ns, state.st_ctime_ns, state.st_size, state.st_ino
