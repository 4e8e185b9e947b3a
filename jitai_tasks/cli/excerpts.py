"""The line that a problem is about, with a caret under the place."""

from __future__ import annotations

import re

from ..problems import Problem
from .output import harmless, width

_WIDEST = 160
#: What is underlined: a text, a word, or one sign.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\w.+-]+|.')


def excerpt(problem: Problem) -> list[str]:
    """Two lines: the text with its number, and the caret; none if the file or the line is not there."""
    line = _line_of(problem)
    if not line.strip():
        return []
    start = problem.column - 1
    shift = max(start - _WIDEST // 2, 0) if len(line) > _WIDEST else 0
    shown = line[shift : shift + _WIDEST]
    token = _TOKEN.match(shown, start - shift)
    length = max(width(token[0]) if token else 1, 1)
    margin = f"{problem.line:5} | "
    blank = f"{'':5} | "
    return [f"{margin}{shown}", f"{blank}{' ' * width(shown[: start - shift])}^{'~' * (length - 1)}"]


def _line_of(problem: Problem) -> str:
    if problem.path is None or not problem.path.is_file():
        return ""
    lines = problem.path.read_bytes().decode("utf-8-sig", "replace").split("\n")
    if not 1 <= problem.line <= len(lines):
        return ""
    return harmless(lines[problem.line - 1].replace("\t", " ").rstrip("\r"))
