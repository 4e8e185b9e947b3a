"""The shop's own tables. They live in the same database as its tasks, so both can change in one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable

from jitai_tasks import App

metadata = sa.MetaData()

orders = sa.Table(
    "shop_orders",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("customer", sa.String(80), nullable=False),
    sa.Column("product", sa.String(80), nullable=False),
    sa.Column("amount", sa.Numeric(10, 2), nullable=False),
    #: open, paid or canceled
    sa.Column("status", sa.String(10), nullable=False, server_default="open"),
)

products = sa.Table(
    "shop_products",
    metadata,
    sa.Column("name", sa.String(80), primary_key=True),
    sa.Column("price", sa.Numeric(10, 2), nullable=False),
    sa.Column("on_shelf", sa.Integer, nullable=False),
)

ASSORTMENT = (
    {"name": "rye bread", "price": 3.20, "on_shelf": 12},
    {"name": "apple juice", "price": 2.40, "on_shelf": 20},
    {"name": "candles", "price": 4.90, "on_shelf": 8},
    {"name": "notebook", "price": 2.10, "on_shelf": 15},
)


@contextmanager
def shop() -> Iterator[Session]:
    """A session in the transaction of whoever asks, with the shop's tables in place."""
    with App.current().transaction() as session:
        for table in metadata.sorted_tables:
            session.execute(CreateTable(table, if_not_exists=True))
        if not session.scalar(sa.select(sa.func.count()).select_from(products)):
            session.execute(sa.insert(products), ASSORTMENT)
        yield session
