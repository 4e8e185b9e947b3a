"""`check`: everything that is wrong with an app, as a compiler would say it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import click

from ..catalog import Catalog
from ..checks import RULES, Examined, examine
from ..clock import SystemClock
from ..definition import Definition, Kind
from ..jsonsource import read_json
from ..layers import APP_JSON
from ..problems import Problem
from ..schemas import APP_SCHEMA, description_in, has_schema
from .excerpts import excerpt
from .options import app_argument
from .output import plural, tell


@click.command("check", short_help="Find problems in the app's files; nothing is run.")
@app_argument
@click.option(
    "--format", "form", type=click.Choice(["text", "short", "json", "github"]), default="text", show_default=True,
    help="text: with the line, the rule and the way out; short: one line each; github: annotations of a workflow.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
def check_(app: Path, form: str, as_json: bool) -> int:
    """Read every file of APP and of the apps it extends; print what is wrong, where, by which rule, and what to do.

    Finds what the schemas refuse, and beyond them: functions that are not there or take other parameters, models and
    fields that are not there, rules that never fire, names that clash, overrides, functions that nobody names. The code
    is read, not run; no database is touched. Exit code 1 if there is an error; warnings and information are fine.

    \b
    jitai-tasks check shop
    jitai-tasks check shop --format github
    jitai-tasks check shop --json | jq '.[].message'
    """
    examined = examine(app, now=SystemClock().now())
    text = FORMATS["json" if as_json else form](examined)
    if text:
        click.echo(text)
    problems = examined.problems
    tell(summary(examined.catalog, problems))
    return 1 if any(problem.is_error for problem in problems) else 0


def summary(catalog: Catalog, problems: Iterable[Problem]) -> str:
    """ "3 tasks, 1 error, 0 warnings"; with information only if there is any."""
    severities = [problem.severity for problem in problems]
    counts = [(len(tasks_in(catalog)), "task"), (severities.count("error"), "error")]
    counts.append((severities.count("warning"), "warning"))
    told = [plural(count, noun) for count, noun in counts]
    notes = severities.count("information")
    return ", ".join(told + ([plural(notes, "note")] if notes else []))


def tasks_in(catalog: Catalog) -> list[Definition]:
    """The tasks of a catalog, by name."""
    return [definition for _, definition in sorted(catalog.definitions.items()) if is_task(catalog, definition)]


def is_task(catalog: Catalog, definition: Definition) -> bool:
    """True for an instance of a Type of tasks."""
    return definition.kind is Kind.INSTANCE and "tasks.Meta" in catalog.chain_names(definition)


def as_text(examined: Examined) -> str:
    """Each problem with its line, a caret, the rule and the way out."""
    return "\n\n".join(explained(problem, examined.catalog) for problem in examined.problems)


def explained(problem: Problem, catalog: Catalog) -> str:
    """One problem in several lines."""
    lines = [headline(problem), *excerpt(problem)]
    rule = rule_of(problem, catalog)
    if rule:
        lines.append(f"  rule: {rule}")
    if problem.advice:
        lines.append(f"  fix:  {problem.advice}")
    return "\n".join(lines)


def headline(problem: Problem) -> str:
    """`tasks/X/e.json:5:13: error: timerCfg/repeat: message`, the path as it can be clicked in this folder."""
    word = {"information": "note"}.get(problem.severity, problem.severity)
    said = f"{problem.pointer}: {problem.message}" if problem.pointer else problem.message
    return f"{file_of(problem)}:{problem.line}:{problem.column}: {word}: {said}"


def file_of(problem: Problem) -> str:
    """The file relative to this folder if it lies below, else absolute."""
    path = problem.path
    if path is None:
        return problem.shown_path
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else str(path)


def rule_of(problem: Problem, catalog: Catalog) -> str:
    """The rule in words: of the checks, else what the schema says about the place."""
    if problem.rule:
        return f"{RULES[problem.rule]} [{problem.rule}]"
    if problem.path is None or not problem.pointer:
        return ""
    schema = APP_SCHEMA if problem.path.name == APP_JSON else official_type(problem.path, catalog)
    said = description_in(schema, problem.pointer)
    return f"{said} [schema]" if said else ""


def official_type(path: Path, catalog: Catalog) -> str:
    """The Type whose schema an e.json follows; its own one may have none, then that of the nearest above that has."""
    declared = str(read_json(path).value.get("type", ""))
    definition = catalog.find(declared)
    chain = [] if definition is None else catalog.chain_names(definition)
    return next((name for name in (declared, *chain) if has_schema(name)), declared)


def as_short(examined: Examined) -> str:
    """One line each."""
    return "\n".join(
        f"{headline(problem)}; {problem.advice}" if problem.advice else headline(problem)
        for problem in examined.problems
    )


def as_data(examined: Examined) -> str:
    """All facts, for programs."""
    views = [problem_view(problem) for problem in examined.problems]
    return json.dumps(views, ensure_ascii=False, indent=2)


def problem_view(problem: Problem) -> dict[str, object]:
    """A problem as data; `path` is relative to its layer, `file` to this folder."""
    return {
        "path": problem.shown_path,
        "file": file_of(problem),
        "line": problem.line,
        "column": problem.column,
        "pointer": problem.pointer,
        "severity": problem.severity,
        "rule": problem.rule or "schema",
        "element": problem.element,
        "message": problem.message,
        "advice": problem.advice,
    }


def as_annotations(examined: Examined) -> str:
    """Workflow commands that GitHub shows beside the lines."""
    return "\n".join(map(annotation, examined.problems))


def annotation(problem: Problem) -> str:
    """`::error file=…,line=…,col=…,title=…::message`."""
    level = {"information": "notice"}.get(problem.severity, problem.severity)
    facts = {"file": file_of(problem), "line": problem.line, "col": problem.column, "title": problem.element}
    shown = ",".join(f"{key}={_escaped(str(value), ':,')}" for key, value in facts.items() if value)
    return f"::{level} {shown}::{_escaped(problem.sentence)}"


def _escaped(text: str, signs: str = "") -> str:
    for sign in f"%\r\n{signs}":
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text


FORMATS: dict[str, Callable[[Examined], str]] = {
    "text": as_text,
    "short": as_short,
    "json": as_data,
    "github": as_annotations,
}
