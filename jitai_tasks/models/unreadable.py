"""Stored values that Python cannot hold: what reading them raises, and how it is told."""

from __future__ import annotations

import sqlalchemy as sa

#: What drivers and types raise when a stored value cannot be made into a Python value.
UNREADABLE = (ValueError, OverflowError, TypeError, sa.exc.DataError)


def reason_of(error: Exception) -> str:
    """Why a row cannot be read."""
    return str(getattr(error, "orig", None) or error)
