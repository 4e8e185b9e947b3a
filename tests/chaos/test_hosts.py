"""Two runners as separate hosts on one PostgreSQL; then the cable of one is pulled, and plugged in again."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from jitai_tasks import jobs
from jitai_tasks.store import runners
from jitai_tasks.store.records import Status
from tests import servers
from tests.chaos import invariants
from tests.chaos.conftest import FILES, shop_in
from tests.chaos.hosts import Host, hosts, impossible
from tests.runner.conftest import Runner, Shop, eventually

ROOT = Path(__file__).parents[2]
TIMES = {"lease": 3.0, "beat": 0.5}
JOBS = 60

pytestmark = pytest.mark.chaos


def run_on(host: Host, shop: Shop, server: servers.Server) -> Runner:
    """A runner on another host."""
    url = f"postgresql+psycopg://jitai@{host.gateway}:{server.port}/{sa.make_url(shop.url).database}?connect_timeout=2"
    options = {"database": url, "workers": 2}
    log = shop.folder / f"{host.name}.log"
    words = [sys.executable, "-m", "tests.runner.program", str(shop.folder), repr(options), repr(TIMES)]
    with log.open("wb") as output:
        process = subprocess.Popen([*host.command, *words], stdout=output, stderr=output, cwd=ROOT)
    shop.started.append(Runner(process, log))
    return shop.started[-1]


def open_to_all(server: servers.Server) -> None:
    """Let the hosts of this test in."""
    assert server.folder is not None
    rules = server.folder / "data" / "pg_hba.conf"
    rules.write_text(rules.read_text() + "\nhost all all 10.231.0.0/16 trust\n")
    server.run("SELECT pg_reload_conf()")


@pytest.mark.timeout(180)
def test_two_hosts_share_the_work_and_one_that_is_cut_off_writes_nothing_stale(tmp_path: Path) -> None:
    if why := impossible():
        pytest.skip(why)
    server = servers.start_postgres("listen_addresses=*")
    try:
        open_to_all(server)
        with hosts(2) as (first, second), shop_in(tmp_path, server.fresh_database(), FILES) as shop:
            two_hosts(shop, server, first, second)
    finally:
        server.close()


def two_hosts(shop: Shop, server: servers.Server, first: Host, second: Host) -> None:
    cut, other = run_on(first, shop, server), run_on(second, shop, server)
    eventually(lambda: shop.runners() == 2, seconds=40, say=shop.logs)
    with shop.app.database.read() as connection:
        assert {runner.host for runner in runners.all(connection)} == {first.name, second.name}
    shared = [shop.create("note", path=shop.path("shared"), line=str(n), seconds=0.05) for n in range(JOBS)]
    for job in shared:
        assert shop.done(job, seconds=30).outcome.status is Status.SUCCESS
    assert Counter(line.split()[0] for line in shop.lines("shared")) == {str(n): 1 for n in range(JOBS)}
    writing = [insert_late(shop, str(n)) for n in range(4)]
    eventually(lambda: len(shop.lines("late")) == 4, say=shop.logs)
    first.unplug()
    runs = {job: shop.done(job, seconds=40) for job in writing}
    first.plug()
    eventually(lambda: "took this one for dead" in cut.text(), seconds=40, say=cut.text)
    shop.done(shop.create("nothing"))
    assert {job: shop.find(job) for job in writing} == runs
    assert {run.outcome.status for run in runs.values()} == {Status.SUCCESS}
    assert sum(run.job.interruptions for run in runs.values()) == 2, "those of the host that was cut off"
    invariants.effects_are_exactly_once(shop.effects(), map(str, range(4)))
    end(shop, cut, other)
    invariants.store_is_sound(shop.app.database, [*shared, *writing])


def insert_late(shop: Shop, name: str) -> int:
    """A job that says it began, takes three seconds, then writes."""
    given = {"name": name, "path": shop.path("late"), "seconds": 3.0}
    return jobs.create_temporary(shop.app, "services.Patient.insert_late", given)


def end(shop: Shop, *ending: Runner) -> None:
    """Stop the supervisors, which are the first processes of their hosts."""
    family = [process for runner in ending for process in runner.family()]
    for runner in ending:
        psutil.Process(runner.pid).children()[0].send_signal(signal.SIGTERM)
    assert [runner.process.wait(40) for runner in ending] == [0, 0], shop.logs()
    invariants.nothing_is_left_over(shop.app.database, family)
