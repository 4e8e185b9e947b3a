"""The command line `jitai-tasks`: one module per group of verbs, imported when the verb is used."""

from __future__ import annotations

from .main import main

__all__ = ["main"]
