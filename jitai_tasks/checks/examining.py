"""All checks of an app, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..catalog import Catalog
from ..definition import OFFICIAL
from ..discovery import discover
from ..problems import Problem, in_reading_order
from .calendars import check_calendars
from .code import Code
from .functions import Functions
from .layering import clashes, name_clashes, overrides
from .rows import Rows
from .sheet import Sheet
from .times import check_times
from .usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """An app and everything that is wrong with it, in reading order."""

    catalog: Catalog
    problems: list[Problem]


def examine(app_root: Path, *, now: int) -> Examined:
    """Everything that is wrong with the app in a folder, or worth knowing, at the instant `now`.

    The schemas' problems first; elements that have an error there are not looked at further. Nothing is imported or
    run, so what only running would show stays unsaid. AppError if the folder is no app.
    """
    catalog = discover(app_root)
    return Examined(catalog=catalog, problems=in_reading_order([*catalog.problems, *_found(catalog, now)]))


def _found(catalog: Catalog, now: int) -> Iterator[Problem]:
    code = Code(catalog)
    functions, rows = Functions(catalog, code), Rows(catalog, code)
    zone, default = catalog.layers[0].config.timezone or "UTC", catalog.layers[0].config.calendar or ""
    sheets = [Sheet(catalog=catalog, definition=each) for each in catalog.definitions.values()]
    own = [sheet for sheet in sheets if sheet.definition.layer.id != OFFICIAL]
    for sheet in own:
        yield from functions.check(sheet)
        yield from rows.check(sheet)
        yield from check_times(sheet, zone=zone, default=default, now=now)
        yield from check_calendars(sheet, default=default, now=now)
        yield from overrides(sheet)
        yield from clashes(sheet, code)
    yield from name_clashes(own)
    yield from Usage(catalog, code, functions).check()
