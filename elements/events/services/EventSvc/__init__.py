"""Publishing events, calling one, and looking at the calls of asynchronous ones."""

from .service import EventSvc

__all__ = ["EventSvc"]
