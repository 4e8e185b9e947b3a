"""What the keeper does beside planning."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from jitai_tasks.runner import keeper
from jitai_tasks.runner.plan import Plan
from jitai_tasks.runner.seats import Seats
from jitai_tasks.runner.shared import Shared
from jitai_tasks.runner.signals import Signals
from jitai_tasks.runner.wake import WakePipe
from jitai_tasks.store.occurrences import advance
from jitai_tasks.store.tables import occurrences

from .conftest import Shop


def one_round(shop: Shop) -> None:
    shared = Shared(plan=Plan(app_path="", runner=7, workers=1), seats=Seats(2), wake=WakePipe())
    signals, seat = Signals(), shared.seats.seat(0)
    keeper.Keeper(shop.app, shared, seat, signals=signals, stopping=lambda: seat.done > 0).keep()
    shared.wake.close()
    signals.close()


def test_planned_moments_are_forgotten_long_after_their_runs(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "_PRUNE_EVERY", -1.0)
    day = 86_400_000_000
    now, days = shop.app.database.now(), shop.app.settings.history_days
    slots = {age: now - age * day for age in (days + 1, 2 * days - 1, 2 * days + 1)}
    with shop.app.database.begin() as connection:
        rows = [{"task": "tasks.T", "subject": "", "slot": slot, "job_id": 1} for slot in slots.values()]
        connection.execute(occurrences.insert(), rows)
        advance(connection, "tasks.T", now)
    one_round(shop)
    with shop.app.database.read() as connection:
        left = set(connection.scalars(sa.select(occurrences.c.slot)))
    assert left == {slots[days + 1], slots[2 * days - 1]}
