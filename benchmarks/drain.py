"""Drain: jobs that do nothing, from the first start to the last end, beside the bare loop (P1, P2), and jobs whose
effect is committed with their completion (P8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from benchmarks import bare
from benchmarks.ground import FULL, POSTGRESQL, SQLITE, Bench, fill, start_runner, to_do
from benchmarks.table import Line, median, rate

BATCH = 100


@dataclass(frozen=True, slots=True)
class Pair:
    """Ours and the bare loop, measured one after the other, several times."""

    ours: float
    bare: float
    share: float


def lines(bench: Bench) -> Iterator[Line]:
    """P1, P2 and P8."""
    yield from _postgresql(bench)
    yield from _sqlite(bench)
    for kind in (SQLITE, POSTGRESQL):
        yield _transactional(bench, kind)


def _postgresql(bench: Bench) -> Iterator[Line]:
    one = _pair(bench, POSTGRESQL, 1)
    for workers in (1, 2):
        pair = one if workers == 1 else _pair(bench, POSTGRESQL, 2)
        best = bench.rates(f"drain{workers}", POSTGRESQL)
        rival = bench.rate_of("pgqueuer", f"drain{workers}")
        found, reached = [f"{pair.share:.0%} of bare"], pair.share >= 0.6
        if rival:
            found.append(f"{pair.ours / rival:.1f} × pgqueuer")
            reached = reached and pair.ours >= 2 * rival
        if workers == 2:
            found.append(f"{pair.ours / one.ours:.2f} × one worker")
            reached = reached and pair.ours >= 1.25 * one.ours
        goal = "≥ 2 × pgqueuer, ≥ 60 % of bare" + (", ≥ 1.25 × one worker" if workers == 2 else "")
        yield Line(
            goal_id="P1", measure=f"drain, {POSTGRESQL}, {workers} worker(s), batch {BATCH}", ours=rate(pair.ours),
            bare=rate(pair.bare), peers=best, goal=goal, found=", ".join(found), reached=reached,
        )  # fmt: skip


def _sqlite(bench: Bench) -> Iterator[Line]:
    for kind, share in ((SQLITE, 0.35), (FULL, 0.2)):
        pairs = {workers: _pair(bench, kind, workers) for workers in (1, 2)}
        best = max(pair.share for pair in pairs.values())
        rival = max((bench.rate_of("huey", name) or 0 for name in ("drain1", "drain2")), default=0)
        for workers, pair in pairs.items():
            found, goal, reached = [f"{pair.share:.0%} of bare"], f"best ≥ {share:.0%} of bare", best >= share
            if kind == SQLITE and rival:
                goal += ", ≥ 8 × huey"
                found.append(f"{pair.ours / rival:.1f} × huey")
                reached = reached and max(each.ours for each in pairs.values()) >= 8 * rival
            yield Line(
                goal_id="P2", measure=f"drain, {kind}, {workers} worker(s), batch {BATCH}", ours=rate(pair.ours),
                bare=rate(pair.bare), peers=bench.rates(f"drain{workers}", SQLITE) if kind == SQLITE else {},
                goal=goal, found=", ".join(found), reached=reached,
            )  # fmt: skip


def _transactional(bench: Bench, kind: str) -> Line:
    pair = alternately(bench.trials, lambda: _effects(bench, kind), lambda: _bare(bench, kind, 1, bench.jobs // 10))
    return Line(
        goal_id="P8", measure=f"effect and completion in one commit, {kind}, 1 worker, commit for each job",
        ours=rate(pair.ours), bare=rate(pair.bare), goal="≥ 70 % of the bare batch-1 loop",
        found=f"{pair.share:.0%} of bare", reached=pair.share >= 0.7,
    )  # fmt: skip


def _pair(bench: Bench, kind: str, workers: int) -> Pair:
    return alternately(
        bench.trials, lambda: _drained(bench, kind, workers), lambda: _bare(bench, kind, BATCH, bench.jobs, workers)
    )


def alternately(trials: int, ours: Callable[[], float], beside: Callable[[], float]) -> Pair:
    """Medians; the share is the median of the shares of neighbours, which a machine's moods disturb least."""
    pairs = [(ours(), beside()) for _ in range(trials)]
    return Pair(
        median([pair[0] for pair in pairs]), median([pair[1] for pair in pairs]), median([a / b for a, b in pairs])
    )


def _drained(bench: Bench, kind: str, workers: int) -> float:
    bench.note(f"drain, {kind}, {workers} worker(s)")
    with bench.database(kind) as (url, database):
        fill(database, to_do(bench.jobs, database.now()))
        return _rate_of_runs(bench, url, database, workers)


def _effects(bench: Bench, kind: str) -> float:
    bench.note(f"effects, {kind}")
    with bench.database(kind) as (url, database):
        with database.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE effects (what VARCHAR(20) NOT NULL)")
        fill(database, to_do(bench.jobs // 10, database.now(), "services.Work.effect"))
        found = _rate_of_runs(bench, url, database, 1)
        with database.read() as connection:
            assert connection.scalar(sa.text("SELECT count(*) FROM effects")) == bench.jobs // 10
        return found


def _rate_of_runs(bench: Bench, url: str, database: object, workers: int) -> float:
    """Jobs per second, from the first start of a function to the last end."""
    assert start_runner(bench.folder, database=url, workers=workers, drain=True).wait() == 0
    with database.read() as connection:
        done = "SELECT count(*), max(ended) - min(started) FROM jitai_runs WHERE status = 'success'"
        count, span = connection.execute(sa.text(done)).one()
        left = connection.scalar(sa.text("SELECT count(*) FROM jitai_jobs"))
    assert not left, f"{count} succeeded, {left} are left"
    return count / (span / 1e6)


def _bare(bench: Bench, kind: str, batch: int, count: int, workers: int = 1) -> float:
    """SQLite has one writer at a time: more processes only disturb each other."""
    return bare.measured(bench.url(kind), batch, count, processes=workers if kind == POSTGRESQL else 1)
