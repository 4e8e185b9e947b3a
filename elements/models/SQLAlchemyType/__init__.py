"""Models over a class that the application has mapped with SQLAlchemy: `"class": "shop.db:Order"` in e.json."""

from .loader import Loader

__all__ = ["Loader"]
