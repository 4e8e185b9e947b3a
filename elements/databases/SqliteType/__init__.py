"""Databases in one SQLite file."""

from .loader import Loader

__all__ = ["Loader"]
