from __future__ import annotations

import builtins
import importlib
import unicodedata

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite

from jitai_tasks.errors import FilterError, ModelError
from jitai_tasks.models.kinds import FieldInfo, Kind
from jitai_tasks.models.q import F, Q
from jitai_tasks.models.q.checking import check
from jitai_tasks.models.q.memory import holds
from jitai_tasks.models.q.sql import to_sql
from tests import servers
from tests.datefields.shop import MODEL
from tests.models.expressions import FIELDS, TABLE, ZONE, filters, rows, spellings

#: The ten thousand take a minute; `make chaos` runs them.
TEN_THOUSAND = pytest.param(10_000, marks=[pytest.mark.chaos, pytest.mark.timeout(600)])
many = pytest.mark.parametrize("count", [1_000, TEN_THOUSAND])


def test_both_spellings_mean_the_same():
    assert Q.of("Q(Q('age','>',18), Q.AND, Q('name','=','Ann'))") == Q(age__gt=18) & Q(name="Ann")
    assert Q.of("Q(status='active')") == Q("status", "=", "active")
    assert Q.of("Q(Q('age','>',18))") == Q("age", ">", 18)
    assert Q.of("Q(paid__lt=F('total'))") == Q("paid", "<", F("total"))
    assert Q.of("") == Q.of(None) == Q()
    assert not Q()


def test_a_filter_that_filters_nothing_gives_way():
    assert (Q() & Q(a=1)) == Q(a=1)
    assert not Q() | Q(a=1)
    assert not ~Q()


REFUSED = """
__import__("os").system("true")
Q(a=__import__('os'))
Q(a=f'{x}')
Q(a=1).__class__
Q.__init__
Q
lambda: Q(a=1)
[Q(a=1) for x in [1]]
Q(*[1])
Q(**{'a': 1})
Q(a=1, a=2)
Q(a=1
1
Q(a=1);Q()
Q(a=1e999)
Q(a=b'x')
Q(a=1j)
Q('s','s','a')
Q('no name','=',1)
Q(Q(a=1), Q.AND)
Q(a=1) and Q(b=1)
Q(Q(a=1), Q.AND, Q(b=1), Q.OR, Q(c=1))
Q(a=-True)
Q(a=F(1))
Q(a=F('b', 'c'))
Q(a='\\d')
Q('x')
Q(a=(yield))
Q(a:=1)
F('a')
""".strip().splitlines()
HUGE = [
    "Q(a=\N{FULLWIDTH LATIN CAPITAL LETTER Q}(b=1))",
    "(" * 40 + "Q()" + ")" * 40,
    "~" * 200 + "Q(a=1)",
    "Q(a=" + "[" * 40 + "]" * 40 + ")",
    "Q(a='" + "x" * 9000 + "')",
    "Q(" + "1," * 3000 + ")",
]


@pytest.mark.parametrize("text", [*REFUSED, *HUGE])
def test_what_is_no_filter_is_refused_with_a_reason(text: str, monkeypatch):
    with monkeypatch.context() as patch, pytest.raises(FilterError) as refused:
        patch.setattr(importlib, "import_module", _no_import)
        patch.setattr(builtins, "__import__", _no_import)
        Q.of(text)
    assert refused.value.reason


def _no_import(*args, **kwargs):
    if args[0] == "unicodedata":  # Python's own parser normalises names with it
        return unicodedata
    raise AssertionError(f"imported {args[0]}")


@pytest.mark.parametrize(
    ("filter_", "reason"),
    [
        (Q(nam="x"), "did you mean name?"),
        (Q(age="eighteen"), "expected a whole number"),
        (Q(age=1 << 70), "beyond 64 bits"),
        (Q(born="2024-02-30"), "expected a date"),
        (Q(at="soon"), "expected a time"),
        (Q(age__like="1"), "no text"),
        (Q(done__gt=True), "has no order"),
        (Q(name="a\0b"), "NUL"),
        (Q(name="\ud800"), "surrogate"),
        (Q(age__range=[1]), "two ends"),
        (Q(age__isnull=3), "isnull takes 1"),
        (Q(age=[1]), "expected one value"),
        (Q(age=F("born")), "cannot be compared"),
        (Q(born__month=13), "1 to 12"),
        (Q(born__year="9999-01-01"), "end of the calendar"),
        (Q(name__year=2024), "no date"),
        (Q(name__province="x"), "no address"),
    ],
)
def test_a_condition_that_does_not_fit_its_field_says_what_was_expected(filter_: Q, reason: str):
    with pytest.raises(FilterError, match=reason.replace("?", r"\?")):
        check(filter_.node, FIELDS)


def test_deep_and_wide_filters_built_by_code_have_limits_too():
    deep = Q(age=1)
    for _ in range(100):
        deep = ~deep
    for filter_ in (deep, Q(*[Q(age=number) for number in range(1001)])):
        with pytest.raises(FilterError, match="more than 1000 conditions"):
            check(filter_.node, FIELDS)


@many
def test_filters_mean_the_same_in_memory_and_on_sqlite(count):
    engine = sa.create_engine("sqlite://")
    compare(engine, "sqlite", list(filters(count, seed=1)), rows(30, seed=2))
    engine.dispose()


def test_filters_mean_the_same_in_memory_and_on_postgresql():
    engine = sa.create_engine(servers.postgres().fresh_database())
    compare(engine, "postgresql", list(filters(500, seed=4)), rows(40, seed=5))
    engine.dispose()


def test_filters_mean_the_same_in_memory_and_on_mariadb():
    server = servers.mariadb()
    if server is None:
        pytest.skip(servers.NO_MARIADB)
    engine = sa.create_engine(server.fresh_database())
    compare(engine, "mysql", list(filters(500, seed=6)), rows(30, seed=7))
    engine.dispose()


@many
def test_no_literal_of_a_filter_stands_in_a_statement(monkeypatch, count):
    """Nor is anything imported on the way from the text of a filter to its statement."""
    marks = ("O'Neil", "straße", "100%", "2024", "18.5", "say", "日本", "-- x", "[x]")
    dialects = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect(), "mysql": mysql.dialect()}
    texts = list(spellings(count, seed=3))
    to_sql(check(Q.of(texts[0]).node, FIELDS), "sqlite").compile(dialect=dialects["sqlite"])
    imported = note_imports(monkeypatch)
    statements = [to_sql(check(Q.of(text).node, FIELDS), name) for text in texts for name in dialects]
    assert set(imported) <= {"typing"}, (
        "Python 3.13 asks for typing where SQLAlchemy makes an object of a generic class"
    )
    for number, condition in enumerate(statements):
        name = list(dialects)[number % 3]
        text = str(condition.compile(dialect=dialects[name]))
        assert not [mark for mark in marks if mark in text], text


@pytest.mark.parametrize("bad", ["id; DROP TABLE x", "id DESC", "(SELECT 1)", "1", "", "__class__", "id--", "t.id"])
def test_a_sort_key_or_field_that_is_no_field_reaches_no_statement(app_from, bad):
    app = app_from(MODEL)
    Meeting = app.models.Meeting
    Meeting.create(title="a")
    for ask in (
        lambda: Meeting.query("", None, [[bad, 1]]),
        lambda: Meeting.query("", [bad]),
        lambda: Meeting.aggregate("", bad, "sum"),
        lambda: Meeting.groupBy("", [bad], []),
        lambda: Meeting.query(Q(bad, "=", 1)),
    ):
        with pytest.raises((ModelError, FilterError)):
            ask()


@pytest.mark.parametrize("charset", ["latin1", "utf8mb4"])
def test_case_counts_in_a_part_of_a_text_on_mariadb_whatever_the_character_set(charset):
    server = servers.mariadb()
    if server is None:
        pytest.skip(servers.NO_MARIADB)
    engine = sa.create_engine(server.fresh_database(f"CHARACTER SET {charset}"))
    table = sa.Table("plain", sa.MetaData(), sa.Column("name", sa.String(50)))
    field = FieldInfo(name="name", kind=Kind.TEXT, column=table.c.name, zone=ZONE)
    condition = to_sql(check(Q(name__like="é").node, {"name": field}), "mysql")
    with engine.begin() as connection:
        table.metadata.create_all(connection)
        connection.execute(table.insert(), [{"name": "Café"}, {"name": "CAFÉ"}])
        assert connection.scalars(sa.select(table.c.name).where(condition)).all() == ["Café"]
    engine.dispose()


def note_imports(monkeypatch):
    """The names of all modules that are asked for from now on."""
    asked = []
    usual = builtins.__import__

    def note(name, *rest):
        asked.append(name)
        return usual(name, *rest)

    monkeypatch.setattr(builtins, "__import__", note)
    return asked


def compare(engine: sa.Engine, dialect: str, wanted: list[Q], sample: list[dict[str, object]]) -> None:
    """Each filter lets the same rows through in the database and in memory; thirty filters to a statement."""
    with engine.begin() as connection:
        TABLE.metadata.create_all(connection)
        connection.execute(TABLE.insert(), sample)
    checked = [check(filter_.node, FIELDS) for filter_ in wanted]
    with engine.connect() as connection:
        for start in range(0, len(checked), 30):
            some = checked[start : start + 30]
            columns = [sa.case((to_sql(item, dialect), 1), else_=0) for item in some]
            found = connection.execute(sa.select(TABLE.c.id, *columns).order_by(TABLE.c.id)).all()
            for row, answers in zip(sample, found, strict=True):
                expected = [int(holds(item, row.__getitem__)) for item in some]
                assert list(answers[1:]) == expected, _differing(wanted[start:], answers[1:], expected, row)


def _differing(wanted: list[Q], answers: object, expected: list[int], row: object) -> str:
    index = next(i for i, (a, b) in enumerate(zip(answers, expected, strict=True)) if a != b)
    return f"{wanted[index]!r}: database {answers[index]}, memory {expected[index]} for {row}"
