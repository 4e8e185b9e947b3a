"""Reads a JSON file and knows where each value stands; whatever is wrong becomes a problem, never an exception."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from .jsonscan import Fault, KeyPath, Scanned, is_clean, scan
from .problems import Finding, Problem, Severity

LIMIT_BYTES = 64 * 1024
MAX_DEPTH = 32

_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
#: Escapes that may make a NUL or half of a surrogate pair.
_SUSPICIOUS = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


@dataclass(frozen=True, kw_only=True)
class Source:
    """A JSON document with its text: `value` is the object ({} when unreadable), `problems` what reading found.

    Pointers are keys and indexes joined by "/" ("~1" for a slash and "~0" for a tilde inside a key), "" for the whole.
    """

    value: dict[str, object]
    text: str = ""
    path: Path | None = None
    problems: tuple[Problem, ...] = ()
    #: Where a normalised value stood in the text, when that is not where it stands in `value`.
    moved: Mapping[str, str] = field(default_factory=dict)
    max_depth: int = MAX_DEPTH

    @property
    def readable(self) -> bool:
        """False when the text gave no object to work with."""
        return not any(problem.is_error for problem in self.problems)

    def position(self, pointer: str) -> tuple[int, int]:
        """Line and column of the value at `pointer`, or of the nearest thing around it that exists."""
        return self._place(pointer, self._scanned.values)

    def key_position(self, pointer: str) -> tuple[int, int]:
        """Line and column of the key at `pointer`, or of the nearest value around it."""
        path = self._path(pointer)
        keys = self._scanned.keys
        return _line_and_column(self.text, keys[path]) if path in keys else self.position(pointer)

    def problem(
        self, pointer: str, message: str, advice: str = "", *, severity: Severity = "error", at_key: bool = False
    ) -> Problem:
        """A problem of this document, placed at the value (or the key) at `pointer`."""
        line, column = self.key_position(pointer) if at_key else self.position(pointer)
        return Problem(
            path=self.path, line=line, column=column, pointer=pointer, message=message, advice=advice, severity=severity
        )

    def place(self, finding: Finding) -> Problem:
        """The problem that a finding is, once placed in this text."""
        pointer, message, advice, severity, at_key = finding
        return self.problem(pointer, message, advice, severity=severity, at_key=at_key)

    def with_value(self, value: dict[str, object], *, moved: Mapping[str, str], notes: tuple[Problem, ...]) -> Source:
        """The same text read as `value`, with further problems."""
        return replace(self, value=value, moved=moved, problems=self.problems + notes)

    def _place(self, pointer: str, places: Mapping[KeyPath, int]) -> tuple[int, int]:
        path = self._path(pointer)
        while path and path not in places:
            path = path[:-1]
        return _line_and_column(self.text, places.get(path, 0))

    def _path(self, pointer: str) -> KeyPath:
        return _resolve(self._original(pointer), self._scanned)

    def _original(self, pointer: str) -> str:
        """The pointer in the text: the longest moved prefix decides."""
        prefix = pointer
        while prefix and prefix not in self.moved:
            prefix = prefix.rpartition("/")[0]
        return self.moved[prefix] + pointer[len(prefix) :] if prefix else pointer

    @cached_property
    def _scanned(self) -> Scanned:
        return scan(self.text, max_depth=self.max_depth)


def read_json(path_or_text: Path | str, *, limit_bytes: int = LIMIT_BYTES, max_depth: int = MAX_DEPTH) -> Source:
    """Reads a file (a Path) or a text (a str): strict JSON first; comments are understood with a warning."""
    if isinstance(path_or_text, Path):
        return _read_file(path_or_text, limit_bytes, max_depth)
    raw = path_or_text.encode("utf-8", "surrogatepass")
    if len(raw) > limit_bytes:
        return _too_big(None, len(raw), limit_bytes)
    return _understand(path_or_text.removeprefix("\ufeff"), None, max_depth)


def pointer_of(path: tuple[str | int, ...]) -> str:
    """The pointer for a sequence of keys and indexes."""
    return "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _read_file(path: Path, limit_bytes: int, max_depth: int) -> Source:
    try:
        raw = _bytes_of(path, limit_bytes)
    except OSError as error:
        return _unreadable(path, f"cannot be read: {error.strerror or error}", "check that it exists and its rights")
    if raw is None:
        return _unreadable(path, "expected a file, found something else", "put a plain file there")
    if len(raw) > limit_bytes:
        return _too_big(path, path.stat().st_size, limit_bytes)
    try:
        return _understand(raw.decode("utf-8-sig"), path, max_depth)
    except UnicodeDecodeError as error:
        return _not_utf8(raw, error, path)


def _bytes_of(path: Path, limit_bytes: int) -> bytes | None:
    """What a file holds, one byte over the limit at most; None if it is no plain file. A pipe is not waited for."""
    handle = os.open(path, _READ)
    try:
        return os.read(handle, limit_bytes + 1) if stat.S_ISREG(os.fstat(handle).st_mode) else None
    finally:
        os.close(handle)


def _understand(text: str, path: Path | None, max_depth: int) -> Source:
    value = _strict(text, max_depth)
    if value is not None:
        return Source(value=value, text=text, path=path, max_depth=max_depth)
    return _forgiving(text, path, max_depth)


def _strict(text: str, max_depth: int) -> dict[str, object] | None:
    """The object in a text without any fault; None when something has to be said."""
    if not is_clean(text) or _SUSPICIOUS.search(text) or text.count("{") + text.count("[") > max_depth:
        return None
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _forgiving(text: str, path: Path | None, max_depth: int) -> Source:
    if not text.strip():
        return _unreadable(
            path, "the file is empty: expected a JSON object", 'write at least {"type": "…", "title": "…"}'
        )
    scanned = scan(text, max_depth=max_depth)
    problems = tuple(_problem(fault, text, path) for fault in scanned.faults)
    if not isinstance(scanned.value, dict):
        problems = problems or (_no_object(scanned.value, text, path, scanned),)
    value = scanned.value if isinstance(scanned.value, dict) else {}
    return Source(value=value, text=text, path=path, problems=problems, max_depth=max_depth)


def _problem(fault: Fault, text: str, path: Path | None) -> Problem:
    line, column = _line_and_column(text, fault.offset)
    return Problem(
        path=path,
        line=line,
        column=column,
        pointer=pointer_of(fault.path),
        message=fault.message,
        advice=fault.advice,
        severity=fault.severity,
    )


def _no_object(value: object, text: str, path: Path | None, scanned: Scanned) -> Problem:
    line, column = _line_and_column(text, scanned.values.get((), 0))
    kind = {list: "a list", str: "a text", bool: "true or false"}.get(
        type(value), "null" if value is None else "a number"
    )
    message = f"expected an object, found {kind}"
    return Problem(path=path, line=line, column=column, message=message, advice="put everything between { and }")


def _too_big(path: Path | None, size: int, limit: int) -> Source:
    return _unreadable(path, f"{size} bytes are over the limit of {limit}", "move data into files of its own beside it")


def _not_utf8(raw: bytes, error: UnicodeDecodeError, path: Path | None) -> Source:
    before = raw[: error.start].decode("utf-8-sig", "replace")
    line, column = _line_and_column(before, len(before))
    message = f"expected UTF-8 text, found the byte 0x{raw[error.start]:02X}"
    problem = Problem(path=path, line=line, column=column, message=message, advice="save the file as UTF-8")
    return Source(value={}, path=path, problems=(problem,))


def _unreadable(path: Path | None, message: str, advice: str) -> Source:
    return Source(value={}, path=path, problems=(Problem(path=path, message=message, advice=advice),))


def _line_and_column(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _resolve(pointer: str, scanned: Scanned) -> KeyPath:
    """The path of a pointer: a part is an index where the text holds a list."""
    path: KeyPath = ()
    for part in pointer.split("/") if pointer else ():
        key = part.replace("~1", "/").replace("~0", "~")
        index = (*path, int(key)) if key.isdecimal() and len(key) < 10 else None
        path = index if index in scanned.values else (*path, key)
    return path


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate key")
    return members


def _integer(digits: str) -> int:
    if len(digits) > 20 or not -(1 << 63) <= int(digits) < 1 << 63:
        raise ValueError("beyond 64 bits")
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError("beyond a double")
    return number


def _constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_int=_integer, parse_float=_float, parse_constant=_constant)
