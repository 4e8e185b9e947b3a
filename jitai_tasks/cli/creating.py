"""`new`: writes the files of a new element into an app."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from ..authoring.editor import FOLDER
from ..definition import OFFICIAL, Kind
from ..discovery import discover
from ..schemas import ELEMENT_SCHEMA
from . import blueprints
from .answers import (
    BASES,
    OPERATES,
    base_of,
    country_of,
    days_of,
    field_name,
    fields_of,
    full,
    identifier,
    operate_of,
    sender_name,
    sound_name,
)
from .asking import Dialogue
from .authoring import BELOW_A_DAY, element_path, first_run, rule_of, write_files
from .blueprints import Files, Place
from .editing import write_settings
from .output import tell

Command = Callable[..., object]

_MODELS = "models."


@click.group("new", short_help="Write a new element into an app: `new task NAME`.")
def new_() -> None:
    """Write a new element into an app. On a terminal, what no option says is asked for.

    \b
    jitai-tasks new task Cleanup --every "2 hours"
    jitai-tasks new service OrderSvc
    """


def element_options(command: Command) -> Command:
    """What all kinds have in common: NAME, --app, --title, --defaults."""
    command = click.option("-y", "--defaults", is_flag=True, help="Ask nothing; take the defaults.")(command)
    command = click.option("--title", help="Display name; default: the name.")(command)
    folder = click.Path(path_type=Path)
    command = click.option("--app", default=".", type=folder, help="The app's folder; default: this one.")(command)
    return click.argument("name", required=False)(command)


@new_.command("task")
@element_options
@click.option("--every", metavar="RULE", help='Like "day", "15 minutes", "2 weeks"; default: day.')
@click.option("--at", metavar="HH:MM", help="Time of day of the first run; default: 09:00, or midnight below a day.")
@click.option("--model", metavar="MODEL", help="Run for each row of this model, when the date in --field comes.")
@click.option("--field", metavar="FIELD", help="The date field of the model.")
def new_task(name: str | None, app: Path, title: str | None, defaults: bool, **said: str | None) -> None:
    """Write a task NAME (like Cleanup, or reports.Weekly) with a function of its own.

    \b
    jitai-tasks new task Cleanup --every "2 hours"
    jitai-tasks new task reports.Weekly --every week --at 07:30 --title "Weekly report"
    jitai-tasks new task Remind --model models.Meeting --field begins
    """
    if said["field"] and not said["model"]:
        raise click.UsageError("--field is a field of a model: say --model, too")
    dialogue = Dialogue(silent=defaults)
    place = settled(app, "tasks", dialogue.name(name, "Cleanup", sound_name), title)
    if said["model"]:
        model = full(said["model"], "models")
        element_path(model, hint="--model")
        field = dialogue.value(said["field"], "Date field of the model", "begins", field_name)
        written = write_element(app, place, blueprints.row_task(place, model=model, field=field))
        tell(f"Its function is in {written / 'inner.py'}; what is wrong with it: jitai-tasks check {app}")
        return
    period, unit = dialogue.value(said["every"], "How often, like day, 15 minutes, 2 weeks", "day", rule_of)
    usual = "00:00" if unit in BELOW_A_DAY else "09:00"
    start = dialogue.value(said["at"], "Counted from which time of day", usual, first_run)
    files = blueprints.scheduled_task(place, start=start, repeat=unit, period=period)
    written = write_element(app, place, files)
    short = place.full_name.removeprefix("tasks.")
    tell(f"Its function is in {written / 'inner.py'}; when it runs: jitai-tasks next {app} {short}")
    tell(f"Try it now, with `jitai-tasks run {app}` in another terminal: jitai-tasks run-now {app} {short}")


@new_.command("service")
@element_options
@click.option("--function", metavar="NAME", help="Its first function; default: run.")
def new_service(name: str | None, app: Path, title: str | None, defaults: bool, function: str | None) -> None:
    """Write a service NAME (like OrderSvc): a class whose functions tasks, events and other services call.

    \b
    jitai-tasks new service OrderSvc --function cancel
    """
    dialogue = Dialogue(silent=defaults)
    place = settled(app, "services", dialogue.name(name, "OrderSvc", sound_name), title)
    first = dialogue.value(function, "Its first function", "run", identifier)
    written = write_element(app, place, blueprints.service(place, function=first))
    tell(f'Its code is in {written / "service.py"}; tasks call it by "func": "{place.full_name}.{first}"')


@new_.command("model")
@element_options
@click.option("--fields", metavar="TEXT", help='Like "title:Stext begins:Datetime"; an id is added.')
def new_model(name: str | None, app: Path, title: str | None, defaults: bool, fields: str | None) -> None:
    """Write a model NAME (like Meeting): a table that the app makes and extends by itself.

    \b
    jitai-tasks new model Meeting --fields "title:Stext begins:Datetime"
    """
    dialogue = Dialogue(silent=defaults)
    place = settled(app, "models", dialogue.name(name, "Meeting", sound_name), title)
    known = [name.rpartition(".")[2] for name in discover(app).definitions if name.startswith("datatypes.")]
    read = partial(fields_of, known=known)
    chosen = dialogue.value(fields, "Fields, like title:Stext begins:Datetime", "title:Stext", read)
    written = write_element(app, place, blueprints.model(place, fields=chosen))
    tell(f'Its fields are in {written / "model.py"}; in code: app.getElement("{place.full_name}")')


@new_.command("event")
@element_options
@click.option("--sender", metavar="NAME", help="A model, like models.Order, or what a service publishes.")
@click.option("--operate", type=click.Choice(OPERATES), help="What happens to a row of the model; default: AddAfter.")
def new_event(
    name: str | None, app: Path, title: str | None, defaults: bool, sender: str | None, operate: str | None
) -> None:
    """Write an event NAME: a function that is called when rows change, or when a service publishes.

    \b
    jitai-tasks new event OrderPaid --sender models.Order --operate UpdateAfter
    jitai-tasks new event Shipped --sender services.OrderSvc.orderShipped
    """
    dialogue = Dialogue(silent=defaults)
    place = settled(app, "events", dialogue.name(name, "OrderPaid", sound_name), title)
    listened = dialogue.value(sender, "What it listens to: a model, or SERVICE.EVENT", "", sender_name)
    if listened.startswith(_MODELS):
        when = dialogue.value(operate, f"When ({', '.join(OPERATES)})", "AddAfter", operate_of)
        files = blueprints.model_event(place, sender=listened, operate=when)
    else:
        files = blueprints.event(place, sender=listened)
    written = write_element(app, place, files)
    tell(f"Its function is in {written / 'inner.py'}")


@new_.command("calendar")
@element_options
@click.option("--country", metavar="CODE", help="Its legal holidays are days off: DE, CN, US …")
@click.option("--subdivision", metavar="CODE", help="State or province, like BY.", default="")
@click.option("--weekend", metavar="DAYS", help='Weekdays off, 1 is Monday: "6,7"; default: those of the country.')
def new_calendar(
    name: str | None, app: Path, title: str | None, defaults: bool, country: str | None, subdivision: str,
    weekend: str | None,
) -> None:  # fmt: skip
    """Write a calendar NAME: which days are days off, for tasks with skipHoliday.

    \b
    jitai-tasks new calendar Munich --country DE --subdivision BY
    """
    dialogue = Dialogue(silent=defaults)
    place = settled(app, "calendars", dialogue.name(name, "Munich", sound_name), title)
    code = dialogue.value(country, "Country, like DE or CN; empty for weekends only", "", country_of)
    days = days_of(weekend or "") or ([] if code else [6, 7])
    write_element(app, place, blueprints.calendar(place, country=code, subdivision=subdivision, weekend=days))
    tell(f'A task follows it by "skipHoliday": 1 and "calendar": "{place.full_name}" in its timerCfg')


@new_.command("type")
@element_options
@click.option("--base", metavar="TYPE", help=f"What it is made from: {', '.join(BASES)}; default: the first.")
def new_type(name: str | None, app: Path, title: str | None, defaults: bool, base: str | None) -> None:
    """Write a Type of tasks NAME (like ReportType): a Loader, a class, and a schema for the keys of its own.

    \b
    jitai-tasks new type ReportType --base tasks.NormalType
    """
    dialogue = Dialogue(silent=defaults)
    place = settled(app, "tasks", dialogue.name(name, "ReportType", sound_name), title)
    above = dialogue.value(base, f"Made from ({', '.join(BASES)})", "tasks.NormalType", base_of)
    written = write_element(app, place, blueprints.task_type(place, base=above, base_class=BASES[above]))
    if (app / FOLDER).is_dir():
        write_settings(app, discover(app))
    tell(f'Its code is in {written}; elements use it by "type": "{place.full_name}"')


def settled(app: Path, family: str, name: str, title: str | None) -> Place:
    """Where the element goes; refuses a name that is taken or none, and a folder that is no app."""
    if not (app / "app.json").exists():
        raise click.ClickException(
            f"{app} has no app.json; make an app with `jitai-tasks init DIR`, or name it: --app DIR"
        )
    parts = element_path(name, family)
    refuse_taken(app, ".".join([family, *parts]))
    folder = app.joinpath(family, *parts)
    if folder.exists():
        raise click.ClickException(f"{folder} exists already; choose another name")
    schema = f"{'../' * (len(parts) + 1)}{FOLDER}/{ELEMENT_SCHEMA}"
    return Place(
        name=parts[-1],
        full_name=".".join([family, *parts]),
        title=title or parts[-1],
        schema=schema if (app / FOLDER / ELEMENT_SCHEMA).is_file() else "",
    )


def refuse_taken(app: Path, full_name: str) -> None:
    """A new element would take the place of an official one, or of a Type, without a word."""
    there = discover(app).find(full_name)
    if there is None or there.layer.root == app.resolve():
        return
    if there.layer.id == OFFICIAL or there.kind is not Kind.INSTANCE:
        raise click.ClickException(
            f"{full_name} would take the place of {there.layer.id}.{full_name}; choose another name,"
            " or see docs/overriding.md if that is meant"
        )


def write_element(app: Path, place: Place, files: Files) -> Path:
    """Write the files and name each on stdout; answers the element's folder."""
    folder = Path(*place.full_name.split("."))
    write_files(app, {f"{folder.as_posix()}/{name}": text for name, text in files.items()})
    return app / folder
