"""Comparing rows with the jobs that wait for them: a portion at a time, at the speed that a million need."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from ..errors import InvalidTime
from ..schedule.civil import LAST_INSTANT
from ..store import datefields as store
from .planning import Look, Result, is_slot
from .rules import Rule

_logger = logging.getLogger(__name__)

#: Stands for "no job" beside slots.
_NONE = -(1 << 62)
#: Jobs read for the time span of a portion of rows, for each of its rows: other tasks have jobs there too.
_JOBS_PER_ROW = 3

#: A row: its subject, and the values of the rule's fields in their order.
Row = tuple[str, Sequence[Any]]


class Comparison:
    """Says which rows need mending. Reads and locks nothing; whoever mends looks again under a lock."""

    def __init__(self, rule: Rule, look: Look) -> None:
        self._rule = rule
        self._floor = look.floor(rule)
        self._place = rule.fields.index(rule.timer.start_field)
        self._instant = rule.instants
        self._simple = rule.plainly and not rule.timer.end_field and rule.timer.end >= LAST_INSTANT

    def __call__(self, rows: Sequence[Row], result: Result) -> tuple[list[str], int]:
        """The rows whose jobs are not as they should be, and how many jobs are. Bad rows are logged and told."""
        live = self._live(rows)
        if self._all_right(rows, live):
            return [], len(rows)
        fits = self._simply if self._simple else self._closely
        wrong: list[str] = []
        right = 0
        for subject, values in rows:
            try:
                verdict = fits(values, live.get(subject, _NONE))
            except (InvalidTime, ValueError, OverflowError) as error:
                result.bad.append((subject, str(error)))
                _logger.error("%s: row %s of %s: %s", self._rule.task, subject, self._rule.model.name, error)
                wrong += [subject] if subject in live else []
                continue
            if verdict:
                right += 1
            elif verdict is None:
                wrong.append(subject)
        return wrong, right

    def _all_right(self, rows: Sequence[Row], live: Mapping[str, int | None]) -> bool:
        """Whether every row has its job, told at a glance as it is nearly always; False also if that is not sure."""
        if not self._simple or not rows:
            return False
        slots = self._instant.many([values[self._place] for _, values in rows])
        return slots is not None and slots == [live.get(subject, _NONE) for subject, _ in rows]

    def _simply(self, values: Sequence[Any], waits: int | None) -> bool | None:
        """Whether the waiting job of a row (its slot, or _NONE) is the right one.

        True: it is. False: the row should have none, and has none. None: look closer.
        """
        slot = self._instant(values[self._place])
        if slot == waits:
            return True
        return False if waits == _NONE and slot < self._floor else None

    def _closely(self, values: Sequence[Any], waits: int | None) -> bool | None:
        """The same for rules whose rows have more than one moment, or one that takes work to know."""
        slots = self._rule.slots(dict(zip(self._rule.fields, values, strict=True)))
        if slots is not None and waits is not None and waits != _NONE and is_slot(slots, waits):
            return True
        return False if waits == _NONE and (slots is None or slots.next_instant(self._floor - 1) is None) else None

    def _live(self, rows: Sequence[Row]) -> Mapping[str, int | None]:
        """The slots of the rows' jobs: most from the time span of the rows, the others one by one."""
        with self._rule.app.database.read() as connection:
            found = self._in_span(connection, rows) if self._simple and rows else {}
            missing = [subject for subject, _ in rows if subject not in found]
            return found | store.glance(connection, self._rule.task, missing)

    def _in_span(self, connection: sa.Connection, rows: Sequence[Row]) -> dict[str, int | None]:
        """One stretch of an index instead of a search for each row. Nothing if an end of the span makes no sense."""
        try:
            ends = [self._instant(rows[place][1][self._place]) for place in (0, -1)]
        except (InvalidTime, ValueError, OverflowError):
            return {}
        limit = _JOBS_PER_ROW * len(rows)
        return store.between(connection, self._rule.usual_job, first=min(ends), last=max(ends), limit=limit)
