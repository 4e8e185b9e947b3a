"""The example app shows what it promises, within half a minute of its clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from jitai_tasks import open_app
from jitai_tasks.testing import MovingClock

SHOP = Path(__file__).parents[2] / "example_app"


@pytest.fixture
def shop(tmp_path):
    """The shop, on a database of its own, with a clock that the test moves."""
    with open_app(SHOP, database=f"sqlite:///{tmp_path / 'shop.db'}", clock=MovingClock()) as app:
        yield app


def test_the_shop_has_no_problems(shop):
    assert shop.problems == []


def test_all_it_shows_is_to_be_seen_within_half_a_minute(shop, drain, history):
    drain()
    shop.clock.advance(seconds=30)
    drain()
    seen = {(run.job.task or run.job.func, str(run.outcome.status)) for run in history()}
    assert seen == {
        ("tasks.CustomersVisit", "success"),
        ("tasks.CountStock", "success"),
        ("tasks.AskSupplier", "error"),
        ("tasks.SalesReport", "success"),
        ("services.OrderSvc.cancelIfUnpaid", "success"),
        ("tasks.MeetingsMove", "success"),
        ("tasks.MeetingSoon", "success"),
        ("tasks.MeetingToday", "success"),
        ("tasks.ContractExpires", "success"),
    }
    visits = [run.outcome.result for run in history("tasks.CustomersVisit")]
    assert all(result.endswith(')"') for result in visits)  # the overridden Type has signed them


def test_a_meeting_that_is_put_off_takes_its_reminder_along(shop, drain, history):
    drain()
    shop.clock.advance(seconds=30)
    drain()
    planned, moved = [run.outcome for run in history("tasks.MeetingsMove")][:2]
    reminded = history("tasks.MeetingSoon")[0].outcome
    assert "the reminder comes at 2026-01-05 09:00:17" in planned.result
    assert "the reminder moves to 2026-01-05 09:00:23" in moved.result
    assert reminded.ended - planned.ended == 18_000_000


def test_an_order_that_is_not_paid_in_time_is_canceled(shop, drain, history):
    orderId = shop.services.OrderSvc.place("Ada", "candles")
    shop.clock.advance(seconds=8)
    drain()
    (run,) = [run for run in history() if run.job.args == f'{{"orderId":{orderId}}}']
    assert run.outcome.result == '"canceled"'
    assert shop.services.OrderSvc.pay(orderId) == "too late"


def test_an_order_that_cannot_be_stored_plans_nothing(shop, drain):
    with pytest.raises(Exception, match="NOT NULL"):
        shop.services.OrderSvc.place("Ada", "a product that nobody knows")
    with shop.database.read() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM jitai_jobs WHERE task = ''").scalar() == 0
