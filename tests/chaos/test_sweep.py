"""The sweep over very many rows. `JITAI_SWEEP_ROWS` sets how many."""

from __future__ import annotations

import math
import os
import time
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from jitai_tasks import datefields
from jitai_tasks.datefields import comparing
from jitai_tasks.datefields.sweep import PORTION
from jitai_tasks.testing import tables
from tests import servers
from tests.datefields.shop import meetings, task

ROWS = int(os.environ.get("JITAI_SWEEP_ROWS", "1000000"))
FIRST = datetime(2027, 1, 1)
AT_ONCE = 20_000


@pytest.fixture
def app(app_from):
    """Rows in no order of their dates, which came behind the ORM's back."""
    app = tables(app_from(meetings(task(filter="Q(status='active')")), database=servers.postgres().fresh_database()))
    table = app.models.Meeting.table
    with app.database.begin() as connection:
        for begin in range(0, ROWS, AT_ONCE):
            numbers = range(begin, min(begin + AT_ONCE, ROWS))
            rows = [{"start": FIRST + timedelta(seconds=number * 7919 % 10_000_000)} for number in numbers]
            connection.execute(table.insert(), [{**row, "status": "active"} for row in rows])
    return app


@pytest.fixture
def calls(monkeypatch):
    """How often each question about jobs was asked."""
    found = {"between": 0, "glance": 0}

    def counted(name):
        ask = getattr(comparing.store, name)

        def count(connection, *args, **options):
            found[name] += name == "between" or len(args[-1]) > 0
            return ask(connection, *args, **options)

        monkeypatch.setattr(comparing.store, name, count)

    for name in found:
        counted(name)
    return found


@pytest.mark.long
@pytest.mark.chaos
@pytest.mark.timeout(3600)
def test_very_many_unchanged_rows_are_read_in_portions_and_not_touched(app, calls):
    assert datefields.sweep(app).saved == ROWS
    calls.update(between=0, glance=0)
    reads, locks = _noted(app)
    began, worked = time.perf_counter(), time.process_time()
    result = datefields.sweep(app)
    seconds, own = time.perf_counter() - began, time.process_time() - worked
    portions = math.ceil(ROWS / PORTION)
    print(f"{ROWS} rows: {seconds:.1f} s, {own:.1f} s of own processor time, {portions} portions, {calls}")
    assert (result.saved, result.removed, result.bad) == (0, 0, [])
    assert portions <= len(reads) <= portions + 1
    assert calls == {"between": portions, "glance": 0}
    assert locks == []


def _noted(app):
    """The statements to come that read rows, and those that lock any."""
    reads, locks = [], []
    name = app.models.Meeting.table.name

    def note(_connection, _cursor, statement, *_rest):
        reads.extend([statement] if name in statement else [])
        locks.extend([statement] if "FOR UPDATE" in statement else [])

    sa.event.listen(app.database.engine, "before_cursor_execute", note)
    return reads, locks
