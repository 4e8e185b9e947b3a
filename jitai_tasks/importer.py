"""The import system of an open app: `tasks.X`, `services.Y`, `commons.z` come from its layers, nearest first.

One finder at the head of `sys.meta_path`. It answers only for root names that exist in some layer, and for the ids of
layers: `official.tasks.X` *is* `tasks.X` unless a nearer layer overrides it; then it is the overridden one. A module
that the override of an official element does not have is the official one.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import logging
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import CodeType, ModuleType

from .catalog import Catalog
from .definition import OFFICIAL, Layer
from .errors import AppError
from .places import Place, places_of, roots_of


class Importer(importlib.abc.MetaPathFinder):
    """Finds the modules of one open app, `owner`; an installed importer is what makes an app the open one."""

    def __init__(self, catalog: Catalog, owner: object, names: Mapping[str, object] | None = None) -> None:
        self.owner = owner
        self.catalog = catalog
        self.roots = roots_of(catalog)
        #: Layers by the prefix that reaches their own modules; the app itself is never shadowed and needs none.
        self.prefixes = {layer.id: layer for layer in catalog.layers[1:] if self._may_be_prefix(layer)}
        #: What every module of the app finds in its namespace.
        self.names: dict[str, object] = dict(names or {})
        #: Entered with the file whose code runs, for as long as it does: of a module, or the e.json of an element.
        self.running: Callable[[str], AbstractContextManager[object]] = nullcontext

    def _may_be_prefix(self, layer: Layer) -> bool:
        segments = layer.id.split(".")
        if not all(segment.isidentifier() for segment in segments) or segments[0] in self.roots:
            return False
        return layer.id == OFFICIAL or segments[0] not in {*sys.modules, *sys.stdlib_module_names}

    def install(self) -> None:
        """Become the first finder. AppError when another app is open, or a root is already imported from elsewhere."""
        other = installed()
        if other is not None:
            raise AppError(f"{other.owner} is still open in this process; close it first: one open app per process")
        for root, folders in {**self.roots, OFFICIAL: (self.catalog.layers[-1].root,)}.items():
            if root in sys.modules:
                raise AppError(_foreign(root, sys.modules[root], folders))
        sys.meta_path.insert(0, self)

    def remove(self) -> None:
        """Stop finding, and take every module of the app out of `sys.modules`."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
            for name in [name for name in sys.modules if self._is_mine(name)]:
                del sys.modules[name]

    def _is_mine(self, name: str) -> bool:
        root = name.partition(".")[0]
        return root in self.roots or root in {prefix.partition(".")[0] for prefix in self.prefixes}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The spec of a module of the app; None leaves it to Python's other finders."""
        if fullname.partition(".")[0] in self.roots:
            place = self.locate(fullname)
            return self._official_spec(fullname) if place is None else self._spec(fullname, place)
        for prefix, layer in self.prefixes.items():
            if fullname == prefix or prefix.startswith(f"{fullname}."):
                return self._spec(fullname, Place())
            if fullname.startswith(f"{prefix}."):
                return self._prefixed_spec(fullname, fullname[len(prefix) + 1 :], layer)
        return None

    def locate(self, name: str) -> Place | None:
        """Where the module of that full name lies; nothing is imported. None if it is no module of the app."""
        root, _, rest = name.partition(".")
        return places_of(self.roots.get(root, ()), rest, skip=self.catalog.refused)

    def exists(self, name: str) -> bool:
        """True if there is a file (or an element's folder) to import under this name."""
        place = self.place(name)
        return place is not None and place.home is not None

    def place(self, name: str) -> Place | None:
        """The same as `locate`, also for names that begin with the id of a layer, like official.tasks.Meta."""
        for prefix, layer in self.prefixes.items():
            if name.startswith(f"{prefix}."):
                return _in_layer(layer, name[len(prefix) + 1 :])
        return self.locate(name)

    def _official_spec(self, fullname: str) -> importlib.machinery.ModuleSpec | None:
        """The official module, if an element overrides an official one and has no module of that name."""
        overridden = self.catalog.shadowed.get(fullname.rpartition(".")[0], ())
        own = self.place(f"{OFFICIAL}.{fullname}") if any(each.layer.id == OFFICIAL for each in overridden) else None
        if own is None or own.file is None:
            return None
        return importlib.machinery.ModuleSpec(fullname, _SameModule(f"{OFFICIAL}.{fullname}"), is_package=False)

    def _prefixed_spec(self, fullname: str, name: str, layer: Layer) -> importlib.machinery.ModuleSpec | None:
        own = _in_layer(layer, name)
        if own is None:
            return None
        effective = self.locate(name)
        if "." in name and own.home is not None and effective is not None and effective.home == own.home:
            return importlib.machinery.ModuleSpec(fullname, _SameModule(name), is_package=own.path is not None)
        return self._spec(fullname, own if "." in name else Place(path=own.path))

    def _spec(self, fullname: str, place: Place) -> importlib.machinery.ModuleSpec:
        path = None if place.path is None else [str(folder) for folder in place.path]
        if place.file is None:
            spec = importlib.machinery.ModuleSpec(fullname, _EmptyPackage(self), is_package=True)
            spec.submodule_search_locations = path or []
            return spec
        self._refuse_stray(fullname, place.file)
        shown = str(self._shown(place.file))
        loader = _SourceLoader(fullname, str(place.file), self, shown)
        found = importlib.util.spec_from_file_location(fullname, shown, loader=loader, submodule_search_locations=path)
        assert found is not None  # a loader was given
        return found

    def _refuse_stray(self, fullname: str, file: Path) -> None:
        """Whoever may write to a file outside the app is not by that allowed to run code in it."""
        layer = next((layer for layer in self.catalog.layers if file.is_relative_to(layer.root)), None)
        target = file.resolve()
        if layer is not None and not target.is_relative_to(layer.root.resolve()):
            reason = f"{self._shown(file)} leads out of the app by a symbolic link, to {target}; copy it into the app"
            raise ImportError(reason, name=fullname, path=str(file))

    def _shown(self, file: Path) -> Path:
        layer = next((layer for layer in self.catalog.layers if layer.holds(file)), None)
        return file if layer is None else layer.shown(file)

    def furnish(self, module: ModuleType) -> None:
        """Put the app's names into a module's own namespace, before its code runs and may define its own."""
        space = module.__dict__
        space.setdefault("app", self.owner)
        space.setdefault("log", logging.getLogger(module.__name__))
        for name, value in self.names.items():
            space.setdefault(name, LazyName(name, value, space) if isinstance(value, Reference) else value)

    def add_name(self, name: str, value: object) -> None:
        """One more name for every module of the app, loaded already or not; a module's own definition stays."""
        self.names[name] = value
        for module in list(self.modules()):
            module.__dict__.setdefault(name, value)

    def modules(self) -> Iterator[ModuleType]:
        """The modules of the app that are loaded."""
        for name, module in list(sys.modules.items()):
            if self._is_mine(name):
                yield module


def installed() -> Importer | None:
    """The importer of the app that is open in this process."""
    return next((finder for finder in sys.meta_path if isinstance(finder, Importer)), None)


def _in_layer(layer: Layer, name: str) -> Place | None:
    root, _, rest = name.partition(".")
    folder = layer.root / root
    return places_of((folder,), rest) if folder.is_dir() else None


def _foreign(root: str, module: ModuleType, folders: Sequence[Path]) -> str:
    origin = getattr(module, "__file__", None) or list(getattr(module, "__path__", ())) or "an unknown place"
    return (
        f"a module called {root} is already imported from {origin}, so {folders[0]} cannot be imported as {root}; "
        f"open the app before that import, in another process, or rename one of the two"
    )


class _SourceLoader(importlib.machinery.SourceFileLoader):
    """Compiles from the source as it is now: no bytecode is read or written.

    A module that is read from a copy carries the name of the file that people edit: in `__file__` and in tracebacks.
    """

    def __init__(self, fullname: str, path: str, importer: Importer, shown: str) -> None:
        super().__init__(fullname, path)
        self._importer = importer
        self._shown = shown

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.get_filename(fullname)), self._shown)

    def exec_module(self, module: ModuleType) -> None:
        self._importer.furnish(module)
        with self._importer.running(self._shown):
            super().exec_module(module)


class _EmptyPackage(importlib.abc.Loader):
    """Stands in for an __init__.py that is not there."""

    def __init__(self, importer: Importer) -> None:
        self._importer = importer

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        self._importer.furnish(module)


class _SameModule(importlib.abc.Loader):
    """Answers a second name of a module with the module itself."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._spec: importlib.machinery.ModuleSpec | None = None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module = importlib.import_module(self._name)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The import machinery has just put the second name's spec into the module.
        module.__spec__ = self._spec


class Reference(str):
    """Where a name comes from, as "module:attribute"; imported when the name is first used."""

    __slots__ = ()

    @property
    def module(self) -> str:
        """Full name of the module."""
        return self.partition(":")[0]

    def fetch(self) -> object:
        """The object itself."""
        module, _, attribute = self.partition(":")
        return getattr(importlib.import_module(module), attribute)


class LazyName:
    """Stands for `Q`, `GlobalVar` or `datatypes` in a module until its first use; then the real one takes its place."""

    __slots__ = ("_name", "_reference", "_space")

    def __init__(self, name: str, reference: Reference, space: dict[str, object]) -> None:
        self._name = name
        self._reference = reference
        self._space = space

    def _real(self) -> object:
        value = self._reference.fetch()
        if self._space.get(self._name) is self:
            self._space[self._name] = value
        return value

    def __getattr__(self, name: str) -> object:
        return getattr(self._real(), name)

    def __call__(self, *args: object, **kwargs: object) -> object:
        return self._real()(*args, **kwargs)  # type: ignore[operator]  # it says itself whether it can be called

    def __getitem__(self, key: object) -> object:
        return self._real()[key]  # type: ignore[index]  # as above

    def __instancecheck__(self, value: object) -> bool:
        return isinstance(value, self._real())  # type: ignore[arg-type]  # as above

    def __repr__(self) -> str:
        return f"<{self._name} of {self._reference.module}>"
