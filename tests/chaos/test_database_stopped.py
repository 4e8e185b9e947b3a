"""The database server stopped, or crashed, for three leases with jobs in flight: nobody is taken for dead."""

from __future__ import annotations

import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from jitai_tasks.store.records import Status
from tests import servers
from tests.chaos import invariants
from tests.chaos.conftest import FILES, shop_in
from tests.runner.conftest import eventually

LEASE = 1.5
TIMES = {"lease": LEASE, "beat": 0.2}
IN_FLIGHT = 4
RESUMED_WITHIN = 5.0

pytestmark = pytest.mark.chaos


def started(make: str) -> servers.Server:
    if make == "postgresql":
        return servers.start_postgres()
    if servers.mariadb() is None:
        pytest.skip(servers.NO_MARIADB)
    return servers.start_mariadb("--innodb-flush-log-at-trx-commit=2")  # a crash of the server keeps every commit


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("make", "how"),
    [("postgresql", signal.SIGINT), ("postgresql", signal.SIGQUIT), ("mysql", signal.SIGKILL)],
    ids=["postgresql stops", "postgresql crashes", "mariadb crashes"],
)
def test_a_database_away_for_three_leases_doubles_nothing_and_work_resumes_within_five_seconds(
    make: str, how: signal.Signals, tmp_path: Path
) -> None:
    server = started(make)
    try:
        with shop_in(tmp_path, server.fresh_database(), FILES) as shop:
            runners = [shop.ready(workers=IN_FLIGHT // 2, times=TIMES) for _ in range(2)]
            eventually(lambda: shop.runners() == 2 and all(len(one.workers()) > 2 for one in runners), say=shop.logs)
            family = [process for runner in runners for process in runner.family()]
            plain = [shop.create("note", path=shop.path("log"), line=str(n), seconds=1.0) for n in range(IN_FLIGHT)]
            writing = [shop.create("insert", name=str(n), options={"delay": 2}) for n in range(20)]
            eventually(lambda: len(shop.lines("log")) == IN_FLIGHT, say=shop.logs)
            server.stop(how)
            with pytest.raises(AssertionError):
                eventually(lambda: False, seconds=3 * LEASE)
            server.start()
            back = time.monotonic()
            shop.app.database.dispose()
            took = invariants.recovered(back, RESUMED_WITHIN, lambda: shop.find(plain[0]))
            for job in (*plain, *writing):
                run = shop.done(job, seconds=30)
                assert (run.outcome.status, run.job.interruptions) == (Status.SUCCESS, 0)
            assert Counter(line.split()[0] for line in shop.lines("log")) == {str(n): 1 for n in range(IN_FLIGHT)}, (
                shop.logs()
            )
            invariants.effects_are_exactly_once(shop.effects(), map(str, range(20)))
            assert all(process.is_running() for process in family), "a process has ended for the database's sake"
            assert [runner.stop() for runner in runners] == [0, 0], shop.logs()
            invariants.nothing_is_left_over(shop.app.database, family)
            invariants.store_is_sound(shop.app.database, [*plain, *writing])
            print(f"resumed {took:.2f} s after it was back")
    finally:
        server.close()
