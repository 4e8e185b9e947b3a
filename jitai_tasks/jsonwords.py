"""How the scanner names what it finds, and what it advises."""

from __future__ import annotations

import re

from .errors import did_you_mean, nearest

_TOKEN = re.compile(r"-?[\w$.+]+|-|.", re.DOTALL)
_WORD = re.compile(r"[A-Za-z_$][\w$]*")
_MISTAKEN = {"True": "true", "False": "false", "None": "null", "TRUE": "true", "FALSE": "false", "undefined": "null"}
_QUOTES = "'‘’“”"
#: The three words of JSON.
NAMES: dict[str, object] = {"true": True, "false": False, "null": None}


def about_word(text: str, at: int) -> tuple[str, str]:
    """Message and advice for something that is no value."""
    found = token(text, at)
    if found in _MISTAKEN:
        return f"{found} is not JSON", f"write {_MISTAKEN[found]}"
    if found and found[0] in _QUOTES:
        return "expected a value, found a quote that JSON does not know", 'use double quotes: "…"'
    if found and _WORD.fullmatch(found):
        known = nearest(found, NAMES)
        return f"expected a value, found {found}", f'put text in double quotes: "{found}"{did_you_mean(known)}'
    return f"expected a value, found {here(text, at)}", 'values are "text", numbers, true, false, null, {…} and […]'


def advice_for_key(text: str, at: int) -> str:
    """What to do where a key is expected and something else stands."""
    if text[at : at + 1] and text[at] in _QUOTES:
        return 'use double quotes: "key"'
    word = _WORD.match(text, at)
    return f'write "{word.group()}": …' if word else 'write "key": value, and close every brace'


def token(text: str, at: int) -> str:
    """The word, the number or the single character at a place."""
    match = _TOKEN.match(text, at)
    return match.group() if match else ""


def here(text: str, at: int) -> str:
    """What stands at a place, for a message."""
    if at >= len(text):
        return "the end of the file"
    names = {"\n": "a line break", "\t": "a tab", "\0": "a NUL character"}
    char = text[at]
    return names.get(char) or (f"'{char}'" if char.isprintable() else f"the character U+{ord(char):04X}")
