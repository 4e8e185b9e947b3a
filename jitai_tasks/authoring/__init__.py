"""What helps people who write elements: settings for editors and type checkers, stubs of the official layer."""

from __future__ import annotations

from .editor import editor_files

__all__ = ["editor_files"]
