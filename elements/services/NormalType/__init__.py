"""Services written as Python classes: `class OrderSvc(NormalService)` in `services/OrderSvc/service.py`."""

from .loader import Loader
from .service import NormalService

__all__ = ["Loader", "NormalService"]
