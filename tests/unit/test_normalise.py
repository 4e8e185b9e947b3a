"""Old and new JitAi spellings become the current form, each with a note."""

from __future__ import annotations

import copy

import pytest

from jitai_tasks.jsonsource import read_json
from jitai_tasks.normalise import normalise, normalised

START = "2026-01-05 09:00:00"


def task(**keys):
    return {"type": "tasks.NormalType", "funcType": "Inner", **keys}


def timer(**keys):
    return task(timerCfg={"startTime": START, **keys})


def repeat(**keys):
    return timer(repeat={"period": 1, **keys})


def offset(**keys):
    return task(timerCfg={"startField": "at", "repeat": {"repeatType": "normal", "period": 1}, "startOffset": keys})


# The old form, the current form, and where and how the note says it.
SPELLINGS = {
    "taskFunc": (
        task(taskFunc="services.A.b"),
        task(func="services.A.b"),
        "taskFunc",
        "the current spelling is 'func'",
    ),
    "funcName": (
        task(funcName="services.A.b"),
        task(func="services.A.b"),
        "funcName",
        "the current spelling is 'func'",
    ),
    "inner": (task(funcType="inner"), task(funcType="Inner"), "funcType", 'the current spelling is "Inner"'),
    "GLOBAL": (task(funcType="GLOBAL"), task(funcType="Global"), "funcType", 'the current spelling is "Global"'),
    "filterQ": (task(filterQ="Q(a=1)"), task(filter="Q(a=1)"), "filterQ", "the current spelling is 'filter'"),
    "protect": (task(accessModifier="protect"), task(accessModifier="protected"), "accessModifier", '"protected"'),
    "Public": (task(accessModifier="Public"), task(accessModifier="public"), "accessModifier", '"public"'),
    "load time of the backend": (
        task(loadTime="afterAppInit"),
        task(backendLoadTime="afterAppInit"),
        "loadTime",
        "'backendLoadTime'",
    ),
    "zone in the timer": (timer(timezone="UTC"), {**timer(), "timezone": "UTC"}, "timerCfg/timezone", "the top level"),
    "holidays at the top": (
        {**timer(), "skipHoliday": 1},
        timer(skipHoliday=1),
        "skipHoliday",
        "it belongs into 'timerCfg'",
    ),
    "no end": (timer(endTime=""), timer(), "timerCfg/endTime", "remove 'endTime'"),
    "null": (timer(skipHoliday=None), timer(), "timerCfg/skipHoliday", "remove 'skipHoliday'"),
    "empty selector": (
        repeat(repeatType="day", weekday=[]),
        repeat(repeatType="day"),
        "timerCfg/repeat/weekday",
        "remove 'weekday'",
    ),
    "slashes": (timer(endTime="2026/2/1 9:05:00"), timer(endTime="2026-02-01 09:05:00"), "timerCfg/endTime", "-02-01"),
    "start on a date": (
        timer(startTime="2026-02-01"),
        timer(startTime="2026-02-01 00:00:00"),
        "timerCfg/startTime",
        "00:00:00",
    ),
    "end on a date": (
        timer(endTime="2026-02-01"),
        timer(endTime="2026-02-01 23:59:59"),
        "timerCfg/endTime",
        "23:59:59",
    ),
    "no seconds": (
        timer(endTime="2026-02-01T09:05"),
        timer(endTime="2026-02-01 09:05:00"),
        "timerCfg/endTime",
        "09:05:00",
    ),
    "plural": (repeat(repeatType="hours"), repeat(repeatType="hour"), "timerCfg/repeat/repeatType", '"hour"'),
    "capitals": (repeat(repeatType="Weeks"), repeat(repeatType="week"), "timerCfg/repeat/repeatType", '"week"'),
    "one day": (
        repeat(repeatType="month", day=15),
        repeat(repeatType="month", day=[15]),
        "timerCfg/repeat/day",
        "the current spelling is [15]",
    ),
    "one weekday": (
        repeat(repeatType="week", weekday=1),
        repeat(repeatType="week", weekday=[1]),
        "timerCfg/repeat/weekday",
        "the current spelling is [1]",
    ),
    "one month": (
        repeat(repeatType="year", month=6),
        repeat(repeatType="year", month=[6]),
        "timerCfg/repeat/month",
        "the current spelling is [6]",
    ),
    "units of offsets": (
        offset(offsetType=1, offset=5, offsetUnit="seconds"),
        offset(offsetType=1, offset=5, offsetUnit="second"),
        "timerCfg/startOffset/offsetUnit",
        '"second"',
    ),
    "negative offset": (
        offset(offsetType=1, offset=-1, offsetUnit="hour"),
        offset(offsetType=-1, offset=1, offsetUnit="hour"),
        "timerCfg/startOffset/offset",
        'write "offsetType": -1, "offset": 1',
    ),
    "both negative": (
        offset(offsetType=-1, offset=-15, offsetUnit="minute"),
        offset(offsetType=1, offset=15, offsetUnit="minute"),
        "timerCfg/startOffset/offset",
        "together with offsetType -1 it means 15 minutes after",
    ),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_an_old_spelling_becomes_the_current_one_with_a_note(name):
    old, current, pointer, said = SPELLINGS[name]
    config, notes = normalise(old, family="tasks")
    assert config == current
    assert [place for place, _ in notes] == [pointer]
    assert said in notes[0][1]


@pytest.mark.parametrize("name", SPELLINGS)
def test_the_current_spelling_stays_as_it_is_without_a_note(name):
    current = SPELLINGS[name][1]
    assert normalise(current, family="tasks") == (current, [])


@pytest.mark.parametrize("name", SPELLINGS)
def test_the_given_config_is_not_changed(name):
    old = SPELLINGS[name][0]
    before = copy.deepcopy(old)
    normalise(old, family="tasks")
    assert old == before


# What needs no note: defaults, and spellings that are equally good.
SILENT = {
    "period": (timer(repeat={"repeatType": "day"}), repeat(repeatType="day")),
    "period of a single run": (timer(repeat={"repeatType": "normal"}), repeat(repeatType="normal")),
    "no period of cron": (
        timer(repeat={"repeatType": "cron", "cron": "0 9 * * *"}),
        timer(repeat={"repeatType": "cron", "cron": "0 9 * * *"}),
    ),
    "last day": (repeat(repeatType="month", day=["last", "L", 0]), repeat(repeatType="month", day=[-1, -1, -1])),
    "Sunday": (repeat(repeatType="week", weekday=[0]), repeat(repeatType="week", weekday=[7])),
    "one week": (repeat(repeatType="month", week=1), repeat(repeatType="month", week=1)),
    "rows without a repeat": (
        task(timerCfg={"startField": "at"}),
        task(timerCfg={"startField": "at", "repeat": {"repeatType": "normal", "period": 1}}),
    ),
    "offset without a direction": (
        offset(offset=3, offsetUnit="day"),
        offset(offsetType=1, offset=3, offsetUnit="day"),
    ),
    "kind of function, without": ({"type": "tasks.NormalType"}, task()),
    "kind of function, with": (
        {"type": "tasks.NormalType", "func": "services.A.b"},
        task(funcType="Global", func="services.A.b"),
    ),
}


@pytest.mark.parametrize("name", SILENT)
def test_defaults_are_filled_in_without_a_note(name):
    given, wanted = SILENT[name]
    assert normalise(given, family="tasks") == (wanted, [])


def test_of_two_different_spellings_the_current_one_counts():
    config, notes = normalise(task(func="services.A.b", taskFunc="services.C.d"), family="tasks")
    assert config == task(func="services.A.b")
    assert notes == [("taskFunc", "'taskFunc' says something else than 'func', which counts; remove 'taskFunc'")]


def test_an_event_calls_a_service_function_by_default():
    config, _ = normalise({"type": "events.NormalType", "func": "services.A.b"}, family="events")
    assert config["funcType"] == "Global"


@pytest.mark.parametrize("kind", ["", "tasks.Meta", "services.NormalType"])
def test_a_meta_a_type_and_a_service_among_the_tasks_get_no_defaults_of_tasks(kind):
    assert normalise({"type": kind}, family="tasks") == ({"type": kind}, [])


def test_a_type_of_the_apps_own_family_is_read_as_its_folder_says():
    assert normalise({"type": "reports.Daily"}, family="tasks")[0]["funcType"] == "Inner"


@pytest.mark.parametrize(
    "timer_cfg", [None, 5, [], "daily", {"repeat": 7}, {"repeat": {"repeatType": {}, "day": {}, "weekday": True}}]
)
def test_nonsense_is_left_for_the_schema(timer_cfg):
    config, _ = normalise(task(timerCfg=timer_cfg, func=3, taskFunc=[]), family="tasks")
    assert config["func"] == 3


def test_a_note_stands_at_the_old_key_and_a_moved_value_at_its_old_place():
    source = normalised(
        read_json(
            '{\n  "type": "tasks.NormalType",\n  "taskFunc": "services.A.b",\n  "timerCfg": {"timezone": "X"}\n}'
        ),
        family="tasks",
    )
    assert [str(problem) for problem in source.problems] == [
        "<text>:3:3: taskFunc: 'taskFunc' is an old spelling; the current spelling is 'func'",
        "<text>:4:16: timerCfg/timezone: 'timezone' stands in the wrong place; it belongs into the top level "
        "of the e.json",
    ]
    assert source.position("func") == (3, 15)
    assert source.position("timezone") == (4, 28)
