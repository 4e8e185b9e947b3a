"""Events that services publish: `app.event.publish(sender="services.OrderSvc.orderPaid", args=(1,))`."""

from .loader import Loader

__all__ = ["Loader"]
