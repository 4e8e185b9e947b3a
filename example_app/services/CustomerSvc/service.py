"""The people who come in."""

import random

from commons.shop import ASSORTMENT
from services.NormalType import NormalService

NAMES = ("Ada", "Bao", "Chen", "Dora", "Emre", "Fatou")


class CustomerSvc(NormalService):
    def visit(self):
        """Somebody orders something; two of three pay at once, the others think about it for too long."""
        name, product = random.choice(NAMES), random.choice(ASSORTMENT)["name"]
        orderId = app.services.OrderSvc.place(name, product)
        if orderId % 3:
            app.services.OrderSvc.pay(orderId)
            return f"{name} bought {product}"
        return f"{name} ordered {product} and went away"
