"""The loader of SQLite databases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from databases.Meta import Loader as BaseLoader

__all__ = ["Loader"]


class Loader(BaseLoader):
    """`dbConfig.database` is a file, from the app's folder."""

    def url(self, settings: Mapping[str, Any]) -> str:
        """The URL of the file, whose folder is made."""
        path = self.nodes[0].app.root / str(settings["database"])
        path.parent.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{path}"
