"""The loader of models with a table of their own."""

from models.Meta import Loader as BaseLoader

__all__ = ["Loader"]


class Loader(BaseLoader):
    """Binds the class with datatype fields."""
