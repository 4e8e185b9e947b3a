"""What is wrong with a task or a row is told with its name, and is never in the way of the others."""

from __future__ import annotations

import importlib
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from jitai_tasks import datefields
from jitai_tasks.errors import ModelError
from jitai_tasks.testing import tables, waiting
from tests.datefields.shop import MODEL, meetings, task

NOON = datetime(2026, 1, 5, 12, 0)


def subjects(name: str = "tasks.Good") -> list[str]:
    return sorted(job.subject for job in waiting(name))


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"timerCfg": {"startField": "begin"}}, "models.Meeting: no field 'begin'"),
        (
            {"timerCfg": {"startField": "title"}},
            "title of models.Meeting holds text; a Date or a Datetime field is needed",
        ),
        ({"timerCfg": {"endField": "status", "endTimeType": 1}}, "status of models.Meeting holds text"),
        ({"modelPath": "models.Meetng"}, "no element models.Meetng; did you mean models.Meeting?"),
        ({"modelPath": "tasks.Good"}, "tasks.Good: this element is no model"),
        ({"filter": "Q(state='x')"}, "no field 'state'"),
        ({"filter": "Q('status','status','x')"}, "'status' is no operator"),
        ({"filter": "__import__('os')"}, "is not allowed"),
        ({"filter": "Q(start='soon')"}, "expected a time"),
    ],
)
def test_a_broken_task_is_told_and_the_others_go_on(app_from, caplog, drain, clock, history, config, reason):
    app = app_from(meetings(task("Good"), task("Bad", **config)))
    app.models.Meeting.create(start=NOON)
    clock.advance(hours=5)
    drain()
    assert [run.job.task for run in history()] == ["tasks.Good"]
    assert f"tasks.Bad cannot follow its rows: {datefields.rules(app).broken['tasks.Bad']}" in caplog.text
    assert reason in datefields.rules(app).broken["tasks.Bad"]


def test_dates_out_of_range_are_told_with_their_row(app_from, caplog, drain):
    far = {"startOffset": {"offsetType": 1, "offset": 400, "offsetUnit": "day"}}
    app = app_from(meetings(task("Good"), task("Far", timerCfg=far)))
    app.models.Meeting.create(start=datetime(9999, 1, 1))
    app.models.Meeting.create(start=NOON)
    assert subjects() == ["1", "2"]
    assert subjects("tasks.Far") == ["2"]
    assert (
        "tasks.Far: row 1 of models.Meeting: start: 9999-01-01 00:00:00 moved by the offset is out of range"
        in caplog.text
    )
    caplog.clear()
    drain()
    assert "tasks.Far: row 1 of models.Meeting" in caplog.text
    assert subjects("tasks.Far") == ["2"]


@pytest.mark.parametrize("make", ["sqlite"], indirect=True)
def test_rows_that_cannot_be_read_are_told_and_left_out_on_sqlite(app_from, caplog, drain, clock, history):
    app = app_from(meetings(task("Good")))
    for number in range(6):
        app.models.Meeting.create(start=NOON + timedelta(minutes=number))
    with app.database.begin() as connection:
        connection.exec_driver_sql("UPDATE Meeting SET start = 'tomorrow' WHERE id = 2")
        connection.exec_driver_sql("UPDATE Meeting SET start = '9999-99-99 00:00:00' WHERE id = 6")
        connection.exec_driver_sql("UPDATE Meeting SET start = '2026-01-05 13:00:00.000000' WHERE id = 3")
    assert {subject for subject, _ in datefields.sweep(app).bad} == {"2", "6"}
    assert "row 2 of models.Meeting cannot be read" in caplog.text
    assert "row 6 of models.Meeting cannot be read" in caplog.text
    clock.advance(hours=6)
    drain()
    ran = {run.job.subject: run.outcome.status.value for run in history("tasks.Good")}
    assert {subject for subject, status in ran.items() if status == "success"} == {"1", "3", "4", "5"}


@pytest.mark.parametrize("make", ["postgresql"], indirect=True)
def test_dates_that_python_cannot_hold_are_left_out_on_postgresql(app_from, caplog, drain):
    app = app_from(meetings(task("Good", timerCfg={"startField": "day"})))
    drain()
    for number in range(5):
        app.models.Meeting.create(day=date(2026, 2, 1) + timedelta(days=number))
    with app.database.begin() as connection:
        connection.execute(sa.text("""UPDATE "Meeting" SET day = 'infinity' WHERE id = 2"""))
        connection.execute(sa.text("""UPDATE "Meeting" SET day = '10000-01-01' WHERE id = 3"""))
    datefields.sweep(app)
    assert "row 2 of models.Meeting cannot be read" in caplog.text
    assert "row 3 of models.Meeting cannot be read" in caplog.text
    assert {"1", "4", "5"} <= set(subjects())


@pytest.mark.parametrize("make", ["sqlite"], indirect=True)
def test_a_walk_in_small_portions_misses_nothing_even_around_unreadable_rows(app_from, monkeypatch):
    monkeypatch.setattr(importlib.import_module("jitai_tasks.datefields.sweep"), "PORTION", 3)
    app = app_from(meetings(task("Good")))
    table = app.models.Meeting.table
    with app.database.begin() as connection:
        connection.execute(
            table.insert(), [{"start": NOON + timedelta(minutes=number // 4), "status": "x"} for number in range(40)]
        )
        connection.exec_driver_sql("UPDATE Meeting SET start = '2026-01-05 12:03:zz' WHERE id IN (13, 14, 15)")
    datefields.sweep(app)
    assert subjects() == sorted(str(number) for number in range(1, 41) if number not in (13, 14, 15))
    with app.database.begin() as connection:
        connection.execute(table.delete().where(table.c.id % 2 == 0))
    datefields.sweep(app)
    assert subjects() == sorted(str(number) for number in range(1, 41, 2) if number not in (13, 15))


@pytest.mark.parametrize("make", ["sqlite", "postgresql"], indirect=True)
def test_a_row_that_cannot_be_read_is_named_to_who_looks_at_it(app_from, make):
    app = tables(app_from(meetings(task("Good"))))
    for number in range(3):
        app.models.Meeting.create(title=f"m{number}", start=NOON + timedelta(minutes=number))
    value = "infinity" if make == "postgresql" else "tomorrow"
    with app.database.begin() as connection:
        connection.exec_driver_sql(f"""UPDATE "Meeting" SET start = '{value}' WHERE id = 2""")
    listed = [(each.job.subject, each.title, str(each.value)) for each in datefields.coming(app, "tasks.Good")]
    assert [item[:2] for item in listed] == [("1", "m0"), ("2", ""), ("3", "m2")]
    assert listed[1][2].startswith("row 2 cannot be read: ")
    with pytest.raises(ModelError, match=r"models\.Meeting: row 2 cannot be read: "):
        app.models.Meeting.updateByPK([1, 2], {"title": "x"})
    assert app.models.Meeting.getFieldData("Q(id=1)", "title") == ["m0"]


def test_a_save_with_a_bad_date_changes_nothing(app_from):
    app = app_from(meetings(task("Good")))
    meeting = app.models.Meeting.create(start=NOON)
    with pytest.raises(Exception, match="start: expected a time like"):
        app.models.Meeting.updateByPK(meeting.id, {"start": "2026-02-30 10:00:00"})
    assert [job.due for job in waiting("tasks.Good")] == [1767614400000000]


@pytest.mark.parametrize("make", ["sqlite", "postgresql", "mysql"], indirect=True)
def test_a_task_on_a_field_that_no_index_fits_does_not_break_its_model(app_from):
    wordy = MODEL["models/Meeting/model.py"] + "        plan = datatypes.JitDict()\n"
    bad = task("Bad", timerCfg={"startField": "plan"})
    app = tables(app_from(meetings(task("Good"), bad, **{"models/Meeting/model.py": wordy})))
    app.models.Meeting.create(start=NOON, plan={"a": 1})
    assert subjects() == ["1"]
    assert "plan of models.Meeting holds json" in datefields.rules(app).broken["tasks.Bad"]


@pytest.mark.parametrize("make", ["sqlite"], indirect=True)
@pytest.mark.parametrize("row", [{"title": "x"}, {"id": None}, 5, [1], {"id": "first"}])
def test_a_change_told_of_no_row_is_refused_with_the_reason(app_from, row):
    app = app_from(meetings(task("Good")))
    app.models.Meeting.create(start=NOON)
    service = app.getElement("services.TaskSvc")
    for tell, name in ((service.saveDateFieldTask, "postData"), (service.deleteDateFieldTask, "prevData")):
        with pytest.raises(ModelError, match=r"told with its key: id|rows or dictionaries|a whole number"):
            tell({"model": "models.Meeting", name: row})
    assert subjects() == ["1"]


@pytest.mark.parametrize("make", ["sqlite"], indirect=True)
def test_a_row_told_with_its_key_spelled_otherwise_has_one_job_all_the_same(app_from):
    app = app_from(meetings(task("Good")))
    app.models.Meeting.create(start=NOON)
    service = app.getElement("services.TaskSvc")
    for key in ("1", 1.0, "01", " 1 "):
        told = {"model": "models.Meeting", "postData": {"id": key}, "prevData": {"id": 1}}
        assert service.saveDateFieldTask(told) == {"saved": 0, "removed": 0}
    assert subjects() == ["1"]
    assert service.deleteDateFieldTask({"model": "models.Meeting", "prevData": {"id": "1.0"}}) == {"removed": 1}


@pytest.mark.parametrize("make", ["sqlite", "postgresql"], indirect=True)
def test_a_key_too_long_for_a_job_is_told_and_not_in_the_way(app_from, caplog):
    named = MODEL["models/Meeting/model.py"].replace("AutoInt(name=", "Stext(maxLen=400, name=")
    app = tables(app_from(meetings(task("Good"), **{"models/Meeting/model.py": named})))
    for key in ("a", "x" * 256, "y" * 255):
        app.models.Meeting.create(id=key, start=NOON)
    assert subjects() == ["a", "y" * 255]
    assert "its key has 256 characters, the limit is 255" in caplog.text
    app.models.Meeting.updateByFilter("", {"start": NOON + timedelta(hours=1)})
    assert [subject for subject, _ in datefields.sweep(app).bad] == ["x" * 256]
    assert {job.due for job in waiting("tasks.Good")} == {1767618000000000}
