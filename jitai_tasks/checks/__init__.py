"""What can be wrong with an app that a schema cannot see. Reads files, imports nothing of the app."""

from __future__ import annotations

from .examining import Examined, examine
from .rules import RULES

__all__ = ["RULES", "Examined", "examine"]
