"""The family of services: elements whose functions others call by name."""

from .loader import Loader
from .service import BaseService

__all__ = ["BaseService", "Loader"]
