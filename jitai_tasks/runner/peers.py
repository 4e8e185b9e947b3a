"""Other runners on the same database: they should run the same app, and the same files."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from ..store.records import RunnerRecord

_logger = logging.getLogger(__name__)


class Peers:
    """Notices runners of other apps, and those of the same app whose files differ: if that lasts from one look to the
    next it is told."""

    def __init__(self) -> None:
        self._differing: frozenset[tuple[int, str, str]] = frozenset()
        self._told: frozenset[tuple[int, str, str]] = frozenset()
        self._strangers: set[str] = set()

    def look(self, known: Iterable[RunnerRecord], me: RunnerRecord) -> None:
        """Compare; while files are being rolled out, runners differ for a moment, which is nothing to tell."""
        known = list(known)
        self._look_for_strangers({other.app_id: other for other in known if other.app_id not in ("", me.app_id)})
        others = {other.id: other for other in known if other.app_id == me.app_id and other.id != me.id}
        differing = frozenset(
            (other.id, other.generation, me.generation)
            for other in others.values()
            if other.generation and other.generation != me.generation
        )
        for fact in sorted((differing & self._differing) - self._told):
            other = others[fact[0]]
            _logger.warning(
                "the runner %s:%d works on other files than this one (generations %s and %s): a job may run on either; "
                "bring the same files to both", other.host, other.pid, other.generation, me.generation,
            )  # fmt: skip
        self._told = (self._told | (differing & self._differing)) & differing
        self._differing = differing

    def _look_for_strangers(self, others: Mapping[str, RunnerRecord]) -> None:
        for app_id in sorted(others.keys() - self._strangers):
            other = others[app_id]
            _logger.warning(
                "the runner %s:%d of another app, %s, works on this database: each takes jobs of the other; give every "
                "app a database of its own, or the queues of its own that its runners name (--queues)",
                other.host, other.pid, app_id,
            )  # fmt: skip
        self._strangers = set(others)
