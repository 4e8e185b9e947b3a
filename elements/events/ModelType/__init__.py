"""Events about rows: added, changed, deleted; before or after."""

from .loader import Loader

__all__ = ["Loader"]
