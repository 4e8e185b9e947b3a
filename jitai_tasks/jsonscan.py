"""A JSON scanner that remembers where everything stands, and forgives what can be understood, with a fault for each.

It is slower than the standard library's, so it is used only for documents that have a problem.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from json import JSONDecodeError
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Literal, NamedTuple, NoReturn

from .jsonwords import NAMES, about_word, advice_for_key, here, token

_GAP = re.compile(r"[ \t\n\r]*")
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_NUMBER = re.compile(r"(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][-+]?[0-9]+)?")

KeyPath = tuple[str | int, ...]


class Fault(NamedTuple):
    """Something wrong with the text itself. `severity` is "error" or "warning"."""

    offset: int
    path: KeyPath
    message: str
    advice: str
    severity: Literal["error", "warning"] = "error"


@dataclass(slots=True)
class Scanned:
    """What a scan found: the value (as far as it could be read), places and faults."""

    value: object = None
    #: Offsets of values and of keys, by path.
    values: dict[KeyPath, int] = field(default_factory=dict)
    keys: dict[KeyPath, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


class _Unreadable(Exception):
    """The text makes no sense from here on; the fault is already noted."""


def scan(text: str, *, max_depth: int) -> Scanned:
    """Everything about `text`: never raises, whatever it is given."""
    scanner = _Scanner(text, max_depth)
    with suppress(_Unreadable):
        scanner.document()
    return scanner.found


def is_clean(text: str) -> bool:
    """True when the text holds neither NUL characters nor lone surrogates."""
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class _Scanner:
    """One pass over one text."""

    def __init__(self, text: str, max_depth: int) -> None:
        self.text = text
        self.at = 0
        self.max_depth = max_depth
        self.found = Scanned()
        self.comment_seen = False

    def document(self) -> None:
        self.found.value = self.value(())
        self.gap(())
        if self.at < len(self.text):
            self.stop(
                (),
                f"expected the end of the file, found {here(self.text, self.at)}",
                "remove everything after the last brace",
            )

    def value(self, path: KeyPath) -> object:
        self.gap(path)
        self.found.values[path] = self.at
        char = self.text[self.at : self.at + 1]
        if char and char in "{[" and len(path) >= self.max_depth:
            self.stop(path, f"nested deeper than {self.max_depth} levels", "flatten the document")
        if char == "{":
            return self.braces(path)
        if char == "[":
            return self.brackets(path)
        if char == '"':
            return self.string(path)
        if (char == "-" or char.isdecimal()) and not self.text.startswith("-Infinity", self.at):
            return self.number(path)
        return self.word(path)

    def braces(self, path: KeyPath) -> dict[str, object]:
        members: dict[str, object] = {}
        opening = self.at
        self.at += 1
        self.gap(path)
        while self.text[self.at : self.at + 1] != "}":
            self.member(path, members)
            if not self.next_one(path, "}", opening):
                break
        self.at += 1
        return members

    def member(self, path: KeyPath, members: dict[str, object]) -> None:
        place = self.at
        if self.text[place : place + 1] != '"':
            self.stop(
                path,
                f"expected a key in double quotes, found {here(self.text, self.at)}",
                advice_for_key(self.text, self.at),
            )
        key = self.string(path)
        below = (*path, key)
        if key in members:
            self.note(place, below, f"the key '{key}' stands here a second time", "keep one of the two")
        self.found.keys[below] = place
        self.gap(path)
        if self.text[self.at : self.at + 1] != ":":
            self.stop(
                below, f"expected ':' after the key '{key}', found {here(self.text, self.at)}", 'write "key": value'
            )
        self.at += 1
        members[key] = self.value(below)

    def brackets(self, path: KeyPath) -> list[object]:
        items: list[object] = []
        opening = self.at
        self.at += 1
        self.gap(path)
        while self.text[self.at : self.at + 1] != "]":
            items.append(self.value((*path, len(items))))
            if not self.next_one(path, "]", opening):
                break
        self.at += 1
        return items

    def next_one(self, path: KeyPath, closing: str, opening: int) -> bool:
        """After a member: True when another one follows, False at the closing bracket."""
        end_of_member = self.at
        self.gap(path)
        char = self.text[self.at : self.at + 1]
        if char == closing:
            return False
        if char != ",":
            self.missing_comma(path, closing, opening, end_of_member)
            return True
        comma = self.at
        self.at += 1
        self.gap(path)
        if self.text[self.at : self.at + 1] == closing:
            self.note(comma, path, f"a comma stands before the closing '{closing}'", "remove the comma", "warning")
            return False
        return True

    def missing_comma(self, path: KeyPath, closing: str, opening: int, end_of_member: int) -> None:
        if self.at >= len(self.text):
            line = self.text.count("\n", 0, opening) + 1
            opened = self.text[opening]
            self.stop(path, f"the file ends before the '{opened}' of line {line} is closed", f"add '{closing}'")
        if self.text[self.at] in '"{[' or self.text[self.at].isalnum():
            self.at = end_of_member
            self.stop(path, "expected ',' between two entries, found none", "add a comma here")
        self.stop(
            path, f"expected ',' or '{closing}', found {here(self.text, self.at)}", "close what was opened, in order"
        )

    def string(self, path: KeyPath) -> str:
        start = self.at
        try:
            text, self.at = scanstring(self.text, start + 1, True)
        except JSONDecodeError as error:
            self.bad_string(path, start, error)
        if not is_clean(text):
            kind = "a NUL character" if "\0" in text else "half of a surrogate pair"
            self.note(start, path, f"this text holds {kind}, which no database stores", "remove it")
        return str(text)

    def bad_string(self, path: KeyPath, start: int, error: JSONDecodeError) -> NoReturn:
        if error.msg.startswith("Unterminated"):
            self.at = start
            self.stop(path, "this text has no closing quote", 'add the closing " on the same line')
        self.at = error.pos
        if self.text[self.at] == "\n":
            message = "a text ends on the line where it begins, found a line break"
            self.stop(path, message, 'add the closing ", or write \\n for a line break')
        if error.msg.startswith("Invalid control"):
            self.stop(
                path,
                f"a text may not hold {here(self.text, self.at)}",
                "write \\t for a tab, \\u00XX for other characters",
            )
        self.stop(path, "expected a valid escape after the backslash", "write a backslash itself as \\\\")

    def number(self, path: KeyPath) -> object:
        start = self.at
        match = _NUMBER.match(self.text, start)
        end = match.end() if match else start + 1
        following = self.text[end : end + 1]
        if match is None or following.isalnum() or following in (".", "_"):
            self.stop(
                path,
                f"{token(self.text, self.at)!r} is no JSON number",
                "write digits like 15, -3 or 0.5, or put it in quotes",
            )
        self.at = end
        whole, fraction, exponent = match.groups()
        if fraction is None and exponent is None:
            return self.integer(path, start, whole)
        number = float(match.group())
        if number in (float("inf"), float("-inf")):
            self.note(start, path, f"{match.group()} is beyond what a number can hold", "write it as text")
        return number

    def integer(self, path: KeyPath, start: int, digits: str) -> int:
        if len(digits) <= 20 and -(1 << 63) <= int(digits) < 1 << 63:
            return int(digits)
        self.note(start, path, "this integer is beyond 64 bits", "write it as text")
        return 0

    def word(self, path: KeyPath) -> object:
        word = token(self.text, self.at)
        if word in ("NaN", "Infinity", "-Infinity"):
            self.note(self.at, path, f"{word} is not JSON", "use a number, or null for none")
        elif word not in NAMES:
            self.stop(path, *about_word(self.text, self.at))
        self.at += len(word)
        return NAMES.get(word)

    def gap(self, path: KeyPath) -> None:
        """Passes white space, and comments with one warning for all of them."""
        self.at = _GAP.match(self.text, self.at).end()  # type: ignore[union-attr]
        while self.text.startswith(("//", "/*"), self.at):
            comment = _COMMENT.match(self.text, self.at)
            if comment is None:
                self.stop(path, "this comment has no end", "close it with */, or remove it")
            self.note_comment(path)
            self.at = _GAP.match(self.text, comment.end()).end()  # type: ignore[union-attr]

    def note_comment(self, path: KeyPath) -> None:
        if not self.comment_seen:
            self.comment_seen = True
            advice = 'remove the comments, or keep the remark in a "description"'
            self.note(
                self.at,
                path,
                "comments are not JSON; they are skipped here, other tools will refuse",
                advice,
                "warning",
            )

    def note(
        self, offset: int, path: KeyPath, message: str, advice: str, severity: Literal["error", "warning"] = "error"
    ) -> None:
        self.found.faults.append(Fault(offset, path, message, advice, severity))

    def stop(self, path: KeyPath, message: str, advice: str) -> NoReturn:
        self.note(self.at, path, message, advice)
        raise _Unreadable
