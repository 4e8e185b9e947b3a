"""What date-field tasks should do, said once more and independently: plain sets, no database, no SQL, no schedules."""

from __future__ import annotations

from dataclasses import dataclass, field

GRACE = 300


@dataclass(slots=True)
class Row:
    """One row as the oracle knows it. Moments are seconds."""

    at: int | None
    status: str
    #: The moment its job waits for.
    armed: int | None = None
    #: The moments of jobs that runners hold.
    running: set[int] = field(default_factory=set)
    #: Moments that have had their run, or were past when they were saved.
    spent: set[int] = field(default_factory=set)

    @property
    def wanted(self) -> int | None:
        return self.at if self.status == "active" else None


@dataclass(slots=True)
class Oracle:
    """Rows by key, and what has fired: (key, moment)."""

    rows: dict[int, Row] = field(default_factory=dict)
    gone: dict[int, Row] = field(default_factory=dict)
    fired: list[tuple[int, int]] = field(default_factory=list)
    watermark: int | None = None

    def saved(self, key: int, at: int | None, status: str, now: int) -> None:
        """Saved through a model or a session, and committed. A save that changes neither changes nothing."""
        row = self.rows.get(key)
        if row is not None and (row.at, row.status) == (at, status):
            return
        if row is None:
            row = self.rows[key] = self._reborn(key, at, status)
        row.at, row.status = at, status
        self._settle(row, now, now - GRACE, by_save=True)

    def read_again(self, key: int, now: int) -> None:
        """A part of the row's transaction was undone, so it is planned by what the database holds, as in a sweep."""
        self._settle(self.rows[key], now, now - GRACE, by_save=True)

    def deleted(self, key: int) -> None:
        """Deleted through a model or a session."""
        row = self.rows.pop(key)
        self.gone[key] = Row(None, "gone", running=row.running, spent=set(row.running))

    def changed_behind(self, key: int, at: int | None, status: str) -> None:
        """Changed by a statement that no hook sees."""
        row = self.rows[key]
        row.at, row.status = at, status

    def removed_behind(self, key: int) -> None:
        """Deleted by a statement that no hook sees."""
        row = self.rows.pop(key)
        row.at, row.status = None, "gone"
        self.gone[key] = row

    def inserted_behind(self, key: int, at: int | None, status: str) -> None:
        """Inserted by a statement that no hook sees."""
        self.rows[key] = Row(at, status)

    def swept(self, now: int) -> None:
        """All rows were gone through."""
        floor = self._sweep_floor(now)
        for row in self.rows.values():
            self._settle(row, now, floor, by_save=False)
        for row in self.gone.values():
            if row.armed is not None:
                row.armed, row.spent = None, set(row.running)
        self.watermark = max(now, self.watermark or 0)

    def claimable(self, now: int) -> set[tuple[int, int]]:
        """The jobs that a runner may take now."""
        found = {**self.gone, **self.rows}
        return {(key, row.armed) for key, row in found.items() if row.armed is not None and row.armed <= now}

    def claimed(self, key: int) -> None:
        """A runner took the row's job."""
        row = self.rows.get(key) or self.gone[key]
        assert row.armed is not None
        row.running.add(row.armed)
        row.armed = None

    def performed(self, key: int, slot: int, now: int) -> bool:
        """A runner performs the job that it took; answers whether the function runs."""
        row = self.rows.get(key)
        holder = row or self.gone[key]
        if row is not None and row.wanted == slot:
            row.spent.add(slot)
            self.fired.append((key, slot))
        elif row is not None:
            row.spent.discard(slot)
            self._settle(row, now, self._sweep_floor(now), by_save=False)
        else:
            holder.armed, holder.spent = None, set(holder.running)
        holder.running.discard(slot)
        return row is not None and row.wanted == slot

    def _reborn(self, key: int, at: int | None, status: str) -> Row:
        before = self.gone.pop(key, None)
        if before is None:
            return Row(at, status)
        return Row(at, status, armed=before.armed, running=before.running, spent=before.spent)

    def _sweep_floor(self, now: int) -> int:
        return now - GRACE if self.watermark is None else min(now, self.watermark) - GRACE

    def _settle(self, row: Row, now: int, floor: int, *, by_save: bool) -> None:
        wanted = row.wanted
        if wanted is not None and wanted == row.armed:
            return
        row.armed = None
        if wanted is None or wanted in row.running or wanted in row.spent:
            return
        if wanted >= floor:
            row.armed = wanted
        elif by_save and self.watermark is not None and wanted >= self.watermark - GRACE:
            row.spent.add(wanted)
