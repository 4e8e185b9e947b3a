"""The elements of an open app by name: found in the catalog, made into objects when they are first asked for."""

# ruff: noqa: N802, N803 - getElement and its like are JitAi's names
from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pluggy

from . import selectors
from .catalog import Catalog
from .definition import Access, Definition, Kind, config_hash, frozen_config
from .element import Element, ElementDefine, define_of
from .errors import ElementBroken, ElementNotFound
from .importer import Importer
from .scopes import current_job_scope

if TYPE_CHECKING:
    from .app import App

TASK_META = "tasks.Meta"
#: Models are written on (`model.id = 1`), so every caller gets one of its own.
MODEL_META = "models.Meta"
#: Single modules are elements of this Type in this family only.
SERVICES = "services"
SINGLE_MODULE_TYPE = "services.NormalType"


class Elements:
    """What an app knows about its elements; the methods with JitAi's names are for applications."""

    def __init__(self, catalog: Catalog, hooks: pluggy.HookRelay) -> None:
        self.catalog = catalog
        #: Calls the hooks of all plug-ins: `app.hooks.jit_perform(app=…, …)`.
        self.hooks = hooks
        self.importer = Importer(catalog, self)
        #: Held while an element becomes an object.
        self.loading = threading.RLock()
        self._elements: dict[str, Element] = {}
        self._performers: dict[str, Any] = {}
        #: Whether planning has looked, since the app was opened, which held jobs can go on.
        self.held_seen = False
        #: What `resolve` has found, by (asking element, path).
        self.functions: dict[tuple[str, str], Callable[..., Any]] = {}

    def getElement(self, fullName: str) -> Element:
        """The element of that exact name. ElementNotFound names the nearest one; ElementBroken says what is wrong."""
        element = self._known(fullName)
        self.hooks.jit_element_called(app=self, element=element)
        scope = current_job_scope()
        if scope is not None:
            scope.touched[fullName] = element
        return element.fresh() if MODEL_META in self.catalog.chain_names(element.definition) else element

    def _new_element(self, name: str) -> Element:
        if not isinstance(name, str):
            raise ElementNotFound(repr(name), self.catalog.definitions)
        definition = self.catalog.find(name)
        if definition is None:
            element = self._single_module_or_raise(name)
        else:
            element = Element(cast("App", self), definition, self._module_name(definition))
        return self._elements.setdefault(name, element)

    def _module_name(self, definition: Definition) -> str:
        is_nearest = self.catalog.definitions.get(definition.full_name) is definition
        return definition.full_name if is_nearest else f"{definition.layer.id}.{definition.full_name}"

    def _single_module_or_raise(self, name: str) -> Element:
        if broken := self.catalog.broken(name):
            raise ElementBroken(name, "; ".join(str(problem) for problem in broken))
        place = self.importer.locate(name) if name.startswith(f"{SERVICES}.") else None
        if place is None or place.file is None or place.path is not None:
            raise ElementNotFound(name, self.catalog.definitions)
        return self.single_module_element(name)

    def single_module_element(self, name: str) -> Element:
        """The element that a single module like services/OrderSvc.py stands for, without any e.json."""
        if name not in self._elements:
            config: dict[str, object] = {"type": SINGLE_MODULE_TYPE, "title": name.rpartition(".")[2]}
            self._elements[name] = Element(cast("App", self), self._made_definition(name, config), name)
        return self._elements[name]

    def element_of_type(self, type_name: str, definition_config: Mapping[str, object]) -> Any:
        """The object that a Type's Loader makes of a configuration, for work that has no element of its own."""
        self._required(type_name)
        config = {**definition_config, "type": type_name}
        name = str(config.get("fullName", ""))
        return Element(cast("App", self), self._made_definition(name, config), None).load()

    def performer(self, type_name: str) -> Any:
        """The object of a Type that performs the jobs that have no element of their own; made once."""
        if type_name not in self._performers:
            self._performers[type_name] = self.element_of_type(type_name, {"title": ""})
        return self._performers[type_name]

    def _made_definition(self, name: str, config: dict[str, object]) -> Definition:
        layer = self.catalog.layers[0]
        return Definition(
            full_name=name,
            title=str(config.get("title") or name),
            type=str(config["type"]),
            kind=Kind.INSTANCE,
            layer=layer,
            access=Access.PUBLIC,
            folder=layer.root.joinpath(*name.split(".")[:-1]),
            config=frozen_config(config),
            hash=config_hash(config),
        )

    def nodes_above(self, definition: Definition) -> list[Element]:
        """The elements of a definition's Type, that Type's Type, and so on: what a Loader gets as nodes[1:]."""
        return [self._known(self._module_name(link)) for link in self.catalog.chain(definition)]

    def _known(self, name: str) -> Element:
        return self._elements[name] if name in self._elements else self._new_element(name)

    def findElements(self, selector: str) -> list[Element]:
        """The elements that a selector names; see `jitai_tasks.selectors` for its grammar."""
        return [self.getElement(found.full_name) for found in self._select(selector)]

    def findElementsDefine(self, selector: str) -> list[ElementDefine]:
        """Their e.json files; nothing is loaded."""
        return [define_of(found) for found in self._select(selector)]

    def getElementDefine(self, fullName: str) -> ElementDefine:
        """The e.json of one element, as a read-only dict whose keys are attributes too."""
        return define_of(self._required(fullName))

    def getAllElementsDefine(self) -> dict[str, ElementDefine]:
        """The e.json of every element by full name; nothing is loaded."""
        return {name: define_of(found) for name, found in self.catalog.definitions.items()}

    def _select(self, selector: str) -> list[Definition]:
        return selectors.select(selector, self.catalog.definitions.values(), self.catalog.chain_names)

    def _required(self, name: str) -> Definition:
        found = self.catalog.find(name)
        if found is None:
            raise ElementNotFound(name, self.catalog.definitions)
        return found

    def redefine(self, definition: Definition) -> None:
        """Give an element another definition. Who holds the object made by the one before keeps that."""
        definitions = {**self.catalog.definitions, definition.full_name: definition}
        self.catalog = replace(self.catalog, definitions=definitions)
        self._elements.pop(definition.full_name, None)

    def tasks(self) -> list[Definition]:
        """The definitions of all task instances, by name."""
        found = [item for item in self.catalog.definitions.values() if item.kind is Kind.INSTANCE]
        tasks = [item for item in found if TASK_META in self.catalog.chain_names(item)]
        return sorted(tasks, key=lambda item: item.full_name)

    def __getattr__(self, name: str) -> Family:
        """`app.services.X`: the elements below a root name."""
        if not name.startswith("_") and name in self.importer.roots:
            return Family(self, name)
        raise AttributeError(f"the app has no {name}, and no layer has a folder {name}/ with elements")


class Family:
    """The elements below a dotted name, as attributes: `app.services.reports.Daily`."""

    __slots__ = ("_elements", "_name")

    def __init__(self, elements: Elements, name: str) -> None:
        self._elements = elements
        self._name = name

    def __getattr__(self, name: str) -> Any:
        full_name = f"{self._name}.{name}"
        known = self._elements.catalog.definitions
        if full_name not in known and any(other.startswith(f"{full_name}.") for other in known):
            return Family(self._elements, full_name)
        try:
            return self._elements.getElement(full_name)
        except ElementNotFound as error:
            raise AttributeError(str(error)) from error

    def __repr__(self) -> str:
        return f"<elements {self._name}.…>"
