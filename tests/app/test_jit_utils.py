"""`jit_utils`: the time and text functions of JitAi applications."""

from __future__ import annotations

import datetime as dt
import re

import pytest

APP_JSON = {"appId": "test.App", "name": "App", "version": "1.0.0", "timezone": "Asia/Shanghai"}


@pytest.fixture
def time(app_from):
    """`jit_utils.time` in an app in Shanghai; the clock stands at 16:00 there, on Monday 2026-01-05."""
    app_from({"app.json": APP_JSON})
    from jit_utils import time

    return time


@pytest.fixture
def string(app_from):
    """`jit_utils.string`."""
    app_from({})
    from jit_utils import string

    return string


def test_TT_1_now_has_the_methods_of_arrow_and_is_a_naive_datetime(time):
    now = time.now()
    assert now.shift(minutes=30).format("YYYY-MM-DD HH:mm:ss") == "2026-01-05 16:30:00"
    assert isinstance(now, dt.datetime)
    assert now.tzinfo is None
    assert now == dt.datetime(2026, 1, 5, 16)
    assert (now + dt.timedelta(hours=1)).format() == "2026-01-05 17:00:00"
    assert now.strftime("%H:%M") == "16:00"


def test_the_other_methods_of_arrow(time):
    now = time.now()
    assert now.floor("month") == dt.datetime(2026, 1, 1)
    assert str(now.ceil("day")) == "2026-01-05 23:59:59.999999"
    assert [str(end)[:10] for end in now.span("week")] == ["2026-01-05", "2026-01-11"]
    assert type(now.naive) is dt.datetime
    assert now.datetime.isoformat() == "2026-01-05T16:00:00+08:00"
    assert now.shift(months=1, days=26).format("MM-DD") == "03-03"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda time: time.today(), "2026-01-05"),
        (lambda time: time.dayShift(-5), "2025-12-31"),
        (lambda time: time.monday("2026-01-08"), "2026-01-05"),
        (lambda time: time.weekShift(1), "2026-01-12"),
        (lambda time: time.monthStart("2026-03-31"), "2026-03-01"),
        (lambda time: time.monthShift(-1), "2025-12-01"),
        (lambda time: time.quarterStart("2026-06-10"), "2026-04-01"),
        (lambda time: time.quarterShift(2), "2026-07-01"),
        (lambda time: time.yearStart(), "2026-01-01"),
        (lambda time: time.yearShift(1), "2027-01-01"),
        (lambda time: time.lastDayOfMonth("2024-02-10"), "2024-02-29"),
        (lambda time: time.get(dt.date(2026, 5, 1)), "2026-05-01"),
    ],
)
def test_starts_of_days_weeks_months_quarters_and_years(time, call, expected):
    assert call(time).format() == f"{expected} 00:00:00"


def test_timestamps_are_milliseconds(time):
    moment = 1_767_600_000_000
    assert time.getTimestamp() == moment
    assert time.datetime2timestamp(dt.datetime(2026, 1, 5, 16)) == moment
    assert time.strToTimestamp("2026-01-05 16:00:00") == moment
    assert time.strToTimestamp("05.01.2026", "%d.%m.%Y") == moment - 16 * 3_600_000
    assert time.timeStampToDateTime(moment) == dt.datetime(2026, 1, 5, 16)
    assert time.timeStampToDate(moment) == dt.date(2026, 1, 5)
    assert time.timestamp2string(moment) == "2026-01-05 16:00:00"


def test_text_and_moments(time):
    assert time.datetime2string(dt.datetime(2026, 2, 3)) == "2026-02-03"
    assert time.formatNow("%Y/%m/%d %H") == "2026/01/05 16"
    assert time.string2datetime("2026-01-05T08:00:00+00:00") == dt.datetime(2026, 1, 5, 16)
    assert time.get("2026-01-05 10:30").format("HH:mm") == "10:30"
    assert time.nowNoMicrosecond().microsecond == 0
    assert time.deltaArrowTime(days=1).isoformat() == "2026-01-06T16:00:00+08:00"
    assert time.getDelayTime("2026-01-05 16:01:00") == 60
    assert time.getDelayTime("2020-01-01") == 0


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2025-10-01", False),
        ("2025-09-28", True),
        ("2025-10-04", False),
        ("2024-02-18", True),
        ("2026-01-05", True),
        ("2026-01-10", False),
        ("2026-02-28", True),
    ],
)
def test_workdays_are_those_of_china_in_every_form_of_a_day(time, day, works):
    import arrow

    assert time.isWorkday(day) is works
    assert time.isWorkday(dt.date.fromisoformat(day)) is works
    assert time.isWorkday(arrow.get(day, tzinfo="Asia/Shanghai")) is works


def test_a_year_without_holidays_is_said_once(time, caplog):
    assert time.isWorkday("2019-10-01")
    assert time.isWorkday("2019-10-02")
    assert [record.getMessage() for record in caplog.records] == [
        "no holidays are known for 2019: only weekends count as free days"
    ]


def test_the_next_workday_and_moments_that_skip_holidays(time):
    assert time.timestamp2string(time.getNextWorkTs("2025-09-30 09:00:00")) == "2025-10-09 09:00:00"
    assert time.getNextDatetime(5, "D").format() == "2026-01-10 16:00:00"
    assert time.getNextDatetime(5, "D", skipHoliday=1).format() == "2026-01-12 16:00:00"
    assert time.getNextDatetime(90, "M").format() == "2026-01-05 17:30:00"
    assert time.getNextDatetime(24 * 5, "H", skipHoliday=True).format() == "2026-01-12 16:00:00"
    with pytest.raises(ValueError, match="expected D, H or M"):
        time.getNextDatetime(1, "Y")


def test_the_table_of_holidays_agrees_with_the_package_that_is_kept_by_others(time):
    holidays = pytest.importorskip("holidays")
    from jit_utils.workday_constants import holidayDict, workdayDict

    known = holidays.China(years=[2024, 2025, 2026])
    weekdays = {day for day in holidayDict if dt.date.fromisoformat(day).isoweekday() <= 5}
    assert weekdays == {day.isoformat() for day in known if 2024 <= day.year <= 2026 and day.isoweekday() <= 5}
    extra = {day.isoformat() for day in known.weekend_workdays if 2024 <= day.year <= 2026}
    assert set(workdayDict) == extra


def test_random_text_digests_and_templates(string):
    assert re.fullmatch(r"[A-Za-z0-9]{8}", string.randomString())
    assert re.fullmatch(r"[0-9]{6}", string.randomNum())
    assert re.fullmatch(r"[0-9a-f]{32}", string.getUuidStr())
    assert len({string.randomString(20) for _ in range(50)}) == 50
    assert string.md5Str("") == string.md5Str(b"") == "d41d8cd98f00b204e9800998ecf8427e"
    text = "{{ name }} owes {{order.amount}} to {{nobody}}"
    assert string.renderTemplateString(text, {"name": "Ada", "order": {"amount": 3}}) == "Ada owes 3 to {{nobody}}"
