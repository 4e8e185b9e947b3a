"""Files that are no JSON, or not the JSON that can be stored."""

from __future__ import annotations

import pytest

HEAD = '{\n  "type": "services.NormalType",\n  "title": "Orders",\n'

TEXTS = {
    "empty": ("§", ("error", "", "the file is empty", "write at least")),
    "only white space": ("§  \n\n", ("error", "", "the file is empty", "write at least")),
    "a list": ('§[{"type": "x"}]', ("error", "", "expected an object, found a list", "between { and }")),
    "a text": ('§"tasks.NormalType"', ("error", "", "expected an object, found a text", "between { and }")),
    "null": ("\n §null", ("error", "", "expected an object, found null", "between { and }")),
    "no closing brace": (HEAD + '  "sort": 1\n§', ("error", "", "ends before the '{' of line 1 is closed", "add '}'")),
    "no comma": (HEAD + '  "icon": "x"§\n  "sort": 1\n}', ("error", "", "expected ',' between two", "add a comma")),
    "comma at the end": (HEAD + '  "sort": 1§,\n}', ("warning", "", "a comma stands before the closing '}'", "remove")),
    "no colon": (
        HEAD + '  "sort" §1\n}',
        ("error", "sort", "expected ':' after the key 'sort', found '1'", '"key": value'),
    ),
    "equals sign": (HEAD + '  "sort"§= 1\n}', ("error", "sort", "expected ':'", '"key": value')),
    "key without quotes": (
        HEAD + "  §sort: 1\n}",
        ("error", "", "expected a key in double quotes, found 's'", '"sort"'),
    ),
    "single quotes": (HEAD + "  §'sort': 1\n}", ("error", "", "expected a key in double quotes", "use double quotes")),
    "text in single quotes": (HEAD + "  \"icon\": §'x'\n}", ("error", "icon", "found a quote", "use double quotes")),
    "typographic quotes": (HEAD + '  "icon": §“x”\n}', ("error", "icon", "found a quote", "use double quotes")),
    "text without quotes": (
        HEAD + '  "icon": §clock\n}',
        ("error", "icon", "expected a value, found clock", '"clock"'),
    ),
    "True": (HEAD + '  "sort": §True\n}', ("error", "sort", "True is not JSON", "write true")),
    "None": (HEAD + '  "sort": §None\n}', ("error", "sort", "None is not JSON", "write null")),
    "NaN": (HEAD + '  "sort": §NaN\n}', ("error", "sort", "NaN is not JSON", "use a number")),
    "Infinity": (HEAD + '  "sort": §-Infinity\n}', ("error", "sort", "-Infinity is not JSON", "use a number")),
    "too large a float": (HEAD + '  "sort": §1e999\n}', ("error", "sort", "1e999 is beyond", "write it as text")),
    "leading zero": (HEAD + '  "sort": §007\n}', ("error", "sort", "'007' is no JSON number", "write digits")),
    "beyond 64 bits": (HEAD + '  "sort": §9223372036854775808\n}', ("error", "sort", "beyond 64 bits", "as text")),
    "thousands of digits": (HEAD + f'  "sort": §{"9" * 6000}\n}}', ("error", "sort", "beyond 64 bits", "as text")),
    "duplicate key": (
        HEAD + '  §"title": "Again"\n}',
        ("error", "title", "the key 'title' stands here a second", "keep one"),
    ),
    "text without end": (HEAD + '  "icon": §"clock', ("error", "icon", "no closing quote", "closing")),
    "no closing quote": (HEAD + '  "icon": "clock§\n}', ("error", "icon", "found a line break", "add the closing")),
    "tab in a text": (HEAD + '  "icon": "a§\tb"\n}', ("error", "icon", "may not hold a tab", "\\t")),
    "line break in a text": (HEAD + '  "icon": "clo§\nck"\n}', ("error", "icon", "found a line break", "\\n")),
    "bad escape": (HEAD + '  "icon": "a§\\q"\n}', ("error", "icon", "valid escape", "\\\\")),
    "NUL": (HEAD + '  "icon": §"a\\u0000b"\n}', ("error", "icon", "a NUL character", "remove it")),
    "half a surrogate pair": (
        HEAD + '  "icon": §"\\ud83d"\n}',
        ("error", "icon", "half of a surrogate pair", "remove it"),
    ),
    "nested too deep": (
        HEAD + '  "variables": ' + "[" * 31 + "§" + "[" * 9 + "]" * 40 + "\n}",
        ("error", "variables" + "/0" * 31, "nested deeper than 32 levels", "flatten"),
    ),
    "a bomb of brackets": (
        HEAD + '  "variables": ' + "[" * 31 + "§" + "[" * 50_000,
        ("error", "variables" + "/0" * 31, "nested deeper than 32 levels", "flatten"),
    ),
    "wrong bracket": (HEAD + '  "tag": [1§}\n}', ("error", "tag", "expected ',' or ']', found '}'", "close")),
    "something after the end": (HEAD + '  "sort": 1\n}\n§}', ("error", "", "expected the end of the file", "remove")),
    "comment": (
        HEAD + '  §// the order\n  "sort": 1 /* two */\n}',
        ("warning", "", "comments are not JSON", "description"),
    ),
    "comment without end": (HEAD + '  §/* the order\n  "sort": 1\n}', ("error", "", "this comment has no end", "*/")),
    "too big": ("§{" + " " * 70_000 + "}", ("error", "", "over the limit of 65536", "move data")),
}


@pytest.mark.parametrize("name", TEXTS)
def test_broken_text_is_reported_at_its_place(name, expect):
    marked, expected = TEXTS[name]
    expect(marked, expected)
