"""The loader of Python services."""

from services.Meta import Loader as BaseLoader

from .service import NormalService

__all__ = ["Loader"]


class Loader(BaseLoader):
    """Builds a `NormalService`."""

    serviceClass = NormalService
