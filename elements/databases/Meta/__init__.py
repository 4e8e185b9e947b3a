"""The family of databases, and transactions: `transaction` joins the one around, `RequiresNewTransaction` does not."""

from jitai_tasks.models.databases import DatabaseElement, RequiresNewTransaction, transaction

from .loader import Loader

__all__ = ["DatabaseElement", "Loader", "RequiresNewTransaction", "transaction"]
