from __future__ import annotations

from collections.abc import Callable

import pytest

from jitai_tasks.store import Database, claims
from jitai_tasks.store.floors import Floors
from tests.store.made import WORKER, call, claim, create, new

SERVERS = pytest.mark.parametrize("make", ["postgresql", "mysql"], indirect=True)


def warm(database: Database) -> None:
    """Make claims start at their floors for as long as the test takes."""
    database.floors._until = float("inf")


@SERVERS
def test_in_a_backlog_a_claim_starts_where_the_last_one_ended(database: Database) -> None:
    ids = create(database, *(new(due=due, priority=due % 2) for due in range(20)))
    first = claim(database, limit=14)
    warm(database)
    assert database.floors.usable() == {("default", 1): (19, ids[19]), ("default", 0): (6, ids[6])}
    assert [job.id for job in (*first, *claim(database, limit=3), *claim(database, limit=3))] == [
        *ids[1::2],
        *ids[0::2],
    ]


@SERVERS
def test_jobs_that_are_due_together_are_told_apart_by_their_ids(database: Database) -> None:
    ids = create(database, *(new(due=7) for _ in range(9)))
    first = claim(database, limit=2)
    warm(database)
    second, third = claim(database, limit=3), claim(database, limit=4)
    assert [job.id for job in (*first, *second, *third)] == ids


@SERVERS
def test_a_claim_that_got_too_little_looks_from_the_beginning(
    database: Database, again: Callable[[], Database]
) -> None:
    (_, later) = create(database, new(due=10), new(due=11))
    claim(database, limit=1)
    warm(database)
    (before,) = create(again(), new(due=5))
    assert before in [job.id for job in claim(database, limit=2)]
    assert database.floors.usable() == {("default", 0): (11, later)}
    assert claim(database, limit=1) == []
    assert database.floors.usable() == {}


@SERVERS
def test_what_this_process_creates_or_gives_back_is_not_overlooked(database: Database) -> None:
    create(database, *(new(due=10 + n) for n in range(9)))
    (first,) = claim(database, limit=1)
    warm(database)
    (earlier,) = create(database, new(due=5))
    assert [job.id for job in claim(database, limit=1)] == [earlier]
    call(database, claims.release_worker, WORKER, now=9)
    assert [job.id for job in claim(database, limit=2)] == [earlier, first.id]


def test_floors_are_good_for_a_moment_only() -> None:
    floors = Floors()
    floors.learn([], 1, cost=0.0)
    assert floors.usable() == {}
    floors._lanes, floors._until = {("a", 1): (7, 8)}, 0.0
    assert floors.usable() == {}


@SERVERS
def test_a_floor_of_a_queue_of_any_name_holds(database: Database) -> None:
    queue = 'a "b" \\c\\ {d,e} é'
    ids = create(database, *(new(due=7, queue=queue) for _ in range(4)))
    claim(database, limit=2)
    warm(database)
    assert database.floors.usable() == {(queue, 0): (7, ids[1])}
    assert [job.id for job in claim(database, limit=2)] == ids[2:]
