"""What functions can know about their surroundings: GlobalVar in its four forms, the log, codes of errors."""

from __future__ import annotations

import datetime as dt
import logging

import pytest

from jitai_tasks.testing import tables

PROBES = """
    from globals.GlobalVar import GlobalVar as Imported, currentTask, currentTime, currentUser
    from jit.commons.utils.logger import log as jitLog


    def forms(word):
        asElement = app.getElement("globals.GlobalVar")
        rows = [GlobalVar.currentTask, Imported.currentTask, asElement.currentTask, currentTask]
        return [row.argDict.value["word"] for row in rows]


    def outside():
        return [GlobalVar.currentTask, bool(currentTask), str(currentUser)]


    def moments():
        names = ("now", "today", "yesterday", "tomorrow", "last24Hours", "last7Days", "thisWeek", "lastMonth",
                 "nextQuarter", "lastYear")
        return {name: getattr(GlobalVar, name).value for name in names}


    def who():
        return [str(currentUser), str(currentTime)]


    def speak():
        jitLog.info("info %s", 1)
        jitLog.warning("warning")
        try:
            1 / 0
        except ZeroDivisionError:
            jitLog.exception("exception")
        log.debug("injected")
"""


@pytest.fixture
def probes(app_from):
    """The functions of a service that look around."""
    return tables(app_from({"services/Probes.py": PROBES})).getElement("services.Probes").module


@pytest.fixture
def run_probe(probes, drain, history):
    """Runs one of them as a task and answers its run."""
    from tasks.TemporaryType.task import createTemporaryTask

    def run(name, **given):
        options = {key: given.pop(key) for key in ("creator",) if key in given}
        createTemporaryTask(f"services.Probes.{name}", given, **options)
        drain()
        return history()[-1]

    return run


def test_ST_o12_the_running_task_is_the_same_in_all_four_forms(run_probe):
    assert run_probe("forms", word="tea").outcome.result == '["tea","tea","tea","tea"]'


def test_outside_of_a_run_there_is_no_current_task(probes):
    assert probes.outside() == [None, False, ""]


def test_the_documented_moments_are_naive_and_in_the_apps_zone(probes):
    found = probes.moments()
    day = dt.datetime(2026, 1, 5)
    assert found["now"] == dt.datetime(2026, 1, 5, 8)
    assert [found["yesterday"], found["today"], found["tomorrow"]] == [
        day - dt.timedelta(days=1),
        day,
        day + dt.timedelta(days=1),
    ]
    assert found["last24Hours"] == [dt.datetime(2026, 1, 4, 8), dt.datetime(2026, 1, 5, 8)]
    assert found["last7Days"][0] == dt.datetime(2025, 12, 30)
    assert [str(end)[:19] for end in found["thisWeek"]] == ["2026-01-05 00:00:00", "2026-01-11 23:59:59"]
    assert [str(end)[:10] for end in found["lastMonth"]] == ["2025-12-01", "2025-12-31"]
    assert [str(end)[:10] for end in found["nextQuarter"]] == ["2026-04-01", "2026-06-30"]
    assert [str(end)[:10] for end in found["lastYear"]] == ["2025-01-01", "2025-12-31"]


def test_an_unknown_name_is_an_attribute_error(probes):
    with pytest.raises(AttributeError, match="GlobalVar has no lastMoon"):
        _ = probes.GlobalVar.lastMoon


def test_the_user_is_whoever_asked_for_the_task(run_probe):
    assert run_probe("who", creator="ada").outcome.result == '["ada","2026-01-05 08:00:00"]'


def test_what_is_logged_goes_to_listeners_with_its_level(probes, caplog):
    with caplog.at_level(logging.DEBUG):
        probes.speak()
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("INFO", "info 1"),
        ("WARNING", "warning"),
        ("ERROR", "exception"),
        ("DEBUG", "injected"),
    ]


def test_a_code_carries_a_number_and_a_reason_that_can_be_filled_in(probes):
    from jit.errcode import Code

    closed = Code(code=40013, reason="order {orderId} is closed")
    with pytest.raises(Code) as raised:
        raise closed.formatReason(orderId=7)
    assert (raised.value.code, raised.value.reason) == (40013, "order 7 is closed")
    assert str(raised.value) == "40013: order 7 is closed"
    assert closed.reason == "order {orderId} is closed"
    assert Code(1, "x").code == 1
