"""Commits whose answer is lost: whether they took place is found out, not guessed."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from jitai_tasks.store.records import Status
from tests import servers
from tests.chaos import invariants
from tests.chaos.conftest import shop_in
from tests.chaos.proxy import CuttingProxy
from tests.runner.conftest import eventually

JOBS = 300


@pytest.mark.chaos
@pytest.mark.timeout(180)
def test_of_300_jobs_whose_commits_are_cut_none_is_lost_and_none_takes_effect_twice(tmp_path: Path) -> None:
    server = servers.start_postgres()
    try:
        url = server.fresh_database()
        with CuttingProxy(server.port or 0).running() as proxy, shop_in(tmp_path, url, {}) as shop:
            name = sa.make_url(url).database
            runner = shop.run(database=f"postgresql+psycopg://jitai@127.0.0.1:{proxy.port}/{name}")
            shop.done(shop.create("nothing"))
            proxy.share = 0.3
            writing = [shop.create("insert", name=str(n)) for n in range(JOBS // 2)]
            plain = [shop.create("add", a=n, b=1) for n in range(JOBS // 2)]
            eventually(lambda: not shop.live(), seconds=90, say=shop.logs)
            proxy.share = 0.0
            runs = [shop.done(job) for job in (*writing, *plain)]
            assert {run.outcome.status for run in runs} == {Status.SUCCESS}
            invariants.effects_are_exactly_once(shop.effects(), map(str, range(JOBS // 2)))
            assert [run.outcome.result for run in runs[JOBS // 2 :]] == [str(n + 1) for n in range(JOBS // 2)]
            assert proxy.before > 10
            assert proxy.after > 10
            family = runner.family()
            assert runner.stop() == 0
            invariants.nothing_is_left_over(shop.app.database, family)
            invariants.store_is_sound(shop.app.database, [*writing, *plain])
            print(f"{proxy.before} commits cut before the server had them, {proxy.after} after")
    finally:
        server.close()
