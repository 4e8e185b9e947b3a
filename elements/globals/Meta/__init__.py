"""The family of values that the whole application can read."""

from .loader import Loader

__all__ = ["Loader"]
