"""The shelves."""

import sqlalchemy as sa
from commons.shop import products, shop
from services.NormalType import NormalService

REFILL_BELOW = 5


class StockSvc(NormalService):
    def count(self):
        """How many of each product are left; shelves that get empty are filled again."""
        with shop() as session:
            left = {row.name: row.on_shelf for row in session.execute(sa.select(products))}
            short = [name for name, number in left.items() if number < REFILL_BELOW]
            session.execute(sa.update(products).where(products.c.name.in_(short)).values(on_shelf=20))
        for name in short:
            print(f"refilled: {name}")
        return left
