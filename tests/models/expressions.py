"""Random filters and rows for the tests of Q: every operator, every kind, both spellings."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from jitai_tasks.models.kinds import FieldInfo, Kind
from jitai_tasks.models.q import F, Q

ZONE = ZoneInfo("Asia/Shanghai")
WORDS = [
    "",
    "a",
    "A",
    "ab",
    "b%",
    "100%",
    "a_b",
    "[x]",
    "*",
    "?",
    "é",
    "É",
    "straße",
    "日本",
    "O'Neil",
    'say "hi"',
    "-- x",
    "\\",
]
NUMBERS = [-3, -1, 0, 1, 2, 7, 18]
DAYS = [date(2024, 2, 29) + timedelta(days=step) for step in (0, 1, 31, 306, 307, 308, 366, 400)]
MOMENTS = [datetime(2024, 12, 29, 23, 59, 59, 999_999) + timedelta(hours=step) for step in (0, 1, 25, 40, 200, 9000)]
DECIMALS = [Decimal("-1.5"), Decimal("0"), Decimal("0.1"), Decimal("0.25"), Decimal("7"), Decimal("18.5")]

TABLE = sa.Table(
    "fuzzed",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(50)),
    sa.Column("note", sa.String(50)),
    sa.Column("age", sa.Integer),
    sa.Column("size", sa.Integer),
    sa.Column("price", sa.Numeric(18, 4)),
    sa.Column("rate", sa.Float(53)),
    sa.Column("done", sa.Boolean),
    sa.Column("born", sa.Date),
    sa.Column("at", sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")),
    mysql_charset="utf8mb4",
    mysql_collate="utf8mb4_bin",
)
KINDS = {
    "id": Kind.INTEGER, "name": Kind.TEXT, "note": Kind.TEXT, "age": Kind.INTEGER, "size": Kind.INTEGER,
    "price": Kind.DECIMAL, "rate": Kind.FLOAT, "done": Kind.BOOLEAN, "born": Kind.DATE, "at": Kind.DATETIME,
}  # fmt: skip
FIELDS = {name: FieldInfo(name=name, kind=kind, column=TABLE.c[name], zone=ZONE) for name, kind in KINDS.items()}
VALUES: dict[Kind, list[object]] = {
    Kind.TEXT: list(WORDS),
    Kind.INTEGER: list(NUMBERS),
    Kind.DECIMAL: list(DECIMALS),
    Kind.FLOAT: [-1.5, 0.0, 0.25, 7.0],
    Kind.BOOLEAN: [True, False],
    Kind.DATE: list(DAYS),
    Kind.DATETIME: list(MOMENTS),
}
ORDER = ["=", "!=", ">", ">=", "<", "<="]
BY_KIND = {
    Kind.TEXT: [
        *ORDER,
        "in",
        "nin",
        "like",
        "nlike",
        "likeany",
        "nlikeany",
        "startswith",
        "endswith",
        "isnull",
        "range",
    ],
    Kind.BOOLEAN: ["=", "!=", "in", "isnull"],
    Kind.DATE: [*ORDER, "in", "nin", "isnull", "range", "year", "month", "week", "day"],
    Kind.DATETIME: [*ORDER, "in", "nin", "isnull", "range", "year", "month", "week", "day"],
}


def rows(count: int, seed: int) -> list[dict[str, object]]:
    """Random rows, a fifth of all values empty."""
    dice = random.Random(seed)
    return [
        {"id": number} | {name: _value(dice, kind) for name, kind in KINDS.items() if name != "id"}
        for number in range(1, count + 1)
    ]


def filters(count: int, seed: int) -> Iterator[Q]:
    """Random filters, half of them by way of their text."""
    dice = random.Random(seed)
    for _ in range(count):
        text = spelled(dice, depth=dice.randint(0, 3))
        yield Q.of(text) if dice.random() < 0.5 else eval(text, {"Q": Q, "F": F})


def spellings(count: int, seed: int) -> Iterator[str]:
    """The texts of random filters."""
    dice = random.Random(seed)
    for _ in range(count):
        yield spelled(dice, depth=dice.randint(0, 2))


def spelled(dice: random.Random, depth: int) -> str:
    """The text of a random filter."""
    if depth == 0:
        return _condition(dice)
    left, right = spelled(dice, depth - 1), spelled(dice, dice.randint(0, depth - 1))
    return dice.choice(
        (
            f"({left}) & ({right})", f"({left}) | ({right})", f"~({left})", f"Q({left}, Q.AND, {right})",
            f"Q({left}, Q.OR, {right})", f"Q({left})", f"Q({left}, {right})",
        )
    )  # fmt: skip


def _condition(dice: random.Random) -> str:
    name, kind = dice.choice(list(KINDS.items()))
    operator = dice.choice(BY_KIND.get(kind, [*ORDER, "in", "nin", "isnull", "range"]))
    value = _operand(dice, name, kind, operator)
    word = {"=": "eq", "!=": "ne", ">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}.get(operator, operator)
    return dice.choice((f"Q({name!r}, {operator!r}, {value})", f"Q({name}__{word}={value})"))


def _operand(dice: random.Random, name: str, kind: Kind, operator: str) -> str:
    if operator == "isnull":
        return dice.choice(("0", "1", "True"))
    if operator in ("in", "nin", "likeany", "nlikeany"):
        empty = operator in ("in", "nin")
        return repr([_plain(_value(dice, kind, empty=empty)) for _ in range(dice.randint(0 if empty else 1, 4))])
    if operator == "range":
        return repr([_plain(_value(dice, kind)), _plain(_value(dice, kind))])
    if operator in ("year", "month", "week", "day"):
        return dice.choice(
            (str({"year": 2024, "month": 12, "week": 1, "day": 30}[operator]), repr(str(dice.choice(DAYS))))
        )
    if operator.endswith("like") or operator in ("startswith", "endswith"):
        return repr(dice.choice([*WORDS, "%a%", "a_%", "%", "_%b"]))
    others = [other for other, its in KINDS.items() if its == kind and other != name]
    if others and operator in ORDER and dice.random() < 0.15:
        return f"F({dice.choice(others)!r})"
    return repr(_plain(_value(dice, kind, empty=operator in ("=", "!="))))


def _value(dice: random.Random, kind: Kind, *, empty: bool = True) -> object:
    return None if empty and dice.random() < 0.2 else dice.choice(VALUES[kind])


def _plain(value: object) -> object:
    if isinstance(value, bool | float | int) or value is None:
        return value
    return str(value)
