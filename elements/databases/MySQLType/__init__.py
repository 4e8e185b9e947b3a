"""Databases on a MySQL or MariaDB server."""

from .loader import Loader

__all__ = ["Loader"]
