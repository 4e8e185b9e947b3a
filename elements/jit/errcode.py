"""Errors with a number and a reason: `raise Code(40013, "order {orderId} is closed")`."""

from __future__ import annotations

__all__ = ["Code"]


class Code(Exception):
    """An error that carries a number for programs (`code`) and a sentence for people (`reason`)."""

    def __init__(self, code: int = -1, reason: str = "") -> None:
        self.code = code
        self.reason = reason
        super().__init__(code, reason)

    def __str__(self) -> str:
        return f"{self.code}: {self.reason}"

    def formatReason(self, **values: object) -> Code:
        """A copy whose `{placeholders}` are filled in; the original stays a template."""
        return type(self)(code=self.code, reason=self.reason.format(**values))
