"""What an open app knows about itself. The names are JitAi's; nothing here loads an element or opens a database."""

# ruff: noqa: N802 - appId and its like are JitAi's names
from __future__ import annotations

import importlib
import os
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pluggy

from .catalog import Catalog
from .config import AppConfig
from .problems import Problem
from .registry import Elements
from .settings import Settings, zone_name


class Facts(Elements):
    """The facts of app.json, of its layers and of the settings, as properties."""

    def __init__(self, catalog: Catalog, hooks: pluggy.HookRelay, settings: Settings) -> None:
        super().__init__(catalog, hooks)
        self.settings = settings

    @property
    def config(self) -> AppConfig:
        """The app's own app.json."""
        return self.catalog.layers[0].config

    @property
    def root(self) -> Path:
        """The folder of its app.json."""
        return self.catalog.layers[0].place

    @property
    def appId(self) -> str:
        """Like "org.Shop"."""
        return self.catalog.layers[0].id

    @property
    def version(self) -> str:
        """Like "1.0.0"."""
        return self.config.version

    @property
    def appKey(self) -> str:
        """Like "org.Shop@1.0.0"."""
        return f"{self.appId}@{self.version}"

    @property
    def title(self) -> str:
        """Its display name."""
        return self.config.title or self.config.name or self.appId

    @property
    def debug(self) -> bool:
        """The debug setting."""
        return self.settings.debug

    @property
    def timezone(self) -> str:
        """The IANA zone that its local times are in."""
        return zone_name(self.settings, self.config)

    @property
    def app_hierarchy(self) -> list[str]:
        """The ids of its layers, the app's own first, "official" last."""
        return [layer.id for layer in self.catalog.layers]

    def getParentsMetadata(self) -> OrderedDict[str, dict[str, str]]:
        """The apps it extends, nearest first: appKey → {appId, version}."""
        layers = self.catalog.layers[1:-1]
        return OrderedDict(
            (f"{layer.id}@{layer.config.version}", {"appId": layer.id, "version": layer.config.version})
            for layer in layers
        )

    @property
    def namespaces(self) -> list[str]:
        """The root names that hold elements or code."""
        return list(self.importer.roots)

    @property
    def envVars(self) -> dict[str, Any]:
        """The variables of its app.json and of those it extends; the process environment goes before them."""
        declared: dict[str, Any] = {}
        for layer in reversed(self.catalog.layers):
            declared.update(_variables(layer.config.variables))
        return {**declared, **os.environ}

    @property
    def event(self) -> Any:
        """Publishes events: `app.event.publish(sender="services.OrderSvc.orderPaid", args=(1,), kwargs={})`."""
        return importlib.import_module("jitai_tasks.events").Publisher(self)  # it stands above this module

    def triggerEvent(self, name: str, data: object = None) -> list[Any]:
        """The older way of publishing: the event `name`, with one argument."""
        answers: list[Any] = self.event.publish(name, (data,))
        return answers

    @property
    def problems(self) -> list[Problem]:
        """What is wrong or odd in the files of its layers."""
        return self.catalog.problems


def _variables(declared: object) -> dict[str, Any]:
    """`variables` as {name: value}, or as a list of {"name": …, "value": …}."""
    if isinstance(declared, list):
        return {str(item["name"]): item.get("value") for item in declared if "name" in item}
    return dict(declared) if isinstance(declared, Mapping) else {}
