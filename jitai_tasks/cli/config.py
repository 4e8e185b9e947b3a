"""`show-config` and `schema`: what holds for an element, and what may be written."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import click

from ..app import App
from ..catalog import Catalog
from ..definition import Definition
from ..discovery import E_JSON, discover
from ..errors import ElementNotFound, did_you_mean, nearest
from ..jsonsource import Source, pointer_of, read_json
from ..layers import APP_JSON
from ..normalise import normalised
from ..outline import Outline, Part
from ..schemas import has_schema, official_types, schema_for
from ..settings import PREFIX
from .checking import file_of, is_task
from .look import states_of
from .opening import opened
from .options import app_and, database_option, json_option
from .output import emit_json, emit_rows, fields
from .schematics import own_schemas, whole_schema

_RULED = "the database, over the file"
#: Objects whose absent keys are not worth a line: which of them count depends on the rule.
_WITHOUT_DEFAULTS = frozenset({"timerCfg/repeat"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One value that holds for an element, and where it comes from."""

    key: str
    value: object
    #: `file:line`, or what else decides.
    source: str
    default: bool = False


@click.command("show-config", short_help="What holds for an element, and the file and line each value comes from.")
@app_and("ELEMENT")
@database_option
@json_option
def show_config_(app: Path, name: str, database: str | None, as_json: bool) -> None:
    """Print what holds for ELEMENT of APP: each value with the file and line it comes from, defaults marked.

    Values are shown in the current spelling, whatever the file writes. What the database overrides says so.

    \b
    jitai-tasks show-config shop tasks.NightlyCleanup
    jitai-tasks show-config shop OrderSvc --json
    """
    with opened(app, database) as opened_app:
        definition = element_of(opened_app.catalog, name)
        settings = list(settings_of(opened_app, definition))
        heading = heading_of(opened_app.catalog, definition)
    if as_json:
        emit_json({**heading, "settings": [asdict(setting) for setting in settings]})
        return
    click.echo(fields(heading))
    click.echo()
    rows = [{"key": each.key, "value": shown(each.value), "from": each.source} for each in settings]
    emit_rows(rows, columns=("key", "value", "from"), as_json=False, empty="")


def element_of(catalog: Catalog, name: str) -> Definition:
    """The element of a full name, of a name without its family, or with the id of its layer before it."""
    found = catalog.find(name)
    if found is not None:
        return found
    ends = [each for full, each in catalog.definitions.items() if full.endswith(f".{name}")]
    if len(ends) == 1:
        return ends[0]
    names = dict.fromkeys(problem.element for problem in catalog.problems if f".{problem.element}".endswith(f".{name}"))
    if broken := [problem for each in names for problem in catalog.broken(each)]:
        raise click.ClickException("\n".join(str(problem) for problem in broken))
    raise ElementNotFound(name, [*catalog.definitions, *(full.rpartition(".")[2] for full in catalog.definitions)])


def heading_of(catalog: Catalog, definition: Definition) -> dict[str, object]:
    """Who it is."""
    shadowed = [f"{each.layer.id}.{each.full_name}" for each in catalog.shadowed.get(definition.full_name, [])]
    chain = " → ".join(catalog.chain_names(definition))
    return {
        "element": definition.full_name,
        "kind": str(definition.kind),
        "types": chain,
        "layer": definition.layer.id,
        "folder": str(definition.folder),
        "shadows": shadowed,
    }


def settings_of(app: App, definition: Definition) -> Iterator[Setting]:
    """Everything that holds, in the order of the file, then the defaults."""
    raw = read_json(definition.folder / E_JSON)
    source = normalised(raw, family=definition.family)
    told = [setting for setting in _written(source, source.value, ()) if setting.key != "$schema"]
    told = [setting if _stands_in(raw, source, setting.key) else _by_default(setting) for setting in told]
    state = states_of(app).get(definition.full_name) if is_task(app.catalog, definition) else None
    if state is not None and state.enabled is not None:
        told = [setting for setting in told if setting.key != "enable"]
        yield Setting(key="enable", value=int(state.enabled), source=_RULED)
    if state is not None and state.rule is not None:
        told = [setting for setting in told if setting.key.partition("/")[0] != "timerCfg"]
        rule = {"timerCfg": json.loads(state.rule)}
        told += list(_ruled(rule, ()))
        source = source.with_value({**source.value, **rule}, moved={}, notes=())
    yield from told
    keys = {setting.key for setting in told} | {"enable"}
    if is_task(app.catalog, definition) and "timezone" not in keys:
        yield zone_of(app)
        keys.add("timezone")
    yield from (each for each in _defaults(app.catalog, definition, source) if each.key not in keys)


def _written(source: Source, value: Mapping[str, object], path: tuple[str | int, ...]) -> Iterator[Setting]:
    for key, item in value.items():
        here = (*path, key)
        if isinstance(item, Mapping) and item:
            yield from _written(source, item, here)
        else:
            line, _ = source.position(pointer_of(here))
            problem = source.problem(pointer_of(here), "")
            yield Setting(key=pointer_of(here), value=item, source=f"{file_of(problem)}:{line}")


def _ruled(value: Mapping[str, object], path: tuple[str | int, ...]) -> Iterator[Setting]:
    for key, item in value.items():
        if isinstance(item, Mapping) and item:
            yield from _ruled(item, (*path, key))
        else:
            yield Setting(key=pointer_of((*path, key)), value=item, source=_RULED)


def _stands_in(raw: Source, source: Source, pointer: str) -> bool:
    """Whether the file says it, in whatever spelling; else it was filled in."""
    if any(pointer == moved or pointer.startswith(f"{moved}/") for moved in source.moved):
        return True
    value: object = raw.value
    for step in pointer.split("/"):
        if not isinstance(value, Mapping) or step not in value:
            return False
        value = value[step]
    return True


def _by_default(setting: Setting) -> Setting:
    return replace(setting, source="default", default=True)


def zone_of(app: App) -> Setting:
    """The zone of a task that names none: what decides for the whole app."""
    variable = f"{PREFIX}TIMEZONE"
    if app.settings.timezone is not None:
        where = variable if variable in os.environ else "[tool.jitai_tasks] of pyproject.toml"
        return Setting(key="timezone", value=app.timezone, source=where)
    source = read_json(app.root / APP_JSON)
    if "timezone" in source.value:
        line, _ = source.position("timezone")
        return Setting(key="timezone", value=app.timezone, source=f"{file_of(source.problem('timezone', ''))}:{line}")
    return Setting(key="timezone", value=app.timezone, source="default", default=True)


def _defaults(catalog: Catalog, definition: Definition, source: Source) -> Iterator[Setting]:
    """The defaults of the schemas for keys that the file does not have, in the objects that it has."""
    chain = [definition.full_name, *catalog.chain_names(definition)]
    rules = next((name for name in chain[1:] if has_schema(name)), "")
    schemas = [schema_for(rules), *own_schemas(catalog, definition)] if rules else own_schemas(catalog, definition)
    outline = Outline([Part(schema, schema) for schema in schemas])
    yield from _defaults_in(outline, source.value, ())


def _defaults_in(outline: Outline, value: Mapping[str, object], path: tuple[str | int, ...]) -> Iterator[Setting]:
    if pointer_of(path) in _WITHOUT_DEFAULTS:
        return
    for key, below in outline.known.items():
        here = (*path, key)
        item = value.get(key)
        if isinstance(item, Mapping) and item:
            yield from _defaults_in(below, item, here)
        elif key not in value and below.says("default") not in (None, "", [], {}):
            yield Setting(key=pointer_of(here), value=below.says("default"), source="default", default=True)


def shown(value: object) -> object:
    """Texts are quoted where they could be taken for something else."""
    return '""' if value == "" else value


@click.command("schema", short_help="Print the JSON Schema of a Type's e.json, or of app.json.")
@click.argument("type_name", metavar="TYPE")
@click.option("--app", type=click.Path(path_type=Path), help="The app whose own Type is meant.")
def schema_(type_name: str, app: Path | None) -> None:
    """Print the JSON Schema (draft 2020-12) of the e.json files of TYPE, complete in itself; `app` is that of app.json.

    \b
    jitai-tasks schema tasks.NormalType
    jitai-tasks schema tasks.ReportType --app shop
    jitai-tasks schema app
    """
    catalog = discover(app) if app is not None else None
    found = whole_schema(type_name, catalog)
    if found is None:
        known = ["app", *official_types(), *(catalog.definitions if catalog else ())]
        guess = did_you_mean(nearest(type_name, known))
        there = guess or f"; there are: {', '.join(official_types())}, app"
        raise click.ClickException(f"no schema for {type_name}{there}")
    emit_json(found)
