"""A claim that the server is still committing when its worker dies, or loses its connection."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from jitai_tasks.store.records import Status
from tests import servers
from tests.chaos import invariants
from tests.chaos.conftest import shop_in
from tests.chaos.proxy import CuttingProxy
from tests.runner.conftest import Runner, Shop, eventually

#: No heartbeat disturbs the commits that hang.
TIMES = {"beat": 60.0, "lease": 360.0}

pytestmark = pytest.mark.chaos


@pytest.fixture
def server() -> Iterator[servers.Server]:
    found = servers.start_postgres()
    yield found
    found.close()


def commits_hang(server: servers.Server, hang: bool) -> None:
    """Commits wait for a standby that is not there; until it comes nobody sees what they bring."""
    server.run(f"ALTER SYSTEM SET synchronous_standby_names = '{'nobody' if hang else ''}'")
    server.run("SELECT pg_reload_conf()")


def hanging(server: servers.Server) -> int:
    engine = sa.create_engine(server.url(server.home), poolclass=sa.NullPool)
    with engine.connect() as connection:
        found = connection.scalar(sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"))
    return int(found or 0)


def lost_claim_is_found(server: servers.Server, shop: Shop, runner: Runner, blow: Callable[[], object]) -> None:
    """While its claim is being committed the worker gets a blow; when all have looked, the claim takes effect."""
    job = shop.create("nothing", options={"delay": 2})
    commits_hang(server, True)
    eventually(lambda: hanging(server), seconds=20, say=runner.text)
    blow()
    with pytest.raises(AssertionError):
        eventually(lambda: False, seconds=1.5)
    assert hanging(server)
    commits_hang(server, False)
    run = shop.done(job, seconds=20)
    assert (run.outcome.status, run.job.interruptions) == (Status.SUCCESS, 0)
    assert "claim whose answer was lost" in runner.text()
    invariants.store_is_sound(shop.app.database, [job])
    assert runner.stop() == 0


@pytest.mark.timeout(90)
def test_a_claim_that_takes_effect_after_its_workers_funeral_is_handed_back(
    server: servers.Server, tmp_path: Path
) -> None:
    with shop_in(tmp_path, server.fresh_database(), {}) as shop:
        runner = shop.ready(workers=1, times=TIMES)

        def kill() -> None:
            for one in runner.workers():
                os.kill(one.pid, signal.SIGKILL)

        lost_claim_is_found(server, shop, runner, kill)


@pytest.mark.timeout(90)
def test_a_claim_that_takes_effect_after_its_worker_has_asked_for_it_is_handed_back(
    server: servers.Server, tmp_path: Path
) -> None:
    url = server.fresh_database()
    with CuttingProxy(server.port or 0).running() as proxy:
        through = f"postgresql+psycopg://jitai@127.0.0.1:{proxy.port}/{sa.make_url(url).database}"
        with shop_in(tmp_path, url, {}) as shop:
            runner = shop.ready(workers=1, times=TIMES, database=through)
            lost_claim_is_found(server, shop, runner, proxy.cut_all)
