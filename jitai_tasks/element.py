"""Elements: live objects built from definitions, through the chain of Loaders. A broken one says where and why."""

from __future__ import annotations

import importlib
import string
import traceback
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

from .definition import Definition, FrozenDict, Kind, Layer
from .errors import ElementBroken

if TYPE_CHECKING:
    from .app import App

_NOT_LOADED = object()
_LOADING = object()


class ElementDefine(FrozenDict):
    """An element's e.json with its `fullName`, as `app.getElementDefine` gives it; keys can be read as attributes."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name in self:
            return self[name]
        raise AttributeError(f"{self.get('fullName', 'the element')} has no {name} in its e.json")


def define_of(definition: Definition) -> ElementDefine:
    """The e.json of a definition, as users see it."""
    return ElementDefine({**definition.config, "title": definition.title, "fullName": definition.full_name})


class Element:
    """A transparent proxy: what it does not know itself is asked of the object that the Loader made, at first use.

    Loaders get these as `nodes`: nodes[0] is the element itself, then its Type, that Type's Type, up to the Meta.
    """

    __slots__ = ("_app", "_definition", "_has_lifecycle", "_module_name", "_object", "_verbs")

    _app: App
    _definition: Definition
    #: Whether it has a lifecycle.py; None: nobody has looked.
    _has_lifecycle: bool | None
    _module_name: str | None
    _object: Any
    _verbs: dict[str, Callable[..., Any] | None]

    def __init__(self, app: App, definition: Definition, module_name: str | None) -> None:
        """`module_name` is None for an element that exists only in the program, without files."""
        values: tuple[object, ...] = (app, definition, None, module_name, _NOT_LOADED, {})
        for slot, value in zip(self.__slots__, values, strict=True):
            object.__setattr__(self, slot, value)

    @property
    def app(self) -> App:
        """The application it lives in."""
        return self._app

    @property
    def definition(self) -> Definition:
        """Its frozen definition."""
        return self._definition

    @property
    def define(self) -> ElementDefine:
        """Its e.json, read-only."""
        return define_of(self._definition)

    @property
    def fullName(self) -> str:
        """Like "tasks.reports.Daily"; "" for an element without files."""
        return self._definition.full_name

    @property
    def name(self) -> str:
        """The last segment of the full name."""
        return self._definition.name

    @property
    def elementType(self) -> str:
        """Full name of its Type; "" for a Meta."""
        return self._definition.type

    @property
    def appId(self) -> str:
        """The appId of the layer it comes from."""
        return self._definition.layer.id

    @property
    def version(self) -> str:
        """The version of the layer it comes from."""
        return self._definition.layer.config.version or ""

    @property
    def envId(self) -> str:
        """The environment; there is one per process, without a name."""
        return ""

    @property
    def buildTime(self) -> int:
        """When its e.json was last changed, in seconds since 1970."""
        return int((self._definition.folder / "e.json").stat().st_mtime)

    @property
    def debug(self) -> bool:
        """The debug flag of the application."""
        return self._app.debug

    @property
    def module(self) -> ModuleType:
        """Its Python package, imported now if need be; an empty module if it has no files; or ElementBroken."""
        if self._module_name is None:
            return ModuleType(self.fullName or "element")
        with _errors_told(self):
            return importlib.import_module(self._module_name)

    def getFile(self, filename: str, isBinary: bool = False) -> str | bytes:
        """The content of a file in the element's folder; FileNotFoundError if it is not there, or lies outside."""
        folder = self._definition.folder.resolve()
        path = (folder / filename).resolve()
        if not path.is_relative_to(folder):
            raise FileNotFoundError(f"{filename} is outside of {folder}; an element reads its own files only")
        return path.read_bytes() if isBinary else path.read_text(encoding="utf-8")

    def load(self) -> Any:
        """The object behind the element, made at the first call. ElementBroken if the element's code fails."""
        if self._object is _NOT_LOADED or self._object is _LOADING:
            with self._app.loading:
                self._load_once()
        return self._object

    def _load_once(self) -> None:
        if self._object is _LOADING:
            raise ElementBroken(self.fullName, "it needs itself while it loads; use it inside a function instead")
        if self._object is not _NOT_LOADED:
            return
        object.__setattr__(self, "_object", _LOADING)
        loaded = _NOT_LOADED
        try:
            with self._app.importer.running(str(self._definition.folder / "e.json")):
                with _errors_told(self):
                    loaded = _made_by_loader(self)
                object.__setattr__(self, "_object", loaded)
                with _errors_told(self):
                    self._app.hooks.jit_element_loaded(app=self._app, element=self)
        except ElementBroken:
            loaded = _NOT_LOADED
            raise
        finally:
            object.__setattr__(self, "_object", loaded)

    def fresh(self) -> Element:
        """A proxy of the caller's own, around the `fresh()` of the object behind this one: for objects written on."""
        made = Element(self._app, self._definition, self._module_name)
        object.__setattr__(made, "_object", self.load().fresh())
        return made

    @property
    def is_loaded(self) -> bool:
        """True once the object behind it exists."""
        return self._object is not _NOT_LOADED and self._object is not _LOADING

    def run_lifecycle(self, verb: str, *args: object, **kwargs: object) -> Any:
        """Call a function of the element's own lifecycle.py, if it has that file and the file that function."""
        function = self.lifecycle_function(verb)
        return None if function is None else function(*args, **kwargs)

    def lifecycle_function(self, verb: str) -> Callable[..., Any] | None:
        """That function; None if there is none."""
        if verb not in self._verbs:
            self._verbs[verb] = self._find_lifecycle_function(verb)
        return self._verbs[verb]

    def _find_lifecycle_function(self, verb: str) -> Callable[..., Any] | None:
        name = f"{self._module_name}.lifecycle"
        if self._has_lifecycle is None:
            found = self._module_name is not None and self._app.importer.exists(name)
            object.__setattr__(self, "_has_lifecycle", found)
        if not self._has_lifecycle:
            return None
        with _errors_told(self):
            function = getattr(importlib.import_module(name), verb, None)
        return function if callable(function) else None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.load(), name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self.load(), name, value)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.load()(*args, **kwargs)

    def __getitem__(self, key: Any) -> Any:
        return self.load()[key]

    def __setitem__(self, key: Any, value: object) -> None:
        self.load()[key] = value

    def __repr__(self) -> str:
        return f"<element {self.fullName or 'without files'} of {self.appId}>"


class Loader:
    """What makes an element whose Types bring no Loader: the object is its Python package."""

    def __init__(self, nodes: list[Element]) -> None:
        self.nodes = nodes

    def load(self) -> Any:
        """The object that the element stands for."""
        return self.nodes[0].module


def _made_by_loader(element: Element) -> Any:
    nodes = [element, *element.app.nodes_above(element.definition)]
    return _loader_class(nodes)(nodes).load()


def _loader_class(nodes: list[Element]) -> Callable[[list[Element]], Any]:
    """The nearest Loader above: the Type's own, its Type's, and so on. A Type itself is made by its Meta."""
    is_type = nodes[0].definition.kind is Kind.TYPE
    for node in nodes[1:]:
        if is_type and node.definition.kind is not Kind.META:
            continue
        found: Callable[[list[Element]], Any] | None = getattr(node.module, "Loader", None)
        if found is not None:
            return found
    return Loader


class _errors_told:  # noqa: N801  # reads as a verb after `with`
    """Whatever an element's own code raises while it loads becomes ElementBroken, with file, line and a hint."""

    def __init__(self, element: Element) -> None:
        self._element = element

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ElementBroken) or not isinstance(error, Exception | SystemExit):
            return
        _tell(self._element, error)


def _tell(element: Element, error: BaseException) -> NoReturn:
    layers = element.app.catalog.layers
    raise ElementBroken(element.fullName, f"{place_of(error, layers)}{saying(error)}") from error


def place_of(error: BaseException, layers: Iterable[Layer]) -> str:
    """`tasks/X/inner.py:3: ` – the line of the app's code that an error comes from, or "" if none is."""
    places = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        places.append((error.filename, error.lineno))
    for filename, line in reversed(places):
        for layer in layers:
            if layer.holds(Path(filename)):
                return f"{layer.shown(Path(filename)).relative_to(layer.place)}:{line}: "
    return ""


def saying(error: BaseException) -> str:
    """What an error of the app's code says, with a hint if there is one."""
    if isinstance(error, SyntaxError):
        return f"{error.msg}{_hint(error)}"
    if isinstance(error, SystemExit):
        return f"it calls exit({error.code!r})"
    return f"{type(error).__name__}: {error}"


def _hint(error: BaseException) -> str:
    """For full-width punctuation, the sign to write instead."""
    if not isinstance(error, SyntaxError) or not error.text:
        return ""
    for sign in error.text:
        narrow = unicodedata.normalize("NFKC", sign)
        if narrow != sign and narrow in string.punctuation:
            return f"; write {narrow!r} instead of the full-width {sign!r}"
    return ""
