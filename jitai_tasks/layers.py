"""Which folders of elements an app is made of, nearest first: the app, the apps it extends, the official layer."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .config import AppConfig, ExtendsItem
from .definition import OFFICIAL, Layer
from .errors import AppError
from .jsonsource import Source, read_json
from .paths import elements_dir
from .problems import Problem
from .schemas import check_app_json

APP_JSON = "app.json"
#: Folders to look for extended apps in, separated like PATH.
SEARCH_PATH_VARIABLE = "JITAI_TASKS_APP_PATH"


@dataclass(slots=True)
class Stack:
    """The layers of an app, nearest first, and what was odd about them."""

    layers: list[Layer] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A layer's folder, and a copy of it as it was at one moment."""

    home: Path
    root: Path


def stack_of(app_root: Path, *, plugged: Sequence[Path] = (), copies: Sequence[Copy] = ()) -> Stack:
    """The layers of the app in `app_root`; `plugged` folders (of plug-ins) lie between its apps and the official one.

    `copies` are what to read in the place of the app and of those it extends, in their order.
    Raises AppError when there is no usable app.json, an extended app cannot be found, or apps extend each other in a
    circle.
    """
    stack = Stack()
    if copies:
        stack.layers = [_copied_layer(copy, stack.problems) for copy in copies]
    else:
        apps = _Apps(stack.problems)
        root = app_root.resolve()
        apps.read(root, through=())
        stack.layers = [apps.layers[folder] for folder in linearise(root, apps, stack.problems)]
    stack.layers += [_bare_layer(folder.resolve()) for folder in plugged]
    official = elements_dir().resolve()
    stack.layers.append(Layer(id=OFFICIAL, root=official, config=AppConfig(appId=OFFICIAL, name=OFFICIAL)))
    _refuse_twins(stack.layers)
    return stack


class _Apps:
    """Reads app.json after app.json, following `extends`."""

    def __init__(self, problems: list[Problem]) -> None:
        self.layers: dict[Path, Layer] = {}
        self.parents: dict[Path, list[Path]] = {}
        self._problems = problems

    def read(self, root: Path, *, through: tuple[Path, ...]) -> None:
        if root in through:
            circle = " -> ".join(path.name for path in (*through[through.index(root) :], root))
            raise AppError(f"apps extend each other in a circle: {circle}; take one `extends` out")
        if root in self.layers:
            return
        source, config = _read_app_json(root, self._problems)
        self.layers[root] = Layer(id=config.appId or root.name, root=root, config=config)
        self.parents[root] = []
        for index, wanted in enumerate(config.extends):
            parent = find_app(wanted, child=root)
            self.parents[root].append(parent)
            self.read(parent, through=(*through, root))
            self._compare_version(source, index, wanted, self.layers[parent])

    def _compare_version(self, source: Source, index: int, wanted: ExtendsItem, parent: Layer) -> None:
        found = parent.config.version
        if not wanted.version or not found or found == wanted.version:
            return
        pointer = f"extends/{index}/version"
        line, column = source.position(pointer)
        self._problems.append(
            Problem(
                path=source.path,
                line=line,
                column=column,
                pointer=pointer,
                message=f"{wanted.appId} {wanted.version} is asked for, {found} is at {parent.root}",
                advice="install the version you ask for, or ask for the one you have",
                severity="warning",
            )
        )


def _read_app_json(root: Path, problems: list[Problem]) -> tuple[Source, AppConfig]:
    path = root / APP_JSON
    if not path.is_file():
        raise AppError(f"{root} is no app: it has no {APP_JSON}; `jitai-tasks init {root}` writes one")
    source = read_json(path)
    found = [*source.problems, *check_app_json(source)]
    errors = [problem for problem in found if problem.severity == "error"]
    if errors:
        raise AppError("\n".join(str(problem) for problem in errors))
    problems += found
    return source, AppConfig.model_validate(source.value)


def find_app(wanted: ExtendsItem, *, child: Path) -> Path:
    """The folder of an app that the app in `child` extends; AppError says where it was looked for."""
    if wanted.path:
        folder = (child / wanted.path).resolve()
        if not (folder / APP_JSON).is_file():
            raise AppError(f"{child.name} extends {wanted.appId} at {folder}, but there is no {APP_JSON}")
        return folder
    places = [child.parent, *_search_path()]
    for folder in _candidates(places, wanted.appId):
        if _app_id(folder) == wanted.appId:
            return folder.resolve()
    raise AppError(
        f"{child.name} extends {wanted.appId}, which is in none of {', '.join(map(str, places))}; "
        f'put it there, add "path" to its entry in `extends`, or set {SEARCH_PATH_VARIABLE}'
    )


def _search_path() -> list[Path]:
    return [Path(entry) for entry in os.environ.get(SEARCH_PATH_VARIABLE, "").split(os.pathsep) if entry]


def _candidates(places: Iterable[Path], app_id: str) -> Iterator[Path]:
    """Likely folders first (named like the app), then every folder beside them, then the places themselves."""
    for place in places:
        yield from (place / app_id, place / app_id.rpartition(".")[2])
        if place.is_dir():
            yield from sorted(entry for entry in place.iterdir() if entry.is_dir())
        yield place


def _app_id(folder: Path) -> str | None:
    path = folder / APP_JSON
    if not path.is_file():
        return None
    value = read_json(path).value
    return str(value.get("appId", ""))


def linearise(root: Path, apps: _Apps, problems: list[Problem]) -> list[Path]:
    """The C3 order of an app and all it extends; without one, depth first from the left, with a warning."""
    try:
        return _c3(root, apps.parents)
    except _NoOrder:
        layer = apps.layers[root]
        problems.append(
            Problem(
                path=layer.root / APP_JSON,
                line=1,
                column=1,
                pointer="extends",
                message=f"no order of layers agrees with every `extends` above {layer.id}",
                advice="list extended apps in the same order everywhere; until then it is depth first, left first",
                severity="warning",
            )
        )
        return list(dict.fromkeys(_depth_first(root, apps.parents)))


class _NoOrder(Exception):
    """The C3 merge found no candidate."""


def _c3(root: Path, parents: dict[Path, list[Path]]) -> list[Path]:
    lists = [_c3(parent, parents) for parent in parents[root]] + [list(parents[root])]
    order = [root]
    while lists := [line for line in lists if line]:
        head = next((line[0] for line in lists if not any(line[0] in other[1:] for other in lists)), None)
        if head is None:
            raise _NoOrder
        order.append(head)
        lists = [[folder for folder in line if folder != head] for line in lists]
    return order


def _depth_first(root: Path, parents: dict[Path, list[Path]]) -> Iterator[Path]:
    yield root
    for parent in parents[root]:
        yield from _depth_first(parent, parents)


def _copied_layer(copy: Copy, problems: list[Problem]) -> Layer:
    _, config = _read_app_json(copy.root, problems)
    return Layer(id=config.appId or copy.home.name, root=copy.root, config=config, home=copy.home)


def _bare_layer(folder: Path) -> Layer:
    if not folder.is_dir():
        raise AppError(f"a plug-in brings the layer {folder}, which is no folder")
    return Layer(id=folder.name, root=folder, config=AppConfig(appId=folder.name, name=folder.name))


def _refuse_twins(layers: Sequence[Layer]) -> None:
    seen: dict[str, Layer] = {}
    for layer in layers:
        twin = seen.setdefault(layer.id, layer)
        if twin is not layer:
            raise AppError(f"two layers are called {layer.id}: {twin.root} and {layer.root}; give one another appId")
