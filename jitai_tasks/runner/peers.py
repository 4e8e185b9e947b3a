"""Other runners on the same database: they should run the same files."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from ..store.records import RunnerRecord

_logger = logging.getLogger(__name__)


class Peers:
    """Notices runners of the same app whose files differ; a difference that lasts from one look to the next is told."""

    def __init__(self) -> None:
        self._differing: frozenset[tuple[int, str, str]] = frozenset()
        self._told: frozenset[tuple[int, str, str]] = frozenset()

    def look(self, known: Iterable[RunnerRecord], me: RunnerRecord) -> None:
        """Compare; while files are being rolled out, runners differ for a moment, which is nothing to tell."""
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
