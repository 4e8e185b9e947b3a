"""Arguments and options that several verbs share."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypedDict, TypeVar

import click

from ..ids import parsed

Command = TypeVar("Command", bound=Callable[..., object])


class AppPath(click.Path):
    """A path that leads somewhere: a link to itself is refused, before code of many places falls over it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        try:
            path.stat()
        except OSError as error:
            if error.errno == errno.ELOOP:
                self.fail(f"the link {path} leads back to itself; name the folder of an app", param, ctx)
        return path


APP = AppPath(path_type=Path)


def app_argument(command: Command) -> Command:
    """Positional `[APP]`, passed as `app: Path`."""
    return click.argument("app", required=False, default=".", envvar="JITAI_TASKS_APP", type=APP)(command)


def app_and(what: str) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Positional `[APP] WHAT`, passed as `app: Path` and `name: str`."""

    def decorate(command: Callable[..., object]) -> Callable[..., object]:
        @click.argument("words", nargs=-1, required=True, metavar=f"[APP] {what}")
        @wraps(command)
        def with_target(words: tuple[str, ...], **options: object) -> object:
            if len(words) > 2:
                raise click.UsageError(f"expected [APP] {what}, got {len(words)} words: {' '.join(words)}")
            if len(words) == 1 and Path(words[0], "app.json").is_file():
                raise click.UsageError(f"{words[0]} is the app; which {what}?")
            return command(app=APP(words[0] if len(words) == 2 else "."), name=words[-1], **options)

        return with_target

    return decorate


def app_and_maybe(what: str) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Positional `[APP] [WHAT]`, passed as `app: Path` and `name: str | None`; one word is the app if it is one."""

    def decorate(command: Callable[..., object]) -> Callable[..., object]:
        @click.argument("words", nargs=-1, metavar=f"[APP] [{what}]")
        @wraps(command)
        def with_target(words: tuple[str, ...], **options: object) -> object:
            if len(words) > 2:
                raise click.UsageError(f"expected [APP] [{what}], got {len(words)} words: {' '.join(words)}")
            only_app = len(words) < 2 and (not words or Path(words[0], "app.json").is_file())
            app = APP(words[0] if len(words) == 2 or (words and only_app) else ".")
            return command(app=app, name=None if only_app else words[-1], **options)

        return with_target

    return decorate


def database_option(command: Command) -> Command:
    """`--database URL`, passed as `database: str | None`."""
    text = "Where the jobs are: sqlite:///file.db, postgresql://…, mysql://…  [env: JITAI_TASKS_DATABASE, DATABASE_URL]"
    return click.option("--database", metavar="URL", help=text)(command)


def json_option(command: Command) -> Command:
    """`--json`, passed as `as_json: bool`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")(command)


def count_option(default: int, text: str) -> Callable[[Command], Command]:
    """`-n COUNT`, passed as `count: int`."""
    return click.option(
        "-n", "count", metavar="N", default=default, show_default=True, type=click.IntRange(1, 10_000), help=text
    )


def task_name(word: str) -> str:
    """ "Cleanup" and "tasks.Cleanup" both mean the task tasks.Cleanup."""
    return word if word.startswith("tasks.") else f"tasks.{word}"


class Sought(TypedDict, total=False):
    """What jobs and runs are looked for by."""

    task: str
    func: str


def task_or_func(word: str | None) -> Sought:
    """What to look for in jobs and runs: "services.OrderSvc.cancel" is the function of temporary tasks, else a task."""
    if not word:
        return {}
    is_func = "." in word and not word.startswith("tasks.")
    return {"task": "", "func": word} if is_func else {"task": task_name(word)}


def job_id(word: str) -> int:
    """The id that a user typed, or a usage error that says what ids look like."""
    number = parsed(word)
    if number is None:
        raise click.BadParameter(f"{word!r} is no id; ids are 24 hex digits, see `jitai-tasks jobs`", param_hint="ID")
    return number
