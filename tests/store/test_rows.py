"""Between rows and records."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jitai_tasks.errors import StoreError
from jitai_tasks.store import rows
from jitai_tasks.store.records import Job, NewJob, OnInterrupt, Status
from jitai_tasks.store.tables import JOB_COLUMNS

WHOLE = Job(
    id=1, task="tasks.A", task_type="tasks.T", func="services.F.f", title="title", args='{"a": 1}', due=2, slot=3,
    subject="subject", queue="queue", priority=4, tags=("x", "y"), creator="creator", timeout_ms=5, max_retries=6,
    retry_delay_ms=7, on_interrupt=OnInterrupt.ERROR, attempt=8, retry_of=9, root_id=10, manual=True, hold="hold",
    created=11, status=Status.RUNNING, claim_token=12, runner=13, worker=14, claimed=15, interruptions=16,
)  # fmt: skip


def test_every_value_of_a_row_stands_in_the_field_of_its_name():
    assert rows.job(rows.whole(WHOLE)) == WHOLE
    assert [getattr(rows.job(rows.whole(WHOLE)), name) for name in JOB_COLUMNS] == [
        getattr(WHOLE, name) for name in JOB_COLUMNS
    ]


def test_a_row_read_before_the_claim_becomes_the_claimed_job():
    waiting = replace(WHOLE, status=Status.WAITING, claim_token=None, runner=None, worker=None, claimed=None)
    claimed = rows.claimed(rows.whole(waiting), 12, 13, 14, 15)
    assert claimed == WHOLE
    assert claimed.status is Status.RUNNING


def test_many_short_texts_are_together_longer_than_one_may_be_and_pass():
    job = NewJob(id=1, task="t" * 60, task_type="t" * 60, func="f" * 60, subject="s" * 60, due=0)
    assert rows.new(job, 5)[JOB_COLUMNS.index("subject")] == "s" * 60


@pytest.mark.parametrize(("name", "limit"), [("queue", 100), ("task", 255), ("func", 500)])
def test_a_text_over_its_limit_is_refused_by_name(name, limit):
    fits = NewJob(**{"id": 1, "task_type": "t", "due": 0, name: "x" * limit})
    rows.new(fits, 5)
    with pytest.raises(StoreError, match=f"its {name} has {limit + 1} characters, the limit is {limit}"):
        rows.new(replace(fits, **{name: "x" * (limit + 1)}), 5)
