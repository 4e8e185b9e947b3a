"""Problems: what is wrong in a file, where exactly, and what to do; collected while everything else goes on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple

Severity = Literal["error", "warning", "information"]


class Finding(NamedTuple):
    """Something wrong with a value, before it is known where that stands in a file."""

    #: Keys and indexes joined by "/"; "" for the whole document.
    pointer: str
    #: What was expected and what was found.
    message: str
    #: What to do about it.
    advice: str
    severity: Severity = "error"
    #: It is the key that is wrong, not the value.
    at_key: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong in a file. An error leaves the element out, a warning does not; information is no fault.

    `str(problem)` is one line in compiler style: `tasks/X/e.json:5:13: timerCfg/repeat: message; advice`.
    """

    #: The file; None when the text came from memory.
    path: Path | None = None
    #: Both count from 1; columns count characters.
    line: int = 1
    column: int = 1
    #: Keys and indexes joined by "/", like "timerCfg/repeat/repeatType"; "" for the whole document.
    pointer: str = ""
    #: What was expected and what was found.
    message: str
    #: What to do about it; "" when the message says it.
    advice: str = ""
    severity: Severity = "error"
    #: Which rule of `jitai_tasks.checks` says so; "" for the rules of JSON and of the schemas.
    rule: str = ""
    #: Full name of the element, if one is known.
    element: str = ""
    #: The layer's folder, which paths are shown relative to.
    root: Path | None = None

    @property
    def is_error(self) -> bool:
        """True when the element is left out because of this."""
        return self.severity == "error"

    @property
    def shown_path(self) -> str:
        """The path as people see it: relative to the layer when it lies inside, else as given."""
        if self.path is None:
            return "<text>"
        if self.root is not None and self.path.is_relative_to(self.root):
            return self.path.relative_to(self.root).as_posix()
        return str(self.path)

    @property
    def sentence(self) -> str:
        """Pointer, message and advice without the place in the file."""
        said = f"{self.message}; {self.advice}" if self.advice else self.message
        return f"{self.pointer}: {said}" if self.pointer else said

    def within(self, root: Path, element: str = "") -> Problem:
        """The same problem, known to belong to a layer and an element."""
        return replace(self, root=root, element=element or self.element)

    def __str__(self) -> str:
        return f"{self.shown_path}:{self.line}:{self.column}: {self.sentence}"


def errors(problems: Iterable[Problem]) -> list[Problem]:
    """Only those that leave an element out."""
    return [problem for problem in problems if problem.is_error]


def in_reading_order(problems: Iterable[Problem]) -> list[Problem]:
    """Sorted by file, line and column, without repetitions."""
    return sorted(dict.fromkeys(problems), key=lambda problem: (str(problem.path), problem.line, problem.column))
