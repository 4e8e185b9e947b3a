"""Filters: `Q` expressions, written as objects or as text, compiled to bound SQL and to a test of a row in memory."""

from .expression import Q
from .nodes import F

__all__ = ["F", "Q"]
