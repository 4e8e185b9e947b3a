"""`simulate`: every run that would happen, under the policies, and the load that makes."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from .. import outlook
from ..clock import SECOND, moment
from ..outlook import SimulatedRun, Simulation
from ..outlook.tasks import now_of
from .moments import iso, local
from .opening import opened
from .options import app_argument, database_option, json_option
from .output import emit_json, plural
from .ranges import outage_of, range_of, range_options

WIDTH = 40
LISTED = 10


@click.command("simulate", short_help="Every run that would happen, and the load that makes.")
@app_argument
@range_options
@click.option("--outage", "outages", metavar="A..B", multiple=True, help="No runner runs then. Can be repeated.")
@click.option(
    "--duration", metavar="SECONDS", type=click.FloatRange(0), help="How long runs last of which nothing is known."
)
@click.option("--runs", "listed", is_flag=True, help="List every run, in order.")
@click.option(
    "-n", "most", default=1000, show_default=True, type=click.IntRange(1, 10_000_000), help="At most so many."
)
@database_option
@json_option
def simulate_(  # noqa: PLR0913 - one for each option
    app: Path,
    since: str,
    until: str,
    outages: tuple[str, ...],
    duration: float | None,
    listed: bool,
    most: int,
    database: str | None,
    as_json: bool,
) -> None:
    """What all enabled tasks of APP would do in a range: how many runs, at which hours, the busiest minute, and what
    outages and long runs would cost under each task's misfire and overlap policies. Nothing is run. A run lasts as long
    as `expect.maxDuration` says, else as the task's latest runs did (their median), else --duration, else no time.

    \b
    jitai-tasks simulate shop --from 2026-12-01 --to 2026-12-31 --outage "2026-12-24 12:00..2026-12-26"
    """
    with opened(app, database) as opened_app:
        now, zone = now_of(opened_app), opened_app.timezone
        start, end = range_of(since, until, now=now, zone=zone)
        breaks = [outage_of(text, now=now, zone=zone) for text in outages]
        found = outlook.simulate(opened_app, start, end, outages=breaks, duration=duration)
        every = outlook.simulated_runs(opened_app, start, end, outages=breaks, duration=duration)
        runs = list(islice(every, most)) if listed else []
    if as_json:
        emit_json(simulation_view(found) | ({"runs": [run_view(run) for run in runs]} if listed else {}))
    elif listed:
        for run in runs:
            click.echo(run_line(run, zone))
    else:
        print_simulation(found, zone)


def simulation_view(found: Simulation) -> dict[str, object]:
    """A simulation as `--json` shows it."""
    busiest = None if found.busiest is None else {"minute": iso(found.busiest[0]), "runs": found.busiest[1]}
    return {
        "from": iso(found.start),
        "to": iso(found.end),
        "total": found.total,
        "byTask": dict(found.by_task),
        "byHour": {iso(hour): count for hour, count in found.by_hour.items()},
        "busiest": busiest,
        "skipped": [run_view(each) for each in found.skipped],
        "ended": dict(found.ended),
        "durations": {task: lasts / SECOND for task, lasts in found.durations.items()},
        "cutShort": list(found.cut_short),
    }


def run_view(each: object) -> dict[str, object]:
    """A run, or a range of skipped ones."""
    if isinstance(each, SimulatedRun):
        return {"task": each.task, "due": iso(each.due), "begins": iso(each.begins)}
    assert isinstance(each, outlook.SkippedRange)
    first, last = iso(each.first), iso(each.last)
    return {"task": each.task, "skipped": each.count, "reason": each.reason, "first": first, "last": last}


def run_line(each: object, zone: str) -> str:
    """The same as a line."""
    if isinstance(each, SimulatedRun):
        late = f"  (due {local(each.due, zone)})" if each.due != each.begins else ""
        return f"{local(each.begins, zone)}  {each.task}{late}"
    assert isinstance(each, outlook.SkippedRange)
    said = f"{plural(each.count, 'run')} skipped ({each.reason}), to {local(each.last, zone)}"
    return f"{local(each.first, zone)}  {each.task}  {said}"


def print_simulation(found: Simulation, zone: str) -> None:
    """Totals, the hours of the day, the busiest minute, what would be skipped."""
    click.echo(f"{plural(found.total, 'run')} of {plural(sum(map(bool, found.by_task.values())), 'task')}")
    for line in histogram(found, zone):
        click.echo(line)
    if found.busiest is not None:
        click.echo(f"busiest minute: {local(found.busiest[0], zone)[:16]}, {plural(found.busiest[1], 'run')}")
    for each in found.skipped[:LISTED]:
        click.echo(f"skipped: {run_line(each, zone)}")
    if len(found.skipped) > LISTED:
        click.echo(f"skipped: {len(found.skipped) - LISTED} more tasks; see --json")
    for task, count in list(found.ended.items())[:LISTED]:
        click.echo(f"ended by the next run: {plural(count, 'run')} of {task}")
    for task in found.cut_short:
        click.echo(f"{task} decides in code, and was asked only so often: its count is too low")


def histogram(found: Simulation, zone: str) -> list[str]:
    """A bar for each hour of the day that has runs, in the app's zone."""
    here, hours = ZoneInfo(zone), Counter[int]()
    for hour, count in found.by_hour.items():
        hours[moment(hour).astimezone(here).hour] += count
    most = max(hours.values(), default=1)
    return [f"{hour:02}:00  {'█' * max(round(WIDTH * hours[hour] / most), 1)} {hours[hour]}" for hour in sorted(hours)]
