"""python -m benchmarks [--quick] [--json] [--no-peers] [drain future latency enqueue memory start saves]

Prints what it ran on, which goals of docs/performance.md are reached, and one table: ours beside the bare database and
the peers, all in one run.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time

from benchmarks import machine, peers, table
from benchmarks.ground import POSTGRESQL, SQLITE, Bench, app_folder, close_servers, plain_url
from benchmarks.peers import NotMeasured

NAMES = ("drain", "future", "latency", "enqueue", "memory", "start", "saves")
_KIND = {"postgresql": POSTGRESQL, "sqlite": SQLITE}


def main() -> None:
    """Measure what was asked for; progress goes to stderr, the table to stdout."""
    chosen = _arguments()
    began = time.monotonic()

    def note(text: str) -> None:
        print(f"[{time.monotonic() - began:4.0f} s] {text}", file=sys.stderr, flush=True)

    about = machine.described()
    with app_folder() as folder:
        bench = Bench(
            folder=folder, quick=chosen.quick, jobs=chosen.jobs or (5_000 if chosen.quick else 50_000), note=note
        )
        try:
            about += [bench.versions(), f"medians of {bench.trials}, {bench.jobs:,} jobs in a drain of ours"]
            if not chosen.no_peers:
                _measure_peers(bench)
            lines = [line for name in chosen.names or NAMES for line in _shown(name, bench)]
        finally:
            close_servers()
    about += _settings(bench)
    if chosen.json:
        told = {"about": about, "summary": table.summary(lines), "lines": table.plain(lines)}
        print(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        listed = [*(f"* {line}" for line in about), "", *(f"* {line}" for line in table.summary(lines))]
        print("\n".join([*listed, "", table.markdown(lines)]))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to measure: {', '.join(NAMES)}; default all")
    parser.add_argument("--quick", action="store_true", help="fewer jobs, one trial: to see that it works")
    parser.add_argument("--jobs", type=int, help="jobs in a drain; 20 times as many wait for the future (50,000)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    parser.add_argument("--no-peers", action="store_true", help="leave the peers out; nothing is installed")
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(NAMES):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    return chosen


def _measure_peers(bench: Bench) -> None:
    wanted = {"trials": bench.trials, "jobs": bench.jobs // 2, "samples": 12 if bench.quick else 60}
    for name, databases in peers.DATABASES.items():
        for database in databases:
            shown = f"{name} on SQLite" if len(databases) > 1 and database == "sqlite" else name
            bench.note(f"peer {shown}")
            future = bench.future if name == "pgqueuer" else 0
            try:
                url = plain_url(bench.url(_KIND[database]))
                bench.peers[shown] = peers.measure(name, url, {**wanted, "future": future})
            except NotMeasured as reason:
                bench.peers[shown] = str(reason)
                bench.note(f"{shown}: {reason}")


def _shown(name: str, bench: Bench) -> list[table.Line]:
    """The lines of one benchmark, told on the way as they come."""
    found = []
    try:
        for line in importlib.import_module(f"benchmarks.{name}").lines(bench):
            bench.note(f"  {line.goal_id} {line.measure}: {line.ours}; {line.found}")
            found.append(line)
    except (AssertionError, TimeoutError) as error:  # the others are measured all the same
        found.append(table.Line(goal_id="–", measure=name, ours="not measured", found=str(error), reached=False))
    return found


def _settings(bench: Bench) -> list[str]:
    return [
        f"{name}: {found}" if isinstance(found, str) else f"{name} {found.version}: {found.setting}"
        for name, found in bench.peers.items()
    ]


if __name__ == "__main__":
    main()
