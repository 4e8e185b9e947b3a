"""The usual course of a save: one row with one moment ahead of it, whose job is new or moves there.

That is one statement, which makes sure that things are so; if they are not, `planning` looks closely.
"""

from __future__ import annotations

import sqlalchemy as sa

from ..errors import InvalidTime
from ..ids import new_id
from ..store import onerow
from ..store.tables import LENGTHS
from .rules import Rule, Values


def is_usual(
    connection: sa.Connection, rule: Rule, row: tuple[str, Values | None], before: Values | None, now: int
) -> bool:
    """Whether the row (its subject and values) has got its job, or had it moved, in the usual course.

    If not, nothing has changed, and a closer look decides. `before`: what the row was before, if it was there.
    """
    subject, values = row
    if not (rule.plainly and rule.config.enable) or len(subject) > LENGTHS["subject"]:
        return False
    slot, was = _ahead(rule, values, now), _ahead(rule, before, now)
    if slot is None or slot == was:
        return False
    if was is None:
        return onerow.plan(connection, rule.usual_job, (new_id(), subject, slot), now=now)
    return onerow.move(connection, rule.usual_job, subject, was, slot, now=now)


def _ahead(rule: Rule, values: Values | None, now: int) -> int | None:
    """The moment of a row, if it lies ahead; values without sense have none."""
    try:
        slots = None if values is None else rule.slots(values)
    except (InvalidTime, ValueError, OverflowError):
        return None
    return None if slots is None else slots.next_instant(now)
