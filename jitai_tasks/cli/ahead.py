"""What is to come: `next`, `calendar`, `explain`, `why`. The answers are made in `jitai_tasks.outlook`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path

import click

from .. import outlook
from ..app import App
from ..outlook import Answer, Day, Entry, Explanation, FutureRun
from ..outlook.health import of_calendars, of_zone
from ..outlook.tasks import now_of, states_of, task_of
from ..schedule import Effect
from .look import is_on
from .moments import away
from .opening import opened
from .options import app_and, app_and_maybe, app_argument, count_option, database_option, json_option
from .output import emit_json, emit_rows, plural, tell

NEXT_COLUMNS = ("task", "local", "zone", "utc", "away", "mark", "row")
LISTED = 6


@click.command("next", short_help="When a task, or every task, will run next.")
@app_and_maybe("TASK")
@count_option(5, "How many.")
@database_option
@json_option
def next_(app: Path, name: str | None, count: int, database: str | None, as_json: bool) -> None:
    """When TASK of APP will run next, by its rule, in local time and UTC; without TASK, the next run of every task.

    Runs that a day off or a clock change moved are marked.

    \b
    jitai-tasks next shop
    jitai-tasks next shop NightlyCleanup -n 12 --json
    """
    with opened(app, database) as opened_app:
        now = now_of(opened_app)
        if name is None:
            runs, problems = outlook.next_of_all(opened_app)
            notes = [f"{task}: {problem}" for task, problem in problems.items()]
        else:
            runs, notes = outlook.next_runs(opened_app, name, count), _switched_off(opened_app, name, app)
        notes += [finding.text for finding in (*of_calendars(opened_app), *of_zone(opened_app))]
    rows = [next_row(run, now, with_task=name is None) for run in runs]
    empty = "no task has a run ahead" if name is None else f"no next run; jitai-tasks why {name} tells the reason"
    emit_rows(rows, columns=NEXT_COLUMNS, as_json=as_json, empty=empty)
    for note in notes:
        tell(note)


def next_row(run: FutureRun, now: int, *, with_task: bool = True) -> dict[str, object]:
    """A run to come as `--json` shows it."""
    row = {"local": run.local, "zone": run.zone, "utc": run.utc, "away": away(run.at, now), "mark": run.mark}
    about = {"moved": run.moved, "named": run.named, "row": run.subject}
    return {"task": run.task, **row, **about} if with_task else {**row, **about}


def _switched_off(app: App, name: str, folder: Path) -> list[str]:
    definition = task_of(app, name)
    state = states_of(app).get(definition.full_name)
    if not is_on(definition, state):
        return [f"the task is off; switch it on: jitai-tasks enable {folder} {name}"]
    paused = state is not None and state.paused
    return [f"the task is paused; go on: jitai-tasks resume {folder} {name}"] if paused else []


@click.command("calendar", short_help="What all tasks will do, day by day.")
@app_argument
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="The first day; default: today.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="The last day; default: a week later.")
@database_option
@json_option
def calendar_(app: Path, first: object, last: object, database: str | None, as_json: bool) -> None:
    """What every enabled task of APP will do, day by day, in the app's zone; with what days off leave out.

    \b
    jitai-tasks calendar shop --from 2026-12-21 --to 2026-12-31
    """
    with opened(app, database) as opened_app:
        today = date.fromisoformat(_today(opened_app))
        begin = first.date() if hasattr(first, "date") else today
        end = last.date() if hasattr(last, "date") else date.fromordinal(begin.toordinal() + 6)
        days = outlook.agenda(opened_app, begin, end)
        hints = [finding.text for finding in of_calendars(opened_app)]
        now, zone = now_of(opened_app), opened_app.timezone
    if as_json:
        emit_json([day_view(day, now) for day in days])
    else:
        for day in days:
            click.echo(f"{day.date:%Y-%m-%d %a}  {plural(day.count, 'run')}")
            for entry in day.entries:
                click.echo(f"  {entry_line(entry, zone)}")
    for hint in hints:
        tell(hint)


def _today(app: App) -> str:
    return FutureRun(task="", at=now_of(app), zone=app.timezone).local[:10]


def day_view(day: Day, now: int) -> dict[str, object]:
    """A day as `--json` shows it."""
    entries = [
        {
            "task": entry.task,
            "title": entry.title,
            "count": entry.count,
            "leftOut": entry.left_out,
            "runs": [next_row(run, now) for run in entry.runs],
        }
        for entry in day.entries
    ]
    return {"date": day.date.isoformat(), "count": day.count, "tasks": entries}


def entry_line(entry: Entry, zone: str) -> str:
    """ "tasks.Clean  09:00, 10:00 … 24 runs; 1 left out by a day off"; times of another zone than `zone` say theirs."""
    times = [
        run.local[11:].removesuffix(":00")
        + (f" {run.zone}" if run.zone != zone else "")
        + (f" ({run.mark})" if run.mark else "")
        for run in entry.runs[:LISTED]
    ]
    shown = ", ".join(times) + (f" … {entry.count} runs" if entry.count > LISTED else "")
    left_out = f"{plural(entry.left_out, 'run')} on a day off, left out or moved" if entry.left_out else ""
    return f"{entry.task}  {'; '.join(part for part in (shown, left_out) if part)}"


@click.command("explain", short_help="A task's rule in plain words, and what comes of it.")
@app_and("TASK")
@count_option(5, "How many next runs.")
@click.option("--lang", type=click.Choice(["en", "zh"]), help="One language only.")
@database_option
@json_option
def explain_(app: Path, name: str, count: int, lang: str | None, database: str | None, as_json: bool) -> None:
    """The rule of TASK in one plain sentence in English and Chinese, its policies, its next runs, and what the next
    clock changes and days off do to it.

    \b
    jitai-tasks explain shop NightlyCleanup
    """
    with opened(app, database) as opened_app:
        told = outlook.explain(opened_app, name, count=count)
        now = now_of(opened_app)
    if as_json:
        emit_json({**asdict(told), "next": [next_row(run, now) for run in told.next]})
        return
    for each in [lang] if lang else ["en", "zh"]:
        click.echo(f"{told.sentence[each]} {told.state[each]}")
        click.echo(" ".join(told.policies[each]))
        click.echo()
    print_future(told, told.effects[lang or "en"])


def print_future(told: Explanation, effects: tuple[Effect, ...]) -> None:
    """The next runs, then what clock changes and days off do."""
    for run in told.next:
        click.echo(f"  {run.local} {run.zone}  {run.utc}{'  ' + run.mark if run.mark else ''}")
    if effects:
        click.echo()
    for effect in effects:
        click.echo(f"  {effect.text}")


@click.command("why", short_help="Why a task or a job has not run.")
@app_and("TASK|ID")
@database_option
@json_option
def why_(app: Path, name: str, database: str | None, as_json: bool) -> None:
    """Why TASK, or the job ID, has not run: off, paused, not due, a day off, held, no runner, missed, failed, …

    The first line decides; the others hold too.

    \b
    jitai-tasks why shop NightlyCleanup
    """
    with opened(app, database) as opened_app:
        answer = outlook.why(opened_app, name)
    if as_json:
        emit_json({"about": answer.about, "reasons": [reason._asdict() for reason in answer.reasons]})
    else:
        print_reasons(answer)


def print_reasons(answer: Answer) -> None:
    """One line for each reason, and what to do."""
    click.echo(answer.about)
    for reason in answer.reasons:
        click.echo(f"  {reason.cause}: {reason.text}")
        if reason.advice:
            click.echo(f"    {reason.advice}")
