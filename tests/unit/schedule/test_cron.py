"""Cron expressions: names, lists, steps, the special signs, six fields; and another implementation's opinion."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice

import pytest
from cronsim import CronSim, CronSimError
from hypothesis import given, settings
from hypothesis import strategies as st

from jitai_tasks.errors import InvalidTime
from jitai_tasks.schedule import parse_timer
from tests.unit.schedule.vectors import at, following, shown, timer


def slots(expression: str, after: str, count: int) -> list[str | None]:
    return following(timer({"repeatType": "cron", "cron": expression}, None), after, count)


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("0 0 1 JAN,jul *", "2026-01-02 00:00:00", ["2026-07-01 00:00:00", "2027-01-01 00:00:00"]),
        ("0 9 * * Mon-Fri/2", "2026-01-01 00:00:00", ["2026-01-02 09:00:00", "2026-01-05 09:00:00"]),
        ("0 9 * * 7", "2026-01-01 00:00:00", ["2026-01-04 09:00:00"]),
        ("0 9 * * 0", "2026-01-01 00:00:00", ["2026-01-04 09:00:00"]),
        ("0 9 * * sat-sun", "2026-01-01 00:00:00", ["2026-01-03 09:00:00", "2026-01-04 09:00:00"]),
        ("0 9 * * sun-sun", "2026-01-01 00:00:00", ["2026-01-04 09:00:00", "2026-01-11 09:00:00"]),
        ("0 9 * * 0-0", "2026-01-01 00:00:00", ["2026-01-04 09:00:00", "2026-01-11 09:00:00"]),
        ("0 9 13 * 5", "2026-01-01 00:00:00", ["2026-01-02 09:00:00", "2026-01-09 09:00:00", "2026-01-13 09:00:00"]),
        ("0 9 */13 * 5", "2026-01-01 00:00:00", ["2026-02-27 09:00:00", "2026-03-27 09:00:00"]),
        ("0 9 L * *", "2026-02-01 00:00:00", ["2026-02-28 09:00:00", "2026-03-31 09:00:00"]),
        ("0 9 L-2 * ?", "2026-02-01 00:00:00", ["2026-02-26 09:00:00", "2026-03-29 09:00:00"]),
        ("0 9 LW * *", "2026-01-01 00:00:00", ["2026-01-30 09:00:00", "2026-02-27 09:00:00"]),
        ("0 9 1W * *", "2026-08-01 00:00:00", ["2026-08-03 09:00:00", "2026-09-01 09:00:00"]),
        ("0 9 15W * *", "2026-02-01 00:00:00", ["2026-02-16 09:00:00", "2026-03-16 09:00:00"]),
        ("0 9 31W 5 *", "2026-01-01 00:00:00", ["2026-05-29 09:00:00"]),
        ("0 9 ? * 5L", "2026-01-01 00:00:00", ["2026-01-30 09:00:00", "2026-02-27 09:00:00"]),
        ("0 9 * * mon#1,wed#3", "2026-01-01 00:00:00", ["2026-01-05 09:00:00", "2026-01-21 09:00:00"]),
        ("5/20 9 * * *", "2026-01-01 00:00:00", ["2026-01-01 09:05:00", "2026-01-01 09:25:00", "2026-01-01 09:45:00"]),
        ("*/20 59 23 * * *", "2026-01-01 23:59:30", ["2026-01-01 23:59:40", "2026-01-02 23:59:00"]),
        ("@weekly", "2026-01-01 00:00:00", ["2026-01-04 00:00:00"]),
    ],
)
def test_an_expression_names_these_moments(expression: str, after: str, expected: list[str]) -> None:
    assert slots(expression, after, len(expected)) == expected


def test_cron_keeps_to_start_and_end() -> None:
    schedule = timer({"repeatType": "cron", "cron": "0 9 * * *"}, "2026-01-01 09:00:00", endTime="2026-01-02 09:00:00")
    assert following(schedule, "2025-01-01 00:00:00", 3) == ["2026-01-01 09:00:00", "2026-01-02 09:00:00", None]


expressions = st.tuples(
    st.sampled_from(["0", "59", "*", "*/7", "1,30", "10-20", "5-50/15"]),
    st.sampled_from(["0", "23", "*", "*/5", "3,4", "9-17"]),
    st.sampled_from(["*", "1", "31", "*/10", "L", "LW", "28-30"]),
    st.sampled_from(["*", "2", "1,12", "*/5", "FEB"]),
    st.sampled_from(["*", "0", "7", "1-5", "SUN", "5L", "2#5", "*/2"]),
).map(" ".join)
FIRST, LAST = datetime.fromisoformat("1999-01-01"), datetime.fromisoformat("2040-01-01")


@settings(max_examples=80, deadline=None)
@given(expressions, st.datetimes(FIRST, LAST))
def test_cronsim_agrees(expression: str, moment: datetime) -> None:
    start = moment.replace(microsecond=0)
    expected = cronsim_says(expression, start)
    try:
        schedule = timer({"repeatType": "cron", "cron": expression}, None)
    except InvalidTime:
        assert expected == []
        return
    far = at(str(start + timedelta(days=49 * 365)))
    assert [shown(when) for when in islice(schedule.instants(at(str(start)), far), 5)] == expected


def cronsim_says(expression: str, start: datetime) -> list[str]:
    try:
        theirs = CronSim(expression, start)
    except CronSimError:
        return []
    return [str(moment) for moment in islice(theirs, 5) if moment < start + timedelta(days=49 * 365)]


@pytest.mark.parametrize("key", ["a", "b", "c", "d"])
def test_jitter_brings_no_run_of_before_the_start(key: str) -> None:
    rule = {"repeatType": "cron", "cron": "0 9 * * *"}
    schedule = parse_timer({"startTime": "2026-01-01 09:01:00", "repeat": rule}, zone="UTC", key=key, jitter=3600)
    after, until = schedule.start - 1, schedule.start + 2 * 86_400_000_000
    planned = [shown(slot.planned) for slot in schedule.slots(after, until)]
    assert planned == ["2026-01-02 09:00:00", "2026-01-03 09:00:00"][: len(planned)]
    assert schedule.count(after, until) == len(planned)
