"""Orders: placed, paid, or canceled when nobody pays in time."""

import sqlalchemy as sa
from commons.shop import orders, products, shop
from jit.commons.utils.logger import log
from jit_utils.time import now
from services.NormalType import NormalService
from tasks.TemporaryType.task import createTemporaryTask


class OrderSvc(NormalService):
    def place(self, customer, product):
        """Store the order and plan its cancellation, in one transaction: both happen, or neither."""
        with shop() as session:
            price = session.scalar(sa.select(products.c.price).where(products.c.name == product))
            added = session.execute(sa.insert(orders).values(customer=customer, product=product, amount=price))
            orderId = added.inserted_primary_key[0]
            createTemporaryTask(
                "services.OrderSvc.cancelIfUnpaid",
                {"orderId": orderId},
                now().shift(seconds=int(app.envVars["PAY_WITHIN_SECONDS"])).format("YYYY-MM-DD HH:mm:ss"),
            )
        log.info("order %s: %s wants %s", orderId, customer, product)
        return orderId

    def pay(self, orderId):
        """Take the money and the product from the shelf."""
        with shop() as session:
            if not self._changed(session, orderId, "paid"):
                return "too late"
            taken = sa.select(orders.c.product).where(orders.c.id == orderId).scalar_subquery()
            session.execute(
                sa.update(products).where(products.c.name == taken).values(on_shelf=products.c.on_shelf - 1)
            )
        return "paid"

    def cancelIfUnpaid(self, orderId):
        """What the temporary task calls when the time to pay is over."""
        with shop() as session:
            if not self._changed(session, orderId, "canceled"):
                return "was paid in time"
        log.warning("order %s was not paid in time and is canceled", orderId)
        return "canceled"

    def _changed(self, session, orderId, status):
        still_open = sa.and_(orders.c.id == orderId, orders.c.status == "open")
        return session.execute(sa.update(orders).where(still_open).values(status=status)).rowcount == 1
