"""Filters on jobs, runs and calls: what they mean in the database is what they mean in memory, on every database."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from jitai_tasks.errors import FilterError
from jitai_tasks.models.kinds import Kind
from jitai_tasks.models.q import F, Q
from jitai_tasks.testing import tables

everywhere = pytest.mark.parametrize("make", ["sqlite", "postgresql", "mysql"], indirect=True)
MODELS = ("tasks.models.TaskModel", "tasks.models.TaskHistoryModel", "events.models.EventLogModel")
APP = {
    "app.json": {"appId": "t.A", "name": "A", "version": "1.0.0", "timezone": "Asia/Shanghai"},
    "tasks/T/e.json": {"title": "T", "type": "tasks.NormalType", "enable": 0},
    "tasks/T/__init__.py": "def customFunc(n=None):\n    return None if n is None else {'city': n}\n",
    "events/E/e.json": {"title": "E", "type": "events.NormalType", "func": "tasks.T.customFunc", "sender": "a.b"},
}
APP["events/E/e.json"]["asyncType"] = 1
ORDER = ["=", "!=", ">", ">=", "<", "<="]
EQUAL = ["=", "!=", "in", "nin"]
OPERATORS = {
    Kind.INSTANT: [*ORDER, "in", "nin", "range", "year", "month", "week", "day"],
    Kind.ID: [*ORDER, "in", "nin", "range"],
    Kind.PAYLOAD: ["isnull"],
}


@pytest.fixture
def app(app_from, clock, drain):
    """Jobs that wait, runs and calls, at moments with microseconds, around the end of a year of Shanghai."""
    app = tables(app_from(APP))
    for number, start in enumerate(("2026-01-05 16:00:00", "2026-01-06 00:00:00", "2026-12-31 23:59:59", "2027-01-01")):
        clock.advance(seconds=20, microseconds=123_456)
        app.services.TaskSvc.createTimerTask("tasks.T", start, argDict={"n": number or None})
        app.event.publish("a.b", (number,))
    drain()
    clock.advance(hours=9, microseconds=1)
    drain()
    app.event.publish("a.b", (9,))
    return app


def conditions(fields, rows, seed: int, count: int) -> Iterator[Q]:
    """Random conditions on every field, with the values of the rows and those beside them."""
    dice = random.Random(seed)
    for _ in range(count):
        field = dice.choice(list(fields.values()))
        values = [row.plain(field.name) for row in rows if row.plain(field.name) is not None]
        operator = dice.choice([*OPERATORS.get(field.kind, [*ORDER, "in", "nin", "range"]), "isnull"])
        if operator == "isnull" or not values:
            yield Q(field.name, "isnull", dice.choice((0, 1)))
        elif operator in ("in", "nin", "range"):
            yield Q(field.name, operator, [beside(dice, dice.choice(values)) for _ in range(2)])
        elif operator in ("year", "month", "week", "day"):
            day = beside(dice, dice.choice(values)).date()
            yield Q(field.name, operator, day.year if operator == "year" else str(day))
        else:
            others = [name for name, it in fields.items() if (it.kind, it.aware) == (field.kind, field.aware)]
            other = F(dice.choice(others)) if dice.random() < 0.2 else beside(dice, dice.choice(values))
            yield Q(field.name, operator, other)


def beside(dice: random.Random, value: object) -> object:
    steps = (timedelta(0), timedelta(seconds=1), timedelta(microseconds=-1), timedelta(days=1))
    return value + dice.choice(steps) if isinstance(value, datetime) else value


@everywhere
def test_every_condition_means_the_same_in_memory_and_in_the_database(app):
    for name in MODELS:
        model = app.getElement(name)
        rows = model.query().rowDatas
        assert len(rows) >= 2
        for number, condition in enumerate(conditions(model.model.fields, rows, seed=8, count=400)):
            condition = ~condition if number % 5 == 0 else condition
            found = [row.id.value for row in model.query(condition).rowDatas]
            assert found == [row.id.value for row in rows if model.getCompareResult(condition, row)], condition


@everywhere
def test_a_year_a_month_a_week_and_a_day_are_those_of_the_zone_of_the_app(app):
    TaskModel = app.getElement("tasks.models.TaskModel")

    def starts(condition: str) -> list[str]:
        found = TaskModel.query(f"{condition} & Q(element='tasks.T')", orderList=[["startTime", 1]])
        return [str(row.startTime) for row in found.rowDatas]

    assert starts("Q(startTime__year=2026)") == ["2026-12-31 23:59:59"]
    assert starts("Q(startTime__day='2027-01-01')") == ["2027-01-01 00:00:00"]
    assert starts("Q(dueTime__year='2027')") == ["2027-01-01 00:00:00"]
    assert starts("Q(startTime__month='2026-12')") == ["2026-12-31 23:59:59"]
    assert len(starts("Q(startTime__week='2026-12-29')")) == 2
    Past = app.getElement("tasks.models.TaskHistoryModel")
    assert Past.query("Q(startTime__day='2026-01-05') & Q(element='tasks.T')").totalCount == 1
    assert Past.query("Q(startTime__year=2026) & Q(element='tasks.T')").totalCount == 2


@everywhere
def test_a_row_is_found_by_the_second_that_it_shows(app):
    for name in MODELS:
        model = app.getElement(name)
        for row in model.query().rowDatas:
            at = row.createdAt.value
            assert model.query(Q(id=row.id) & Q(createdAt=at)).totalCount == 1
            assert model.query(Q(id=row.id) & Q(createdAt__lte=at) & Q(createdAt__in=[at])).totalCount == 1
            assert model.query(Q(id=row.id) & (Q(createdAt__gt=at) | Q(createdAt__ne=at))).totalCount == 0


@everywhere
def test_ids_have_an_order_and_every_spelling_of_one_is_the_same(app):
    Past = app.getElement("tasks.models.TaskHistoryModel")
    ids = [row.taskId.value for row in Past.query(orderList=[["taskId", 1]]).rowDatas]
    assert ids == sorted(ids)
    assert [row.taskId.value for row in Past.query(Q(taskId__gt=ids[1])).rowDatas] == ids[2:]
    first = Past.get(Q(taskId=ids[0].upper()))
    assert first.taskId == ids[0]
    assert Past.getCompareResult(Q(taskId=ids[0].upper()), first)
    assert Past.get(Q(taskId=int(ids[0], 16))).taskId == ids[0]
    assert Past.get("Q(taskId='task_uuid_12345')") is None


REFUSED = {
    "startTime__month=1": "a month of every year cannot be asked for; say month='2026-01'",
    "createdAt__week=2": "a week of every year cannot be asked for; say week='2026-01-15'",
    "dueTime__day=5": "a day of every year cannot be asked for; say day='2026-01-15'",
    "startTime__year=9999": "end of the calendar",
    "dueTime__year=1": "end of the calendar",
    "startTime='9999-12-31 23:59:59'": "end of the calendar",
    "taskId__like='a'": "taskId is kept as a number, and is compared as a whole; like compares text",
    "taskId__startswith='0000'": "startswith compares text",
    "taskId__gt='soon'": "taskId: expected an id of 24 hex digits, got 'soon'",
    "argDict__city='x'": "argDict cannot be looked into by a filter",
    "argDict='x'": "structured data",
}


@everywhere
def test_what_cannot_be_asked_for_says_what_can_in_memory_too(app):
    TaskModel = app.getElement("tasks.models.TaskModel")
    row = TaskModel.get()
    for condition, reason in REFUSED.items():
        with pytest.raises(FilterError, match=reason):
            TaskModel.query(f"Q({condition})")
        with pytest.raises(FilterError, match=reason):
            TaskModel.getCompareResult(f"Q({condition})", row)


@everywhere
def test_the_first_and_the_last_moment_and_id_can_be_asked_for(app):
    for name in MODELS:
        model = app.getElement(name)
        rows = model.query().rowDatas
        for field in ("startTime", "dueTime", "createdAt", model.model.primary[0]):
            for kind in ("min", "max", "count"):
                assert model.aggregate("", field, kind) == rows.aggregate(field, kind), (name, field, kind)


@everywhere
def test_a_bound_at_the_end_of_the_calendar_is_one(app):
    TaskModel = app.getElement("tasks.models.TaskModel")
    every = TaskModel.query().totalCount
    for condition in (
        "lte='9999-12-31 23:59:59'",
        "lt='9999-12-31 23:59:59'",
        "range=['2000-01-01', '9999-12-31 23:59:59']",
    ):
        assert TaskModel.query(f"Q(startTime__{condition})").totalCount == every > 0
    assert TaskModel.query("Q(startTime__gt='9999-12-31 23:59:59')").totalCount == 0
