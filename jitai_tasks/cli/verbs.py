"""The verbs and where they live. Help for the whole group is printed from this table, without importing a command."""

from __future__ import annotations

from importlib import import_module

import click

from ..errors import did_you_mean, nearest

#: section → verb → (module, one-line help)
SECTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Start": {
        "init": ("authoring", "Write a small app that runs."),
        "new": ("creating", "Write a new element into an app: `new task NAME`."),
        "editor": ("editing", "Write the settings for editors and type checkers again."),
        "run": ("run", "Start the runner: workers, schedules, reload; Ctrl-C ends it cleanly."),
    },
    "Look": {
        "check": ("checking", "Find problems in the app's files; nothing is run."),
        "list": ("look", "The tasks of an app, with what is shadowed and what is off."),
        "next": ("ahead", "When a task, or every task, will run next."),
        "calendar": ("ahead", "What all tasks will do, day by day."),
        "explain": ("ahead", "A task's rule in plain words, and what comes of it."),
        "simulate": ("simulating", "Every run that would happen, and the load that makes."),
        "why": ("ahead", "Why a task or a job has not run."),
        "rows": ("rows", "What a date-field task waits for, row by row."),
        "jobs": ("jobs", "Jobs that wait or run now."),
        "history": ("jobs", "Runs that ended, newest first."),
        "show": ("jobs", "Everything about one job or run: arguments, outcome, log, traceback."),
        "show-config": ("config", "What holds for an element, and the file and line each value comes from."),
        "schema": ("config", "Print the JSON Schema of a Type's e.json, or of app.json."),
        "doctor": ("doctor", "Check the machine, the database and the app for unsafe settings."),
    },
    "Act": {
        "enqueue": ("act", "Create a temporary task: call a function once, now or later."),
        "run-now": ("act", "Run a task once, now, outside its schedule."),
        "backfill": ("steering", "Run a task for planned moments of the past that it missed."),
        "end": ("act", "End a job, also while it runs."),
        "cancel": ("act", "Cancel a job that still waits."),
        "enable": ("act", "Switch a task on, whatever its e.json says."),
        "disable": ("act", "Switch a task off, whatever its e.json says."),
        "pause": ("steering", "Let no planned run of a task begin, until `resume`."),
        "resume": ("steering", "End a pause; what came meanwhile is skipped."),
        "reschedule": ("steering", "Give a task another rule, over that of its e.json."),
        "revert": ("reloading", "Give a task back to its file: undo enable, disable, pause and reschedule."),
        "reload": ("reloading", "Have the runners on this machine look at the files now."),
    },
    "Database": {
        "db": ("db", "The database's tables: upgrade, current, sql, prune."),
    },
}

VERBS = {verb: place for verbs in SECTIONS.values() for verb, place in verbs.items()}


class LazyGroup(click.Group):
    """A group that imports the module of a verb when the verb is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module = import_module(f"{__package__}.{VERBS[cmd_name][0]}")
        command = getattr(module, f"{cmd_name.replace('-', '_')}_")
        return command if isinstance(command, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            ctx.fail(f"no command {args[0]!r}{did_you_mean(nearest(args[0], VERBS))}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for section, verbs in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl([(verb, text) for verb, (_, text) in verbs.items()])
