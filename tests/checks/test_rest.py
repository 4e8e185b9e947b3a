"""Times, models and fields, names and layers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jitai_tasks.checks import RULES, examine
from jitai_tasks.testing import write_files
from tests.counting import counted

from .conftest import NOW, SOUND, Examine, Told, of_rows, scheduled

INNER = {"tasks/X/inner.py": "def customFunc():\n    return 1\n"}
UNNAMED = "from services.NormalType import NormalService\n\n\nclass Shop(NormalService):\n    pass\n"
START = '"startTime": "2026-01-05 09:00:00"'


@pytest.mark.parametrize(
    ("timer", "rule", "severity", "message"),
    [
        (f'{START}, "repeat": {{"repeatType": "cron", "cron": §"0 0 30 2 *"}}', "time", "error", "never run"),
        (f'{START}, "repeat": §{{"repeatType": "month", "period": 12, "day": [31], "monthOverflow": "skip"}}',
         None, None, ""),
        ('"startTime": "2026-02-01 00:00:00", "repeat": §{"repeatType": "month", "period": 12, "day": [31],'
         ' "monthOverflow": "skip"}', "time", "error", "never run"),
        (f'{START}, "endTime": §"2026-01-05 10:00:00", "repeat": {{"repeatType": "week", "weekday": [3]}}',
         "time", "error", "no time between startTime and endTime"),
        ('"startTime": "2025-01-05 09:00:00", "endTime": §"2025-02-01 00:00:00", "repeat": {"repeatType": "day"}',
         "never", "warning", "all of its times have passed"),
        ('"startTime": §"2025-01-05 09:00:00", "repeat": {"repeatType": "normal"}',
         "never", "information", "its only time, 2025-01-05 09:00:00, has passed"),
        ('"startTime": "2026-01-05 09:00:00", "endTime": §"2025-01-01 00:00:00", "repeat": {"repeatType": "day"}',
         "", "error", "expected a time after startTime"),
    ],
)  # fmt: skip
def test_rules_that_never_fire_are_told(
    told: Told, found_in: Examine, timer: str, rule: str | None, severity: str, message: str
) -> None:
    text = scheduled('"funcType": "Inner",', timer=timer)
    if rule is None:
        assert found_in({"tasks/X/e.json": text.replace("§", ""), **INNER}) == []
    else:
        assert message in told({"tasks/X/e.json": text, **INNER}, rule, severity=severity).message


@pytest.mark.parametrize(
    ("timer", "message"),
    [
        (
            '"repeat": {"repeatType": "day"}, "holidayPolicy": §"nextWorkday"',
            "holidayPolicy means nothing without skip",
        ),
        (
            '"repeat": {"repeatType": "day"}, "skipHoliday": 0, "calendar": §"mine"',
            "calendar means nothing without skip",
        ),
        ('"repeat": {"repeatType": "hour"}, "dst": §{"gap": "skip"}', "dst means nothing to a rule that follows"),
        ('"repeat": {"repeatType": "cron", "cron": "*/5 2 * * *"}, "dst": §{"gap": "skip"}', "dst means nothing to a"),
        ('"repeat": {"repeatType": "cron", "cron": "30 2 * * *"}, "dst": {"gap": "skip"}', None),
        ('"repeat": {"repeatType": "day"}, "dst": {"overlap": "second"}', None),
        ('"repeat": {"repeatType": "day"}, "skipHoliday": 1, "holidayPolicy": "nextWorkday"', None),
        ('"repeat": {"repeatType": "hour", "period": 9}, "skipHoliday": 1, "holidayPolicy": "nextWorkday",'
         ' "dst": {"gap": "skip"}', None),
    ],
)  # fmt: skip
def test_what_makes_no_difference_is_told(told: Told, found_in: Examine, timer: str, message: str | None) -> None:
    text = scheduled('"funcType": "Inner",', timer=f"{START}, {timer}")
    if message is None:
        assert found_in({"tasks/X/e.json": text, **INNER}) == []
    else:
        assert message in told({"tasks/X/e.json": text, **INNER}, "time", severity="warning").message


def test_what_says_which_of_two_hours_a_rule_begins_at_makes_a_difference(found_in: Examine) -> None:
    timer = '"startTime": "2026-11-01 01:30:00", "repeat": {"repeatType": "hour"}, "dst": {"overlap": "second"}'
    text = scheduled('"funcType": "Inner", "timezone": "America/New_York",', timer=timer)
    assert found_in({"tasks/X/e.json": text, **INNER}) == []


def test_a_zone_that_is_none_is_told_once(told: Told) -> None:
    text = scheduled('"funcType": "Inner", "timezone": §"Mars/Base",')
    assert "Mars/Base" in told({"tasks/X/e.json": text, **INNER}, "").message


@pytest.mark.parametrize(
    ("top", "timer", "rule", "message", "advice"),
    [
        ('"modelPath": §"models.Metting",', '"startField": "begins"', "model", "no model models.Metting", "Meeting'?"),
        ('"modelPath": §"tasks.Count",', '"startField": "begins"', "model", "tasks.Count is no model", "name a model"),
        ('"modelPath": §"models.NormalType",', '"startField": "begins"', "model", "is no model", "name a model"),
        ('"modelPath": §"models.Meet",', '"startField": "begins"', "model", "no model models.Meet", "models.Meeting'"),
        ('"modelPath": "models.Meeting",', '"startField": §"begin"', "field", "has no field begin", "'begins'?"),
        ('"modelPath": "models.Meeting",', '"startField": §"title"', "field", "is a Stext", "use begins"),
        ('"modelPath": "models.Meeting", "filter": §"Q(a=1)",', '"startField": "begins"', "field", "field a", "it has"),
        ('"modelPath": "models.Meeting", "filter": §"Q(title==",', '"startField": "begins"', "filter", "", "like Q("),
    ],
)  # fmt: skip
def test_models_fields_and_filters_are_told(
    told: Told, top: str, timer: str, rule: str, message: str, advice: str
) -> None:
    problem = told({"tasks/X/e.json": of_rows(f'{top} "funcType": "Inner",', timer=timer), **INNER}, rule)
    assert message in problem.message
    assert advice in problem.advice


def test_fields_of_a_mapped_class_are_read_from_its_text(told: Told) -> None:
    files = {
        "commons/__init__.py": "",
        "commons/db.py": """
            from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


            class Base(DeclarativeBase):
                pass


            class Order(Base):
                __tablename__ = "orders"
                id: Mapped[int] = mapped_column(primary_key=True)
                paid_at = mapped_column()
        """,
        "models/Order/e.json": {"type": "models.SQLAlchemyType", "title": "Order", "class": "commons.db:Order"},
        "tasks/X/e.json": of_rows('"modelPath": "models.Order", "funcType": "Inner",', timer='"startField": §"paid"'),
    }
    assert "did you mean 'paid_at'?" in told({**files, **INNER}, "field").advice


def test_a_class_that_cannot_be_read_is_believed(found_in: Examine) -> None:
    files = {
        "models/Order/e.json": {"type": "models.SQLAlchemyType", "title": "Order", "class": "elsewhere.db:Order"},
        "tasks/X/e.json": of_rows('"modelPath": "models.Order", "funcType": "Inner",', timer='"startField": "paid"'),
    }
    assert found_in({**files, **INNER}) == []


def test_an_override_is_information_with_the_way_to_what_it_hides(told: Told) -> None:
    files = {
        "tasks/NormalType/e.json": '§{"type": "tasks.Meta", "title": "Ours"}',
        "tasks/NormalType/__init__.py": "from official.tasks.NormalType import Loader, NormalTask\n",
    }
    problem = told(files, "override", severity="information")
    assert "takes the place of official.tasks.NormalType; 1 elements are of this Type" in problem.message
    assert "from official.tasks.NormalType import" in problem.advice


@pytest.mark.parametrize(
    ("files", "severity", "message"),
    [
        ({"tasks/Count.py": "VALUE = 1\n", "tasks/Count/e.json": "§" + scheduled('"func": "services.OrderSvc.count",')},
         "warning", "Count.py lies beside the folder Count/"),
        ({"services/ShopSvc/e.json": '§{"type": "services.NormalType", "title": "x"}',
          "services/ShopSvc/__init__.py": UNNAMED},
         "warning", "the package has a class Shop"),
        ({"models/Talk/e.json": '{"type": "models.NormalType", "title": "x", "dbTable": §"Meeting"}'},
         "error", "models.Talk and models.Meeting have the same table Meeting"),
        ({"json/X/e.json": '§{"type": "services.NormalType", "title": "x"}'},
         "error", "the folder json/ has the name of a module of Python's own"),
        ({"tasks/count/e.json": '§' + scheduled('"func": "services.OrderSvc.count",')},
         "warning", "tasks.count and tasks.Count differ in capitals only"),
        ({"tasks/X/e.json": '{"title": "x", "type": §""}'},
         "warning", "an empty type makes this a Meta, the root of a family, which tasks.Meta is already"),
    ],
    ids=["module and folder", "class", "table", "root", "capitals", "a second Meta"],
)  # fmt: skip
def test_names_that_clash_are_told(told: Told, files: dict[str, object], severity: str, message: str) -> None:
    assert message in told(files, "clash", severity=severity).message


def test_nothing_of_the_app_is_imported_or_run(tmp_path: Path) -> None:
    files = {"tasks/Count/__init__.py": "raise SystemExit('imported')\n", "commons/__init__.py": "1 / 0\n"}
    write_files(tmp_path, {**SOUND, **files})
    assert examine(tmp_path, now=NOW).problems == []


def test_every_rule_has_its_sentence_in_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs" / "authoring.md").read_text(encoding="utf-8")
    assert [rule for rule in RULES if f"`{rule}`" not in page] == []


def test_examining_grows_no_faster_than_the_app(tmp_path: Path) -> None:
    task = json.loads(scheduled('"funcType": "Inner",'))
    write_files(tmp_path, SOUND)
    examine(tmp_path, now=NOW)  # what is read once for all apps
    calls = []
    for first in (0, 100, 200):
        for index in range(first, first + 100):
            files = {"e.json": task, "inner.py": "def customFunc():\n    return 1\n"}
            write_files(tmp_path / "tasks" / f"T{index}", files)
        with counted() as work:
            problems = examine(tmp_path, now=NOW).problems
        assert problems == []
        calls.append(work.calls)
    assert calls[2] - calls[1] < 1.2 * (calls[1] - calls[0]), "each hundred elements costs what the last one did"
    assert (calls[2] - calls[1]) / 100 < 5_000


@pytest.mark.parametrize(
    ("name", "said"),
    [("calendars.NormalTyp", "there is no calendar"), ("calendars.NormalType", "calendars.NormalType is a type")],
)
def test_a_type_is_no_calendar_nor_suggested_as_one(told: Told, name: str, said: str) -> None:
    timer = f'{START}, "repeat": {{"repeatType": "day"}}, "skipHoliday": 1, "calendar": §"{name}"'
    problem = told({"tasks/X/e.json": scheduled('"funcType": "Inner",', timer=timer), **INNER}, "time")
    assert said in problem.message
    assert "did you mean" not in problem.message
