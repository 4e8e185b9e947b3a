"""Scheduled tasks: they run at the times of their `timerCfg`."""

from .loader import Loader
from .normaltask import NormalTask

__all__ = ["Loader", "NormalTask"]
