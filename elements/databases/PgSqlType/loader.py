"""The loader of PostgreSQL databases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from databases.Meta import Loader as BaseLoader

from jitai_tasks.models.databases import server_url

__all__ = ["Loader"]


class Loader(BaseLoader):
    """`dbConfig` holds host, port, user, password and dbname."""

    def url(self, settings: Mapping[str, Any]) -> str:
        """The URL of the server's database."""
        return server_url("postgresql+psycopg", settings)
