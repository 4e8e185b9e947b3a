"""Temporary tasks: one call of a function, now or later, created by code."""

from .loader import Loader
from .task import createTemporaryTask
from .temporarytask import TemporaryTask

__all__ = ["Loader", "TemporaryTask", "createTemporaryTask"]
