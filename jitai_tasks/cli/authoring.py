"""`init` writes an app that runs."""

from __future__ import annotations

import keyword
import os
import re
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import click

from ..clock import SystemClock, moment
from .editing import write_settings
from .output import tell
from .templates import GREETING_E_JSON, GREETING_INNER_PY, app_json

UNITS = ("second", "minute", "hour", "day", "week", "month", "year")
BELOW_A_DAY = UNITS[:3]
#: In bytes: a file system allows 255 for a folder, the tables 255 for a full name.
LONGEST_NAME = 200
EVERY = re.compile(rf"(?:(\d{{1,4}})\s+)?({'|'.join(UNITS)})s?")


@click.command("init", short_help="Write a small app that runs.")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--timezone", metavar="ZONE", help="Time zone of the app, like Europe/Berlin; default: this machine's.")
def init_(folder: Path, timezone: str | None) -> None:
    """Write a small app that runs into DIR: three files, one task that greets every five seconds; and editor settings.

    \b
    jitai-tasks init shop
    jitai-tasks run shop
    """
    if (folder / "app.json").exists():
        raise click.ClickException(f"{folder} is an app already; add to it with `jitai-tasks new task NAME`")
    zone = known_zone(timezone) if timezone else zone_of_machine()
    files = {
        "app.json": app_json(class_name(folder.resolve().name), zone),
        "tasks/Greeting/e.json": GREETING_E_JSON,
        "tasks/Greeting/inner.py": GREETING_INNER_PY,
    }
    write_files(folder, files)
    kept = write_settings(folder)
    tell("and settings for editors and type checkers: .vscode/, pyproject.toml, .jitai/ (generated)")
    for name in kept:
        tell(f"{folder / name} was there and is left as it is; docs/authoring.md shows what to add")
    tell(f"The app's time zone is {zone} (app.json). Start it: jitai-tasks run {folder}")
    tell(f"Write a task of your own: jitai-tasks new task Hello --every minute --app {folder}")


def write_files(root: Path, files: dict[str, str]) -> None:
    """Write new files below `root` and name each on stdout; a file that exists is never overwritten."""
    taken = [name for name in files if (root / name).exists()]
    if taken:
        raise click.ClickException(f"{root / taken[0]} exists already; nothing was written")
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        click.echo(file)


def element_path(name: str, family: str = "tasks", *, hint: str = "NAME") -> list[str]:
    """The folders of an element below its family: "reports.Weekly" → ["reports", "Weekly"]."""
    parts = name.removeprefix(f"{family}.").split(".")
    for part in parts:
        if not part.isidentifier() or keyword.iskeyword(part):
            wrong = f"{part!r} in {name!r}" if len(parts) > 1 else repr(part)
            raise click.BadParameter(f"{wrong} is no Python name; use letters, digits and _", param_hint=hint)
    if len(name.encode()) > LONGEST_NAME:
        raise click.BadParameter(f"{name[:20]}… is longer than {LONGEST_NAME} bytes", param_hint=hint)
    return parts


def rule_of(every: str) -> tuple[int, str]:
    """ "15 minutes" → (15, "minute")."""
    found = EVERY.fullmatch(every.strip().lower())
    if not found or found[1] == "0":
        raise click.BadParameter(f'{every!r}: say it like "day" or "15 minutes"', param_hint="--every")
    return int(found[1] or 1), found[2]


def first_run(at: str) -> str:
    """Today at `at` as a `startTime`; the rule counts from there."""
    try:
        hour = time.fromisoformat(at)
    except ValueError:
        raise click.BadParameter(f"{at!r} is no time of day like 07:30", param_hint="--at") from None
    return f"{moment(SystemClock().now()):%Y-%m-%d} {hour:%H:%M:%S}"


def class_name(folder: str) -> str:
    """A name for the app, made from its folder: "my-shop" → "MyShop"."""
    words = re.findall(r"[A-Za-z0-9]+", folder)
    name = "".join(word[0].upper() + word[1:] for word in words)
    return name if name[:1].isalpha() else f"App{name}"


def known_zone(name: str) -> str:
    """The zone's name, if there is such a zone."""
    if name not in available_timezones():
        raise click.BadParameter(
            f"there is no time zone {name!r}; names are like Europe/Berlin", param_hint="--timezone"
        )
    return ZoneInfo(name).key


def zone_of_machine() -> str:
    """The machine's IANA zone, which `init` writes into app.json for all to see; UTC if it has no name."""
    link = Path("/etc/localtime")
    target = str(link.resolve()) if link.is_symlink() else ""
    name = os.environ.get("TZ") or target.partition("zoneinfo/")[2]
    return name if name in available_timezones() and not name.startswith("Etc/") else "UTC"
