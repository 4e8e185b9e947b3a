"""How answers are printed: data on stdout (a table, or JSON), messages on stderr."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Mapping, Sequence

import click

Row = Mapping[str, object]


def tell(message: str) -> None:
    """A message to the person at the terminal, never part of the data."""
    click.echo(message, err=True)


def emit_json(value: object) -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def emit_rows(rows: Sequence[Row], *, columns: Sequence[str], as_json: bool, empty: str) -> None:
    """A list: as JSON whole, as a table the named columns. An empty table is nothing on stdout, `empty` on stderr."""
    if as_json:
        emit_json([dict(row) for row in rows])
    elif rows:
        click.echo(table(rows, columns))
    else:
        tell(empty)


def table(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """Aligned columns under their names; a column that is empty in every row is left out."""
    shown = [column for column in columns if any(cell(row.get(column)) for row in rows)]
    grid = [shown, *([cell(row.get(column)) for column in shown] for row in rows)]
    widths = [max(width(line[index]) for line in grid) for index in range(len(shown))]
    return "\n".join("  ".join(map(padded, line, widths)).rstrip() for line in grid)


def fields(view: Row) -> str:
    """One object, a field per line; what is empty is left out."""
    filled = {name: cell(value) for name, value in view.items() if value not in (None, "", [], {}, ())}
    left = max(map(len, filled), default=0)
    return "\n".join(f"{name:<{left}}  {text}" for name, text in filled.items())


def cell(value: object) -> str:
    """A value as text of one line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return printable(str(value))


def printable(text: str) -> str:
    """Text of one line without control characters: what a job says must not steer the terminal."""
    return "".join(" " if char in "\r\n\t" else char for char in text if char in "\r\n\t" or char.isprintable())


def harmless(text: str) -> str:
    """Text of several lines without control characters but line ends and tabs."""
    return "".join(char for char in text if char in "\n\t" or char.isprintable())


def shortened(text: str, limit: int) -> str:
    """The text, or its beginning with an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def plural(count: int, noun: str) -> str:
    """ "1 worker", "2 workers"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def width(text: str) -> int:
    """Columns that a terminal needs for the text: Chinese characters take two."""
    return sum(_columns(char) for char in text)


def padded(text: str, columns: int) -> str:
    """The text, filled with spaces to a width."""
    return text + " " * (columns - width(text))


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def is_terminal() -> bool:
    """True when a person is looking at stdout."""
    return sys.stdout.isatty()
