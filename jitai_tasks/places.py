"""Where the modules of an app lie on disk: plain lookups in the layers' folders, nearest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .catalog import Catalog
from .definition import OFFICIAL

#: Folders of Python code that are no elements but belong to every app; the last two only in the official layer.
SHARED_CODE = "commons"
PLATFORM_CODE = ("jit", "jit_utils")
#: Families that may consist of single modules like services/OrderSvc.py, without any e.json.
FAMILIES = frozenset({
    "models", "databases", "caches", "storages", "services", "workflows", "tasks", "events", "pages", "components",
    "roles", "auths", "apiAuths", "corps", "interceptors", "externalAPIs", "messages", "datatypes", "globals",
    "llms", "aiagents",
})  # fmt: skip
_NO_FOLDERS: frozenset[Path] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a module's name leads to."""

    #: The file to run; None for a package without __init__.py.
    file: Path | None = None
    #: The folders to look for submodules in; None if it is no package.
    path: tuple[Path, ...] | None = ()
    #: What makes the place the same place: the file, or the element's folder; None for a mere container.
    home: Path | None = None


def roots_of(catalog: Catalog) -> dict[str, tuple[Path, ...]]:
    """The root names that can be imported, each with its folders, nearest first."""
    families = {name.partition(".")[0] for name in (*catalog.definitions, *catalog.shadowed)}
    families |= {problem.element.partition(".")[0] for problem in catalog.problems if "." in problem.element}
    roots: dict[str, tuple[Path, ...]] = {}
    for name in sorted(families | FAMILIES | {SHARED_CODE, *PLATFORM_CODE}):
        holders = [layer for layer in catalog.layers if name not in PLATFORM_CODE or layer.id == OFFICIAL]
        folders = tuple(layer.root / name for layer in holders if (layer.root / name).is_dir())
        if folders and (name in families or any(_holds_code(folder) for folder in folders)):
            roots[name] = folders
    return roots


def _holds_code(folder: Path) -> bool:
    return next(folder.rglob("*.py"), None) is not None


def places_of(folders: Sequence[Path], name: str, *, skip: Iterable[Path] = _NO_FOLDERS) -> Place | None:
    """The place of a dotted name below a root's folders ("" is the root itself), or None."""
    file = next((folder / "__init__.py" for folder in folders if (folder / "__init__.py").is_file()), None)
    place: Place | None = Place(file=file, path=tuple(folders), home=file) if folders else None
    for segment in name.split(".") if name else ():
        if place is None or place.path is None:
            return None
        place = _below(place.path, segment, frozenset(skip))
    return place


def _below(folders: Sequence[Path], segment: str, skip: frozenset[Path]) -> Place | None:
    """Nearest first: an element's folder ends the search, other folders of that name are laid over each other."""
    containers: list[Path] = []
    init: Path | None = None
    for folder in folders:
        inside = folder / segment
        if inside.is_dir() and inside not in skip:
            if (inside / "e.json").is_file():
                return _element_place(inside, containers)
            containers.append(inside)
            init = init or _existing(inside / "__init__.py")
        if init is None and (module := _existing(folder / f"{segment}.py")) is not None:
            return Place(file=module, path=None, home=module)
    return Place(file=init, path=tuple(containers), home=init) if containers else None


def _element_place(folder: Path, nearer: Sequence[Path]) -> Place:
    """An element's package; its code lies in its folder, or in backend/ below it."""
    code = [folder]
    if not (folder / "__init__.py").is_file() and (folder / "backend").is_dir():
        code = [folder / "backend", folder]
    init = _existing(code[0] / "__init__.py")
    return Place(file=init, path=(*nearer, *code), home=init or folder)


def _existing(file: Path) -> Path | None:
    return file if file.is_file() else None
