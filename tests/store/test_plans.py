"""The plans of the hot statements: one seek per lane, whatever waits for the future, with and without statistics."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from jitai_tasks.store import Database, claiming, hops, lanes, recording, statements
from tests.store.made import claim, create, done, new

FUTURE = 1 << 60

#: SQLite before 3.36 names the table as well.
SEEKS_THE_CLAIM = "SEARCH (TABLE jitai_jobs AS )?j USING .*INDEX jitai_jobs_claim"
#: MySQL 9 draws a tree unless it is told otherwise.
EXPLAIN_AS_ROWS = "EXPLAIN FORMAT=TRADITIONAL"


@pytest.fixture(params=["without statistics", "with statistics"])
def filled(request: pytest.FixtureRequest, database: Database) -> Database:
    """Five priorities in two queues wait for the future; three jobs are due at the lowest priority."""
    future = (new(due=FUTURE + n, priority=n % 5, queue="ab"[n % 2], task=f"tasks.T{n % 7}") for n in range(5000))
    create(database, *future, *(new(due=n, queue="a", priority=-1) for n in range(3)))
    if request.param == "with statistics":
        table = "TABLE jitai_jobs" if database.dialect == "mysql" else ""
        with database.begin() as connection:
            connection.exec_driver_sql(f"ANALYZE {table}".strip())
    return database


@pytest.mark.parametrize("make", ["sqlite"], indirect=True)
def test_sqlite_seeks_every_lane_in_the_index_of_claimable_jobs(filled: Database) -> None:
    tables, _ = lanes.common_tables("sqlite", None)
    for text, values in (
        (f"{tables} SELECT queue, priority, ({lanes._first_due('sqlite')}) FROM lanes", ()),
        (lanes.due_text("sqlite", 10), ("a", 1, 5)),
    ):
        with filled.read() as connection:
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)]
        on_jobs = [step for step in plan if re.search(r"\b(j|jitai_jobs)\b", step)]
        assert on_jobs
        assert all(re.match(SEEKS_THE_CLAIM, step) for step in on_jobs), plan
        assert not any("USE TEMP B-TREE" in step for step in plan), plan


@pytest.mark.parametrize("make", ["sqlite"], indirect=True)
def test_sqlite_visits_a_handful_of_rows_for_a_claim(filled: Database) -> None:
    with filled.begin() as connection:
        steps = 0

        def count() -> int:
            nonlocal steps
            steps += 1
            return 0

        raw = connection.connection.driver_connection
        assert raw is not None
        raw.set_progress_handler(count, 100)
        found = lanes.next_rows(connection, lanes.lanes(connection, None), now=5, limit=3)
        raw.set_progress_handler(None, 0)
    assert len(found) == 3
    assert steps < 20, "hundreds of instructions of SQLite's machine; 5,000 rows would take thousands"


@pytest.mark.parametrize("floors", [{}, {("a", -1): (0, 4), ("b", 3): (7, 8)}])
@pytest.mark.parametrize("queues", [None, ("a",)])
@pytest.mark.parametrize("make", ["postgresql"], indirect=True)
def test_postgresql_reads_no_table_from_end_to_end(
    filled: Database, queues: tuple[str, ...] | None, floors: dict[tuple[str, int], int]
) -> None:
    wish = claiming.Wish(queues=queues, limit=3, runner=1, worker=1, token=1, now=5)
    text, values = claiming.one_statement(wish, floors)
    with filled.begin() as connection:
        spelt = statements.spelt(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {text}", "pyformat")
        (found,) = connection.exec_driver_sql(spelt, values).one()
        connection.rollback()
    plan = found[0]["Plan"]
    scans = [node["Node Type"] for node in _nodes(plan) if node.get("Relation Name") == "jitai_jobs"]
    assert len(scans) > 2
    assert "Seq Scan" not in scans
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 200


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize("make", ["postgresql"], indirect=True)
def test_postgresql_finishes_by_the_primary_key(filled: Database, plain: bool) -> None:
    finishes = [done(job) if plain else done(job, result="1") for job in claim(filled, limit=3, now=5)]
    gone, recorded, values = recording.gone_and_recorded(finishes[0].job.claim_token or 0, finishes)
    with filled.begin() as connection:
        spelt = statements.spelt(f"EXPLAIN (FORMAT JSON) WITH {gone} {recorded}", "pyformat")
        (found,) = connection.exec_driver_sql(spelt, values).one()
    used = {node.get("Index Name") for node in _nodes(found[0]["Plan"])}
    assert used == {None, "jitai_jobs_pkey"}


@pytest.mark.parametrize("make", ["postgresql"], indirect=True)
def test_postgresql_finishes_one_job_by_the_primary_key_even_while_it_knows_nothing_of_the_table(
    database: Database,
) -> None:
    with database.begin() as connection:
        spelt = statements.spelt(f"EXPLAIN {recording.RECORD_ONE}", "pyformat")
        plan = connection.exec_driver_sql(spelt, (1, 2, "success", None, "", "", "", "", 3, 4, None)).scalars().all()
    assert [step for step in plan if "jitai_jobs_pkey" in step]
    assert not [step for step in plan if "Seq Scan on jitai" in step]


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


@pytest.mark.parametrize("make", ["mysql"], indirect=True)
def test_mariadb_answers_for_every_lane_by_dives_into_the_index(filled: Database) -> None:
    claim(filled, limit=1, now=5)
    asked = list(hops._dives(filled.known_lanes, None, {}))
    assert len(asked) == 3 + 4 + 11, "gaps beside the queues, gaps beside the priorities, lanes"
    text = statements.spelt(f"{EXPLAIN_AS_ROWS} SELECT " + ", ".join(dive.text for dive in asked), "format")
    with filled.read() as connection:
        plan = (
            connection.exec_driver_sql(text, tuple(value for dive in asked for value in dive.values)).mappings().all()
        )
    seen = {step["Extra"] for step in plan}
    assert seen <= {"No tables used", "Select tables optimized away", "No matching min/max row"}


@pytest.mark.parametrize("make", ["mysql"], indirect=True)
def test_mariadb_seeks_the_due_jobs_of_a_lane(filled: Database) -> None:
    text = statements.spelt(lanes.due_text("mysql", 10), "format")
    with filled.begin() as connection:
        plan = connection.exec_driver_sql(f"{EXPLAIN_AS_ROWS} {text}", ("a", -1, 1, 7, 1, 5)).mappings().one()
    assert (plan["key"], plan["type"]) == ("jitai_jobs_claim", "range")
    assert "filesort" not in (plan["Extra"] or "")


def test_what_is_due_is_claimed_from_behind_the_future(filled: Database) -> None:
    assert [job.due for job in claim(filled, limit=2, now=5)] == [0, 1]
    assert [job.due for job in claim(filled, limit=2, now=5)] == [2]
