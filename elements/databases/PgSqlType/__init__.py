"""Databases on a PostgreSQL server."""

from .loader import Loader

__all__ = ["Loader"]
