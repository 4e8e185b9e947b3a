"""How a database element becomes an object."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from jitai_tasks import Element
from jitai_tasks.models.databases import DatabaseElement

__all__ = ["Loader"]


class Loader:
    """Connects to the database that e.json, or <Name>.json beside it, describes. Types say how to read that."""

    def __init__(self, nodes: list[Element]) -> None:
        self.nodes = nodes

    def load(self) -> DatabaseElement:
        """The database; the app's own for an element without a connection of its own."""
        element = self.nodes[0]
        settings = self.settings()
        return DatabaseElement(element.app, self.url(settings) if settings else None)

    def settings(self) -> Mapping[str, Any]:
        """`dbConfig`, with `{{name}}` replaced by the app's variables."""
        element = self.nodes[0]
        try:
            described = json.loads(element.getFile(f"{element.name}.json"))
        except FileNotFoundError:
            described = element.define
        return {key: self.filled(value) for key, value in dict(described.get("dbConfig") or {}).items()}

    def filled(self, value: Any) -> Any:
        """A setting with its placeholders replaced."""
        if not isinstance(value, str):
            return value
        for name, content in self.nodes[0].app.envVars.items():
            value = value.replace("{{" + name + "}}", str(content))
        return value

    def url(self, settings: Mapping[str, Any]) -> str:
        """The URL of the database that the settings describe."""
        return str(settings["url"])
