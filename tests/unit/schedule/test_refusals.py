"""Bad input is refused when it is loaded, with the pointer and the reason; and nothing takes long."""

from __future__ import annotations

import pytest

from jitai_tasks.errors import InvalidTime
from jitai_tasks.schedule import catch_up, effects, parse_calendar, parse_timer, weekends_only
from jitai_tasks.schedule.missed import Misfire, MisfirePolicy
from tests.counting import AT_ONCE, at_most
from tests.unit.schedule.vectors import at, timer

NO_31ST: dict[str, object] = {"day": 31, "monthOverflow": "skip"}
START = {"startTime": "2024-01-31 09:00:00"}


@pytest.mark.parametrize(
    ("config", "pointer", "reason"),
    [
        ({"repeat": {"repeatType": "day"}}, "timerCfg/repeat/repeatType", "startTime"),
        ({**START}, "timerCfg/repeat/repeatType", "missing"),
        ({**START, "repeat": {"repeatType": "dya"}}, "timerCfg/repeat/repeatType", "did you mean 'day'"),
        ({**START, "repeat": []}, "timerCfg/repeat", "object"),
        ({**START, "repeat": {"repeatType": "day", "period": 0}}, "timerCfg/repeat/period", "between 1 and"),
        ({**START, "repeat": {"repeatType": "day", "period": 10**12}}, "timerCfg/repeat/period", "between 1 and"),
        ({**START, "repeat": {"repeatType": "day", "period": True}}, "timerCfg/repeat/period", "whole number"),
        ({**START, "repeat": {"repeatType": "day", "period": "1"}}, "timerCfg/repeat/period", "whole number"),
        ({**START, "repeat": {"repeatType": "week", "weekday": [8]}}, "timerCfg/repeat/weekday", "between 0 and 7"),
        ({**START, "repeat": {"repeatType": "week", "weekday": []}}, "timerCfg/repeat/weekday", "empty"),
        ({**START, "repeat": {"repeatType": "month", "day": 32}}, "timerCfg/repeat/day", "between -31 and 31"),
        ({**START, "repeat": {"repeatType": "month", "week": 0, "weekday": 1}}, "timerCfg/repeat/week", "no week"),
        ({**START, "repeat": {"repeatType": "year", "month": 13}}, "timerCfg/repeat/month", "between 1 and 12"),
        (
            {**START, "repeat": {"repeatType": "year", "month": 2, "day": 30, "monthOverflow": "skip"}},
            "timerCfg/repeat",
            "never run",
        ),
        (
            {
                "startTime": "2023-01-01 00:00:00",
                "repeat": {"repeatType": "month", "period": 12, "day": 31, "monthOverflow": "skip"},
            },
            None,
            None,
        ),
        (
            {
                "startTime": "2023-02-01 00:00:00",
                "repeat": {"repeatType": "month", "period": 12, "day": 31, "monthOverflow": "skip"},
            },
            "timerCfg/repeat",
            "never run",
        ),
        (
            {
                "startTime": "2023-02-01 00:00:00",
                "repeat": {"repeatType": "year", "period": 4, "month": 2, "day": 29, "monthOverflow": "skip"},
            },
            "timerCfg/repeat",
            "never run",
        ),
        ({"repeat": {"repeatType": "cron"}}, "timerCfg/repeat/cron", "missing"),
        ({"repeat": {"repeatType": "cron", "cron": "0 0 30 2 *"}}, "timerCfg/repeat", "never run"),
        ({"repeat": {"repeatType": "cron", "cron": "0 0 31 4,6 *"}}, "timerCfg/repeat", "never run"),
        ({"repeat": {"repeatType": "cron", "cron": "* * *"}}, "timerCfg/repeat/cron", "3 fields"),
        ({"repeat": {"repeatType": "cron", "cron": "60 * * * *"}}, "timerCfg/repeat/cron", "minute: 60"),
        ({"repeat": {"repeatType": "cron", "cron": "0 0 * FOO *"}}, "timerCfg/repeat/cron", "month"),
        ({"repeat": {"repeatType": "cron", "cron": "0 0 * * 5-1"}}, "timerCfg/repeat/cron", "backwards"),
        ({"repeat": {"repeatType": "cron", "cron": "*/0 * * * *"}}, "timerCfg/repeat/cron", "step"),
        ({"repeat": {"repeatType": "cron", "cron": "0 0 * * 1#6"}}, "timerCfg/repeat/cron", "week"),
        ({"repeat": {"repeatType": "cron", "cron": "0 " * 300}}, "timerCfg/repeat/cron", "longer"),
        (
            {"repeat": {"repeatType": "cron", "cron": "0 0 * * *", "period": 2}},
            "timerCfg/repeat/period",
            "between 1 and 1",
        ),
        ({"startTime": "2024-02-30 00:00:00", "repeat": {"repeatType": "day"}}, "timerCfg/startTime", "2024-02-30"),
        ({"startTime": 5, "repeat": {"repeatType": "day"}}, "timerCfg/startTime", "expected a text"),
        ({"startTime": "0001-01-01 00:00:00", "repeat": {"repeatType": "day"}}, "timerCfg/startTime", "out of range"),
        (
            {**START, "endTime": "2024-01-30 00:00:00", "repeat": {"repeatType": "day"}},
            "timerCfg/endTime",
            "before startTime",
        ),
        ({**START, "repeat": {"repeatType": "day"}, "timezone": "Mars/Base"}, "timezone", "unknown time zone"),
        (
            {**START, "repeat": {"repeatType": "day"}, "dst": {"gap": "later"}},
            "timerCfg/dst/gap",
            "after, before, skip",
        ),
        ({**START, "repeat": {"repeatType": "day"}, "skipHoliday": 2}, "timerCfg/skipHoliday", "0 or 1"),
        (
            {**START, "repeat": {"repeatType": "day"}, "skipHoliday": 1, "holidayPolicy": "never"},
            "timerCfg/holidayPolicy",
            "cycle",
        ),
        (
            {"startTime": "2024-01-06 09:00:00", "repeat": {"repeatType": "day", "period": 7}, "skipHoliday": 1},
            None,
            None,
        ),
        (
            {**START, "repeat": {"repeatType": "second"}, "skipHoliday": 1, "holidayPolicy": "nextWorkday"},
            "timerCfg/holidayPolicy",
            "use cycle",
        ),
    ],
)
def test_a_wrong_timer_is_refused_with_its_pointer(
    config: dict[str, object], pointer: str | None, reason: str | None
) -> None:
    if pointer is None or reason is None:
        parse_timer(config, zone="UTC")
        return
    with pytest.raises(InvalidTime) as error, at_most(4 * AT_ONCE):
        parse_timer(config, zone="UTC")
    assert error.value.pointer == pointer
    assert reason in error.value.reason


def test_a_rule_whose_every_day_is_a_day_off_is_refused() -> None:
    with pytest.raises(InvalidTime, match="days off of weekends"):
        config = {"startTime": "2024-01-06 09:00:00", "repeat": {"repeatType": "week"}, "skipHoliday": 1}
        parse_timer(config, zone="UTC", calendar=weekends_only())


@pytest.mark.parametrize(
    "name",
    [
        *("../etc/passwd", "/etc/localtime", "Europe/../UTC", "", "Europe", "Europe/Berlinn", "é", "a\0b"),
        *("localtime", "posixrules", "posix/Europe/Berlin", "right/Europe/Berlin"),
    ],
)
def test_a_zone_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(InvalidTime) as error:
        parse_timer({**START, "repeat": {"repeatType": "day"}}, zone=name)
    assert error.value.pointer == "timezone"
    assert name != "Europe/Berlinn" or "did you mean Europe/Berlin" in str(error.value)


@pytest.mark.parametrize("jitter", [-1, 86_401, float("nan"), 3601])
def test_jitter_is_shorter_than_the_distance_of_two_runs(jitter: float) -> None:
    with pytest.raises(InvalidTime) as error:
        parse_timer({**START, "repeat": {"repeatType": "hour"}}, zone="UTC", jitter=jitter)
    assert error.value.pointer == "jitter"


SLOW = [
    {"repeatType": "year", "period": 97, "month": 2, "day": 29, "monthOverflow": "skip"},
    {"repeatType": "month", "period": 1199, "day": 31, "monthOverflow": "skip"},
    {"repeatType": "month", "week": 5, "weekday": [1], "period": 7},
    {"repeatType": "second", "period": 1},
    {"repeatType": "cron", "cron": "* * * * * *"},
    {"repeatType": "cron", "cron": "59 59 23 29 2 *"},
    {"repeatType": "cron", "cron": "0 0 29 2 */7"},
]


@pytest.mark.parametrize("repeat", SLOW, ids=str)
@pytest.mark.parametrize("year", [1, 1970, 2024, 9000])
def test_no_question_takes_long(repeat: dict[str, object], year: int) -> None:
    schedule = timer(repeat, f"{year:04}-02-02 00:00:00", zone="Europe/Berlin")
    for after in ("2023-02-01 00:00:00", "2099-12-31 00:00:00", "9998-01-01 00:00:00"):
        with at_most(AT_ONCE):
            schedule.next_after(at(after))


def test_a_year_of_missed_seconds_is_caught_up_at_once() -> None:
    schedule = timer({"repeatType": "second", "period": 1})
    first, now = at("2025-01-01 00:00:00"), at("2026-01-01 00:00:00")
    for misfire in Misfire:
        with at_most(AT_ONCE):
            slots, skipped = catch_up(schedule, first, now, MisfirePolicy(misfire=misfire))
        assert skipped is not None
        assert skipped.count + len(slots) == 365 * 86_400


@pytest.mark.parametrize("policy", ["cycle", "nextWorkday", "previousWorkday"])
@pytest.mark.parametrize("repeat", [{"repeatType": "minute"}, {"repeatType": "cron", "cron": "* * * * *"}], ids=str)
def test_a_year_of_minutes_on_workdays_is_counted_at_once(repeat: dict[str, object], policy: str) -> None:
    schedule = timer(repeat, zone="Asia/Shanghai", skipHoliday=1, holidayPolicy=policy)
    first, last = at("2025-01-01 00:00:00", "Asia/Shanghai"), at("2026-01-01 00:00:00", "Asia/Shanghai")
    schedule.next_instant(first)  # the calendar is worked out
    with at_most(AT_ONCE):
        count = schedule.count(first - 1, last - 1)
    assert count == 248 * 1440


def test_an_end_thousands_of_years_ahead_is_read_at_once() -> None:
    for zone in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe"):
        with at_most(AT_ONCE):
            schedule = timer({"repeatType": "day"}, zone=zone, endTime="9998-12-31 23:59:59")
            schedule.next_instant(schedule.end - 10**12)


@pytest.mark.parametrize("cron", ["* * * * * *", "*/7 1-5 * * 1"])
def test_what_days_off_do_to_every_second_is_told_at_once(cron: str) -> None:
    repeat = {"repeatType": "cron", "cron": cron}
    schedule = timer(repeat, zone="Europe/Berlin", skipHoliday=1, holidayPolicy="cycle", calendar=weekends_only())
    first = at("2026-01-01 00:00:00")
    with at_most(AT_ONCE):
        told = effects(schedule, first, first + 400 * 86_400_000_000)
    assert told


@pytest.mark.parametrize("policy", ["cycle", "nextWorkday", "previousWorkday"])
def test_days_off_at_the_ends_of_time_are_looked_for_at_once(policy: str) -> None:
    rule = {"repeat": {"repeatType": "cron", "cron": "0 9 * * *"}, "skipHoliday": 1, "holidayPolicy": policy}
    with at_most(AT_ONCE):
        schedule = parse_timer(rule, zone="UTC", calendar=parse_calendar({"weekend": [1, 2, 3, 4, 5, 6]}))
        assert schedule.next_instant(schedule.end - 1) is None
