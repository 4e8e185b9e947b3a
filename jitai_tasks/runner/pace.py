"""How many jobs to claim at once, and which of them are known to be quick."""

from __future__ import annotations

from typing import Final

from ..store.claiming import size

#: A batch should be about this much work, so that no worker sits on what another could do.
_WORK = 0.05
_QUICK = 0.002


class Pace:
    """Learns from what was performed: batches grow while jobs are quick, and shrink at once when one is not."""

    #: Jobs in the largest batch; a batch of so many is a sign that more are waiting.
    MOST: Final = 100

    def __init__(self) -> None:
        self.limit = 1
        self._mean = 0.0
        self._usual: dict[tuple[str, str], float] = {}

    def performed(self, kind: tuple[str, str], seconds: float) -> None:
        """A job of this kind (task, func) took this long."""
        usual = self._usual.get(kind, seconds)
        self._usual[kind] = (usual * 7 + seconds) / 8

    def batch_done(self, count: int, seconds: float) -> None:
        """A batch of `count` jobs took this long to perform."""
        each = seconds / max(count, 1)
        self._mean = each if each > self._mean else (self._mean + each) / 2
        affordable = int(_WORK / max(self._mean, 1e-6))
        self.limit = size(min(self.MOST, self.limit * 2, affordable))

    def is_quick(self, kind: tuple[str, str]) -> bool:
        """Whether jobs of this kind take about no time; one never seen is not."""
        return self._usual.get(kind, 1.0) <= _QUICK
